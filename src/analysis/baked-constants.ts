import type { Node } from '../model/node.js';
import type { Value } from '../model/value.js';
import type { Dim } from '../symbolic/dim.js';
import type { Cell } from './cells.js';

/** A number in a constant that a symbolic size was frozen into. */
export interface BakedCell {
  readonly cell: Cell;
  /** What the number stands for, in the input symbols. */
  readonly size: Dim;
  /** The operator that proves it, and what it compares. */
  readonly evidence: { readonly node: Node; readonly what: string };
}

/** A constant with at least one baked number, as live nodes see it (after folding what leads to it). */
export interface BakedConstant {
  readonly value: Value;
  /** Baked sizes, by axis. */
  readonly axes: ReadonlyMap<number, BakedCell>;
  /** Baked elements, by row-major index. */
  readonly elements: ReadonlyMap<number, BakedCell>;
  /** The nodes for which the elements are baked; undefined: for all that read the constant. */
  readonly readers?: ReadonlySet<Node> | undefined;
}

interface Entry {
  readonly value: Value;
  readonly axes: Map<number, BakedCell>;
  readonly elements: Map<number, BakedCell>;
  readonly readers?: Set<Node>;
}

/**
 * Gathers cells by the constant that they are of. Elements that mean something to some readers only make an entry for
 * each meaning, unless sizes of the constant are baked as well: then all is one defect.
 */
export function bakedConstants(cells: readonly BakedCell[]): BakedConstant[] {
  const shared = new Map<Value, Entry>();
  for (const baked of cells) {
    const { value, reader, kind, index } = baked.cell;
    if (reader !== undefined) continue;
    const entry = shared.get(value) ?? { value, axes: new Map(), elements: new Map() };
    (kind === 'size' ? entry.axes : entry.elements).set(index, baked);
    shared.set(value, entry);
  }
  const own = new Map<Value, Map<Node, Map<number, BakedCell>>>();
  for (const baked of cells) {
    const { value, reader, index } = baked.cell;
    if (reader === undefined) continue;
    const entry = shared.get(value);
    if (entry !== undefined) {
      entry.elements.set(index, baked);
      continue;
    }
    const readers = own.get(value) ?? new Map<Node, Map<number, BakedCell>>();
    own.set(value, readers.set(reader, (readers.get(reader) ?? new Map<number, BakedCell>()).set(index, baked)));
  }
  return [...shared.values(), ...[...own].flatMap(([value, readers]) => byMeaning(value, readers))];
}

function byMeaning(value: Value, readers: ReadonlyMap<Node, Map<number, BakedCell>>): Entry[] {
  const entries = new Map<string, Entry & { readers: Set<Node> }>();
  for (const [reader, elements] of readers) {
    const meaning = JSON.stringify(
      [...elements].sort(([a], [b]) => a - b).map(([index, { size }]) => [index, size.key]),
    );
    const entry = entries.get(meaning);
    if (entry === undefined) entries.set(meaning, { value, axes: new Map(), elements, readers: new Set([reader]) });
    else entry.readers.add(reader);
  }
  return [...entries.values()];
}
