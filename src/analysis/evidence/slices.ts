import type { Node } from '../../model/node.js';
import type { Dim } from '../../symbolic/dim.js';
import type { Inference } from '../infer.js';
import { frontAxis, integersOf, isOp, parameter, shapeOf } from './look.js';

/** What a Slice with step 1 takes of a live axis. */
export interface SliceBounds {
  readonly axis: number;
  readonly size: Dim;
  readonly start: Dim | undefined;
  readonly end: Dim | undefined;
}

/** The live axes that a Slice cuts; none for other operators. */
export function sliceBoundsOf(node: Node, inference: Inference): SliceBounds[] {
  return allSliceBoundsOf(node, inference).filter(({ size }) => !size.isNumber);
}

/** All axes that a Slice cuts, those of fixed size, too. */
export function allSliceBoundsOf(node: Node, inference: Inference): SliceBounds[] {
  if (!isOp(node, 'Slice')) return [];
  const shape = shapeOf(inference, node.inputs[0]);
  const starts = parameter(inference, node, 'starts', 1);
  const ends = parameter(inference, node, 'ends', 2);
  if (shape === undefined || starts === undefined || ends === undefined) return [];
  const axes = parameter(inference, node, 'axes', 3);
  const steps = integersOf(inference, node.inputs[4]);
  return ends.flatMap((end, i) => {
    const axis = frontAxis(axes?.[i]?.value ?? i, shape.length);
    const size = shape[axis];
    if (size === undefined || (steps?.[i]?.value ?? 1) !== 1) return [];
    return [{ axis, size, start: starts[i], end }];
  });
}
