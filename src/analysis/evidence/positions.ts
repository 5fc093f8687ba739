import type { Dim } from '../../symbolic/dim.js';
import type { Claim, Scene } from './evidence.js';
import { frontAxis, integersOf, isOp, isUnrolledRead, isWritten, shapeOf } from './look.js';

/** Axes shorter than this have their last or middle position read by its number, too. */
const SHORTEST = 4;

/**
 * Positions that were the last or the middle one of a live axis: Gather at 19 of 20 frames, TopK of all of them. Further on
 * they are just some position; of a shorter axis they do not exist.
 */
export function* positions({ inference, traced, nodes }: Scene): Iterable<Claim> {
  for (const node of nodes) {
    if (isOp(node, 'Gather') && !isUnrolledRead(node, inference)) {
      const shape = shapeOf(inference, node.inputs[0]);
      const axis = shape && frontAxis(Number(node.attributes.get('axis')?.asInt() ?? 0), shape.length);
      const size = axis === undefined ? undefined : shape?.[axis];
      const indices = integersOf(inference, node.inputs[1]);
      if (size === undefined || size.isNumber || indices === undefined) continue;
      const length = traced.of(size) ?? spannedLength(indices);
      if (length === undefined || length < SHORTEST) continue;
      for (const index of indices) {
        if (!isWritten(index)) continue;
        const right =
          index.value === length - 1 ? size.sub(1) : index.value === length >> 1 ? size.floorDiv(2) : undefined;
        const what = `index of Gather on axis ${axis} of size ${size}`;
        if (right !== undefined) yield { node, what, left: index, right, needsTraced: false };
      }
    } else if (isOp(node, 'TopK')) {
      const shape = shapeOf(inference, node.inputs[0]);
      const axis = shape && frontAxis(Number(node.attributes.get('axis')?.asInt() ?? -1), shape.length);
      const size = axis === undefined ? undefined : shape?.[axis];
      const [count] = integersOf(inference, node.inputs[1]) ?? [];
      if (size === undefined || !isWritten(count) || count.value < SHORTEST || !traced.was(size, count.value)) continue;
      const what = `k of TopK on axis ${axis} of size ${size}`;
      yield { node, what, left: count, right: size, needsTraced: true };
    }
  }
}

/**
 * The length of an axis that is read at its first, middle and last position and nowhere else: 0, 10, 19 of 20. Three numbers
 * that fit one length are no coincidence from some length on.
 */
function spannedLength(indices: readonly (Dim | undefined)[]): number | undefined {
  const numbers = indices.map((index) => index?.value);
  if (numbers.length !== 3 || !indices.every(isWritten)) return undefined;
  const [first, middle, last] = (numbers as number[]).sort((a, b) => a - b) as [number, number, number];
  return first === 0 && last >= 7 && middle === (last + 1) >> 1 ? last + 1 : undefined;
}
