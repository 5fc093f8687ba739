import { stridesOf } from '../../ops/lib/shapes.js';
import type { Periodic } from '../../rewrite/generators/periodic.js';
import type { DenseData, DenseTensor } from '../../tensor/dense.js';

/** Explains a constant that repeats along an axis, two whole periods at least; periods of 1 are no repetition. */
export function findPeriodic(tensor: DenseTensor, axis: number): Periodic | undefined {
  const size = tensor.shape[axis] as number;
  const inner = stridesOf(tensor.shape)[axis] as number;
  const block = inner * size;
  const { data } = tensor;
  const repeats = (period: number) => {
    for (let start = 0; start < data.length; start += block) {
      for (let k = period * inner; k < block; k++) {
        if (!Object.is(data[start + k], data[start + k - period * inner])) return false;
      }
    }
    return true;
  };
  for (let period = 2; 2 * period <= size; period++) {
    if (!repeats(period)) continue;
    const shape = tensor.shape.map((other, k) => (k === axis ? period : other));
    const blocks = data.length / block;
    const table = data.slice(0, blocks * period * inner) as DenseData;
    for (let b = 0; b < blocks; b++) {
      for (let k = 0; k < period * inner; k++) {
        (table as (number | bigint | string)[])[b * period * inner + k] = data[b * block + k] as
          | number
          | bigint
          | string;
      }
    }
    return { kind: 'periodic', axis, table: { dtype: tensor.dtype, shape, data: table } };
  }
  return undefined;
}
