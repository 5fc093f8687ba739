import { readersAlong } from './along-axis.js';
import type { Claim, Scene } from './evidence.js';
import { isOp, isWritten, shapeOf } from './look.js';
import { allSliceBoundsOf } from './slices.js';

/**
 * What is padded to a fixed size and cropped again, to the size that it had: `x` of T = 20 frames to 40, and at the end
 * `y[:, :20]`. An end in an axis of fixed size contradicts nothing.
 */
export function* croppedPaddings({ inference, traced, nodes }: Scene): Iterable<Claim> {
  if (traced.isEmpty) return;
  for (const node of nodes) {
    if (!isOp(node, 'Pad')) continue;
    const before = shapeOf(inference, node.inputs[0]);
    const after = shapeOf(inference, node.outputs[0]);
    for (const [axis, size] of (before ?? []).entries()) {
      if (size === undefined || size.isNumber || !after?.[axis]?.isNumber) continue;
      for (const { node: slice, axis: at } of readersAlong(node.outputs[0], axis, inference)) {
        for (const { axis: cut, start, end } of allSliceBoundsOf(slice, inference)) {
          if (cut !== at || !start?.isZero() || !isWritten(end) || !traced.was(size, end.value)) continue;
          const what = `end of Slice on axis ${at}, which was padded from ${size} to ${after[axis]}`;
          yield { node: slice, what, left: end, right: size, needsTraced: true };
        }
      }
    }
  }
}
