import type { Graph } from '../../model/graph.js';
import { readsOf } from '../../model/graph-order.js';
import type { Node } from '../../model/node.js';
import type { Value } from '../../model/value.js';
import type { Dim } from '../../symbolic/dim.js';
import type { Inference } from '../infer.js';
import type { Accesses } from '../unrolled/accesses.js';
import { type Window, windowOf } from './windows.js';

/** A tensor that a loop goes through along an axis, row by row or chunk by chunk. */
export interface Sequence {
  readonly source: Value;
  readonly axis: number;
}

/** Where a loop stands: a part of a sequence that one step of it reads. */
export interface Tick {
  readonly sequence: Sequence;
  readonly step: number;
  readonly kept: boolean;
}

/**
 * Sequences that are taken apart in the same number of parts along axes of one symbolic size: a loop may go through all of
 * them together. What depends on part t, and on none after it, happens in step t.
 */
export interface Clock {
  /** The size of the axes. */
  readonly size: Dim;
  /** How many parts there are in the file. */
  readonly steps: number;
  /** Rows in a part: 1, or more for chunks, of which the last may be shorter. */
  readonly chunk: number;
  /** Does the loop go from the last part to the first? */
  readonly reversed: boolean;
  readonly ticks: ReadonlyMap<Value, Tick>;
  /** The step that a value belongs to; -1 where it is the same in all of them. */
  timeOf(value: Value): number;
  /** The nodes of a step in the order of the graph; those that take the parts are none. */
  nodesOf(step: number): readonly Node[];
  /** The values that are the same part of the same sequence. */
  partsLike(tick: Tick, step: number): readonly Value[];
  /** The same clock, for which some nodes belong to the step after theirs. */
  delayed(nodes: ReadonlySet<Node>): Clock;
}

interface Group {
  readonly sequence: Sequence;
  readonly size: Dim;
  readonly chunk: number;
  readonly steps: number;
  /** The first rows may be read by nobody: a state that begins with them has no use for their gates. */
  readonly isWhole: boolean;
  readonly parts: readonly { readonly value: Value; readonly window: Window }[];
}

/** A chain of two steps looks like anything. */
const FEWEST_STEPS = 3;

/** The ways in which loops may go through the sequences of a graph, both directions of each. */
export function clocksOf(graph: Graph, inference: Inference, accesses: Accesses): Clock[] {
  const byPace = new Map<string, Group[]>();
  for (const group of groupsOf(graph, inference, accesses)) {
    const pace = `${group.size.key} ${group.chunk} ${group.steps}`;
    byPace.set(pace, [...(byPace.get(pace) ?? []), group]);
  }
  const order = graph.topologicalOrder();
  const clocks: Clock[] = [];
  for (const groups of byPace.values()) {
    if (!groups.some(({ isWhole }) => isWhole)) continue;
    let left = groups;
    // What one loop makes another one may go through: then it is no sequence of the same clock.
    while (left.length > 0) {
      const clock = new TimedGraph(order, left, false);
      const together = left.filter(({ sequence }) => clock.timeOf(sequence.source) < 0);
      if (!together.some(({ isWhole }) => isWhole)) break;
      clocks.push(together.length === left.length ? clock : new TimedGraph(order, together, false));
      clocks.push(new TimedGraph(order, together, true));
      left = left.filter((group) => !together.includes(group));
    }
  }
  return clocks;
}

function groupsOf(graph: Graph, inference: Inference, accesses: Accesses): Group[] {
  const bySequence = new Map<Value, Map<string, { value: Value; window: Window }[]>>();
  for (const node of graph.topologicalOrder()) {
    for (const value of node.outputs) {
      const window = value && windowOf(value, accesses, inference);
      if (value === undefined || window === undefined || !accesses.isSymbolic(window.source, window.axis)) continue;
      const lists = bySequence.get(window.source) ?? new Map<string, { value: Value; window: Window }[]>();
      bySequence.set(window.source, lists);
      const key = `${window.axis} ${window.size === 1 ? 'rows' : 'chunks'}`;
      const list = lists.get(key);
      if (list === undefined) lists.set(key, [{ value, window }]);
      else list.push({ value, window });
    }
  }
  const groups: Group[] = [];
  for (const [source, lists] of bySequence) {
    for (const parts of lists.values()) {
      const axis = (parts[0] as { window: Window }).window.axis;
      const regular = regularity(parts.map(({ window }) => window));
      const size = inference.shape(source)?.[axis];
      if (regular !== undefined && size) groups.push({ sequence: { source, axis }, size, parts, ...regular });
    }
  }
  return groups;
}

