import type { Claim, Scene } from './evidence.js';
import { frontAxis, isFill, isOp, isWritten, shapeOf } from './look.js';

/** Paddings of a few positions are numbers of their own. */
const SHORTEST = 4;

/**
 * Zeros, as long as the live operand was, in front of or behind it: `cat([zeros_like(x), x])`. A constant whose elements
 * are not all the same is a parameter, whatever its size.
 */
export function* joinedFills({ inference, traced, nodes }: Scene): Iterable<Claim> {
  if (traced.isEmpty) return;
  for (const node of nodes) {
    if (!isOp(node, 'Concat')) continue;
    const shapes = node.inputs.map((input) => shapeOf(inference, input));
    const rank = shapes.find((shape) => shape !== undefined)?.length;
    // Lists of sizes have one axis: what is joined to them are numbers.
    if (rank === undefined || rank < 2) continue;
    const axis = frontAxis(Number(node.attributes.get('axis')?.asInt() ?? 0), rank);
    const live = shapes.flatMap((shape) => (shape?.[axis] && !shape[axis].isNumber ? [shape[axis]] : []));
    for (const [i, input] of node.inputs.entries()) {
      const size = shapes[i]?.[axis];
      if (input === undefined || !isWritten(size) || size.value < SHORTEST) continue;
      const right = live.find((other) => traced.was(other, size.value));
      if (right === undefined || !isFill(inference.constants.dense(input))) continue;
      yield { node, what: `as long as what Concat joins it to, ${right}`, left: size, right, needsTraced: true };
    }
  }
}
