import { stridesOf } from '../../ops/lib/shapes.js';
import type { Ramp } from '../../rewrite/generators/ramp.js';
import type { DenseTensor } from '../../tensor/dense.js';

/** Explains a constant that varies along one axis only, in equal integral steps. At least 3 elements are needed to tell. */
export function findRamp(tensor: DenseTensor, axis: number): Ramp | undefined {
  const size = tensor.shape[axis] as number;
  if (size < 3 || Array.isArray(tensor.data)) return undefined;
  const stride = stridesOf(tensor.shape)[axis] as number;
  const at = (i: number) => Number(tensor.data[i * stride]);
  const step = at(1) - at(0);
  if (!Number.isInteger(at(0)) || !Number.isInteger(step) || step === 0) return undefined;
  for (let i = 0; i < size; i++) if (at(i) !== at(0) + i * step) return undefined;
  // Rising ramps count from where they start; falling ones count down to where they end.
  return step > 0
    ? { kind: 'ramp', axis, step, fixed: at(0), anchor: 'start' }
    : { kind: 'ramp', axis, step, fixed: at(size - 1), anchor: 'end' };
}
