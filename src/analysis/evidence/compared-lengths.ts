import type { Node } from '../../model/node.js';
import type { Value } from '../../model/value.js';
import type { Dim } from '../../symbolic/dim.js';
import type { Claim, Scene } from './evidence.js';
import { integersOf, isOp, isWritten } from './look.js';

const COMPARISONS = ['Less', 'LessOrEqual', 'Greater', 'GreaterOrEqual'];

/** Operators that hand on the numbers of their first input. */
const CARRIERS = ['Cast', 'Expand', 'Flatten', 'Identity', 'Reshape', 'Squeeze', 'Tile', 'Transpose', 'Unsqueeze'];

/** Longest chain from a Range to its comparison that is followed. */
const MAX_STEPS = 12;

/**
 * Live positions 0 .. T - 1 that are compared with the number that T was: a mask of no padding, whose length was computed
 * from `x.shape` and frozen. Longer inputs are masked from there on.
 */
export function* comparedLengths({ inference, traced, nodes }: Scene): Iterable<Claim> {
  if (traced.isEmpty) return;
  for (const node of nodes) {
    if (!isOp(node, ...COMPARISONS)) continue;
    for (const i of [0, 1]) {
      const lengths = integersOf(inference, node.inputs[1 - i]);
      if (lengths === undefined || lengths.length === 0 || !lengths.every(isWritten)) continue;
      const size = rangeLength(node.inputs[i], { inference });
      if (size === undefined || !lengths.every((length) => traced.was(size, length?.value))) continue;
      for (const length of lengths) {
        const what = `compared with positions up to ${size}`;
        yield { node, what, left: length as Dim, right: size, needsTraced: true };
      }
    }
  }
}

/** The size whose positions 0, 1 .. a value holds, in whatever shape. */
export function rangeLength(value: Value | undefined, { inference }: Pick<Scene, 'inference'>): Dim | undefined {
  let node: Node | undefined = value?.producer;
  for (let step = 0; step < MAX_STEPS && node !== undefined; step++) {
    if (isOp(node, 'Range')) {
      const [start, limit, delta] = node.inputs.map((input) => integersOf(inference, input)?.[0]);
      return start?.isZero() && delta?.equals(1) && limit && !limit.isNumber ? limit : undefined;
    }
    if (!isOp(node, ...CARRIERS)) return undefined;
    node = node.inputs[0]?.producer;
  }
  return undefined;
}
