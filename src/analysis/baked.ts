import type { Model } from '../model/model.js';
import type { Node } from '../model/node.js';
import type { Value } from '../model/value.js';
import { Dim } from '../symbolic/dim.js';
import { type Cell, Cells } from './cells.js';
import { Constants } from './constants.js';
import { type Conflict, type Inference, type InferOptions, infer } from './infer.js';

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
}

/** What {@link findBaked} knows of a model. */
export interface Diagnosis {
  readonly constants: readonly BakedConstant[];
  /** Conflicts that no constant explains: an impossible model, or a defect of another kind. */
  readonly unexplained: readonly Conflict[];
  /** The inference in which every baked number already is its expression. */
  readonly inference: Inference;
}

/** One round solves all conflicts that are independent; chains need one more each. */
const MAX_ROUNDS = 12;

/**
 * Finds the numbers that an exporter froze, by unification: each size and integer in a constant is a cell; operators
 * state that sizes are equal; a cell that must equal an expression in the input symbols is baked, and becomes that
 * expression. Cells that only ever meet numbers are parameters. Names, and numbers that happen to be equal, say nothing.
 */
export function findBaked(model: Model, options: Omit<InferOptions, 'cells'> = {}): Diagnosis {
  const cells = new Cells();
  const constants = options.constants ?? new Constants();
  const evidence = new Map<string, BakedCell['evidence']>();
  let inference = infer(model, { ...options, cells, constants });
  for (let round = 0; round < MAX_ROUNDS; round++) {
    let progress = false;
    for (const conflict of inference.conflicts) {
      const solved = solve(conflict, cells);
      if (solved === undefined || cells.assigned(solved.id) !== undefined) continue;
      cells.assign(solved.id, solved.size);
      evidence.set(solved.id, { node: conflict.node, what: conflict.what });
      progress = true;
    }
    if (!progress) break;
    inference = infer(model, { ...options, cells, constants });
  }
  const byValue = new Map<Value, { axes: Map<number, BakedCell>; elements: Map<number, BakedCell> }>();
  for (const { cell, size } of cells.baked()) {
    const entry = byValue.get(cell.value) ?? { axes: new Map(), elements: new Map() };
    const baked = { cell, size, evidence: evidence.get(cell.id) as BakedCell['evidence'] };
    (cell.kind === 'size' ? entry.axes : entry.elements).set(cell.index, baked);
    byValue.set(cell.value, entry);
  }
  return {
    constants: [...byValue].map(([value, entry]) => ({ value, ...entry })),
    unexplained: inference.conflicts.filter((conflict) => conflict.left.key !== conflict.right.key),
    inference,
  };
}

/** The one cell whose number must change for the two sides to be equal, and to what. */
function solve({ left, right }: Conflict, cells: Cells): { id: string; size: Dim } | undefined {
  // Only an expression in the input symbols can bake a number; two different literals are another defect.
  const literal = left.isNumber ? left : right;
  const symbolic = left.isNumber ? right : left;
  if (symbolic.isNumber || symbolic.hasFresh) return undefined;
  const origins = [literal.origin, symbolic.origin];
  const candidates = new Set<string>();
  for (const origin of origins) {
    for (const symbol of origin?.symbols() ?? []) if (cells.get(symbol) !== undefined) candidates.add(symbol);
  }
  if (candidates.size !== 1) return undefined;
  const [id] = candidates as unknown as [string];
  const difference = (literal.origin ?? literal).sub(symbolic.origin ?? symbolic);
  const size = difference.solveFor(id, Dim.of(0));
  if (size === undefined || size.isNumber || [...size.symbols()].some((symbol) => cells.get(symbol))) return undefined;
  return { id, size };
}
