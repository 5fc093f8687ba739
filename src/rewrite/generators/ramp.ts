import type { Value } from '../../model/value.js';
import type { Dim } from '../../symbolic/dim.js';
import { DataType } from '../../tensor/dtype.js';
import { indices, unsqueeze } from '../size.js';
import { type GeneratorContext, integersFrom } from './context.js';

/**
 * Evenly spaced values along one axis: `start + step * i` counted from the front, or, for ramps that fall to a fixed end,
 * `end - step * (n - 1 - i)`, where n is the live size: position numbers, reversed indices, counts 1 .. n.
 */
export interface Ramp {
  readonly kind: 'ramp';
  readonly axis: number;
  /** Integral also for floats; its sign says the direction. */
  readonly step: number;
  /** The element that stays when the size changes: the first one, or (anchor 'end') the last one. */
  readonly fixed: number;
  readonly anchor: 'start' | 'end';
}

/** Emits Range, scaled and shifted, cast to the constant's type. Axes of size 1 in front of the ramp's are missing. */
export function emitRamp(ramp: Ramp, { emitter, sizes, anchor, shape, tensor }: GeneratorContext): Value {
  const size = shape[ramp.axis] as Dim;
  const apply = (opType: string, left: Value, right: Value) =>
    emitter.node({ opType, inputs: [left, right], hint: 'ramp' }, anchor);
  // Not Range(n - 1, -1, -1): onnxruntime 1.30 makes a Slice of what gathers by that, and takes its end of -1 for the last one.
  let value = indices(emitter, sizes, size, anchor);
  if (ramp.step !== 1) value = apply('Mul', value, emitter.int64(ramp.step, 'step', anchor));
  const first = ramp.anchor === 'start' ? undefined : size.sub(1).mul(-ramp.step).add(ramp.fixed);
  if (first !== undefined) value = apply('Add', value, sizes.scalar(first, anchor));
  else if (ramp.fixed !== 0) value = apply('Add', value, emitter.int64(ramp.fixed, 'start', anchor));
  if (tensor.dtype !== DataType.INT64) {
    const attributes = { to: { int: tensor.dtype } };
    value = emitter.node({ opType: 'Cast', inputs: [value], attributes, hint: 'ramp' }, anchor);
  }
  return unsqueeze(emitter, value, integersFrom(1, shape.length - 1 - ramp.axis), anchor);
}