/** Parts of equal size that follow each other; the last one may be cut short, and the first rows may be missing. */
function regularity(windows: readonly Window[]): Pick<Group, 'chunk' | 'steps' | 'isWhole'> | undefined {
  const sizes = new Map<number, number>();
  for (const { start, size } of windows) sizes.set(start, Math.max(size, sizes.get(start) ?? 0));
  const starts = [...sizes.keys()].sort((a, b) => a - b);
  const [begin, second] = starts;
  if (starts.length < FEWEST_STEPS || begin === undefined || second === undefined) return undefined;
  const chunk = second - begin;
  const isRegular = windows.every(({ start, size }) => {
    const isLast = start === starts.at(-1);
    return start % chunk === 0 && (size === chunk || (isLast && chunk > 1 && (size < chunk || size === Infinity)));
  });
  if (!isRegular || starts.some((start, i) => start !== begin + i * chunk) || (begin > 0 && chunk > 1))
    return undefined;
  return { chunk, steps: begin + starts.length, isWhole: begin === 0 };
}

/** See {@link Clock}: works out the step of every value at once. */
class TimedGraph implements Clock {
  readonly size: Dim;
  readonly steps: number;
  readonly chunk: number;
  readonly reversed: boolean;
  readonly ticks = new Map<Value, Tick>();
  readonly #times = new Map<Node, number>();
  readonly #nodes: Node[][];
  readonly #parts = new Map<Sequence, Value[][]>();
  readonly #order: readonly Node[];
  readonly #groups: readonly Group[];

  constructor(
    order: readonly Node[],
    groups: readonly Group[],
    reversed: boolean,
    known?: (node: Node) => number | undefined,
  ) {
    this.#order = order;
    this.#groups = groups;
    const [{ size, steps, chunk }] = groups as [Group, ...Group[]];
    this.size = size;
    this.steps = steps;
    this.chunk = chunk;
    this.reversed = reversed;
    this.#nodes = Array.from({ length: steps }, () => []);
    for (const { sequence, parts } of groups) {
      const byStep: Value[][] = Array.from({ length: steps }, () => []);
      for (const { value, window } of parts) {
        const place = window.start / chunk;
        const step = reversed ? steps - 1 - place : place;
        this.ticks.set(value, { sequence, step, kept: window.kept });
        byStep[step]?.push(value);
      }
      this.#parts.set(sequence, byStep);
    }
    for (const node of order) {
      let time = known?.(node) ?? -1;
      if (known === undefined) for (const read of readsOf(node)) time = Math.max(time, this.timeOf(read));
      if (time < 0) continue;
      this.#times.set(node, time);
      this.#nodes[time]?.push(node);
    }
  }

  timeOf(value: Value): number {
    const tick = this.ticks.get(value);
    if (tick !== undefined) return tick.step;
    return (value.producer && this.#times.get(value.producer)) ?? -1;
  }

  nodesOf(step: number): readonly Node[] {
    return this.#nodes[step] ?? [];
  }

  delayed(nodes: ReadonlySet<Node>): Clock {
    const time = (node: Node) => {
      const before = this.#times.get(node);
      return before !== undefined && nodes.has(node) ? before + 1 : before;
    };
    return new TimedGraph(this.#order, this.#groups, this.reversed, time);
  }

  partsLike({ sequence, kept }: Tick, step: number): readonly Value[] {
    const parts = this.#parts.get(sequence)?.[step] ?? [];
    return parts.filter((part) => this.ticks.get(part)?.kept === kept);
  }
}
