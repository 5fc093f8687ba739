import type { Node } from '../../model/node.js';
import type { Use, Value } from '../../model/value.js';
import type { Steps } from './steps.js';

/** What all steps from one on make, one after the other along an axis. */
export interface JoinedExit {
  readonly kind: 'joined';
  /** In the body. */
  readonly value: Value;
  readonly node: Node;
  readonly axis: number;
  /** Index of the first of the inputs that are the steps' results, and their number. */
  readonly from: number;
  readonly count: number;
  /** The first step whose result is among them. */
  readonly start: number;
  /** Do they begin with the last step's? */
  readonly backwards: boolean;
}

/** What the last step makes. */
export interface LastExit {
  readonly kind: 'last';
  /** In the body. */
  readonly value: Value;
}

/** What the steps make, each read by itself. That is no loop's: it may be part of another one that is unrolled still. */
export interface RowsExit {
  readonly kind: 'rows';
  /** In the body. */
  readonly value: Value;
  readonly reads: readonly { readonly step: number; readonly use: Use }[];
}

/** How a result of a loop is read outside of it. */
export type Exit = LastExit | JoinedExit | RowsExit;

/**
 * All ways in which results leave the loop; undefined when single steps are read in a way that keeps it from being one.
 * What does not depend on a state is no reason to refuse: those copies may stay where they are.
 */
export function exitsOf(steps: Steps, first: number): Exit[] | undefined {
  const inside = nodesInside(steps, first);
  const exits: Exit[] = [];
  for (const node of steps.nodes) {
    for (const value of node.outputs) {
      if (value === undefined) continue;
      const found = exitsOfValue(value, steps, first, inside);
      if (found === undefined && steps.isStateful(value)) return undefined;
      exits.push(...(found ?? []));
    }
  }
  return exits;
}

/** The nodes that the loop takes the place of. Those of steps before the first stay. */
function nodesInside(steps: Steps, first: number): Set<Node> {
  const inside = new Set<Node>();
  for (const node of steps.nodes) {
    for (const output of node.outputs) {
      for (let step = first; output !== undefined && step < steps.clock.steps; step++) {
        const producer = steps.image(output, step)?.producer;
        if (producer !== undefined) inside.add(producer);
      }
    }
  }
  return inside;
}

function exitsOfValue(value: Value, steps: Steps, first: number, inside: ReadonlySet<Node>): Exit[] | undefined {
  const count = steps.clock.steps;
  const stepOf = new Map<Value, number>();
  for (let step = 0; step < count; step++) {
    const image = steps.image(value, step);
    if (image !== undefined) stepOf.set(image, step);
  }
  const exits: Exit[] = [];
  const joins = new Map<Node, JoinedExit[]>();
  const reads: { step: number; use: Use }[] = [];
  let isOutput = false;
  for (const [image, step] of stepOf) {
    if (step < first) continue;
    if (image.isGraphOutput && step < count - 1) return undefined;
    isOutput ||= image.isGraphOutput;
    for (const use of image.uses) {
      const { node, index } = use;
      if (inside.has(node)) continue;
      const known = joins.get(node) ?? [];
      if (known.some(({ from, count: length }) => index >= from && index < from + length)) continue;
      const run = runAt(node, index, value, stepOf, count);
      if (run !== undefined && run.start <= first) {
        joins.set(node, [...known, run]);
        exits.push(run);
      } else reads.push({ step, use });
    }
  }
  if (reads.some(({ step }) => step < count - 1)) {
    if (first > 0 || steps.clock.chunk > 1 || !steps.isStateful(value)) return undefined;
    exits.push({ kind: 'rows', value, reads });
  } else if (reads.length > 0) isOutput = true;
  if (isOutput) exits.push({ kind: 'last', value });
  return exits;
}

/** The run of inputs of a Concat around one of them, if they are the results of the steps in order, up to the last step. */
function runAt(
  node: Node,
  index: number,
  value: Value,
  stepOf: ReadonlyMap<Value, number>,
  steps: number,
): JoinedExit | undefined {
  if (node.opType !== 'Concat' || node.domain !== '') return undefined;
  const stepAt = (i: number) => {
    const input = node.inputs[i];
    return (input && stepOf.get(input)) ?? Number.NaN;
  };
  const run = (stride: 1 | -1) => {
    let [low, high] = [index, index];
    while (stepAt(low - 1) === stepAt(low) - stride) low--;
    while (stepAt(high + 1) === stepAt(high) + stride) high++;
    return { low, high };
  };
  const [up, down] = [run(1), run(-1)];
  const backwards = down.high - down.low > up.high - up.low;
  const { low, high } = backwards ? down : up;
  if (stepAt(backwards ? low : high) !== steps - 1) return undefined;
  const axis = Number(node.attributes.get('axis')?.asInt() ?? 1);
  const start = stepAt(backwards ? high : low);
  return { kind: 'joined', value, node, axis, from: low, count: high - low + 1, start, backwards };
}
