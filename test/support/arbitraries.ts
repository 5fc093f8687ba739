import fc from 'fast-check';
import { type DenseTensor, elementCount } from '../../src/tensor/dense.js';
import { DataType } from '../../src/tensor/dtype.js';
import { dense } from '../ops/harness.js';

/** A shape of the given ranks and sizes. */
export function shapes({ minRank = 0, maxRank = 4, minSize = 1, maxSize = 4 } = {}): fc.Arbitrary<number[]> {
  return fc.array(fc.integer({ min: minSize, max: maxSize }), { minLength: minRank, maxLength: maxRank });
}

/** A tensor of different elements, so that every movement shows. */
export function numbered(dtype: number, shape: readonly number[], seed = 0): DenseTensor {
  const values = Array.from({ length: elementCount(shape) }, (_, i) => i * 7 + seed);
  switch (dtype) {
    case DataType.STRING:
      return dense(
        dtype,
        values.map((x) => `s${x}`),
        shape,
      );
    case DataType.INT64:
      return dense(
        dtype,
        BigInt64Array.from(values, (x) => BigInt(x) * -12_345_678_901n),
        shape,
      );
    case DataType.INT32:
      return dense(dtype, Int32Array.from(values), shape);
    case DataType.UINT8:
      return dense(dtype, Uint8Array.from(values), shape);
    case DataType.BOOL:
      return dense(
        dtype,
        Uint8Array.from(values, (x) => (x * 5 + (x >> 1)) & 1),
        shape,
      );
    case DataType.DOUBLE:
      return dense(
        dtype,
        Float64Array.from(values, (x) => x / 3),
        shape,
      );
    case DataType.FLOAT16:
      return dense(
        dtype,
        Float32Array.from(values, (x) => x / 4),
        shape,
      );
    default:
      return dense(
        dtype,
        Float32Array.from(values, (x) => x / 4 - 3),
        shape,
      );
  }
}

const ALL = [DataType.FLOAT, DataType.INT64, DataType.BOOL, DataType.DOUBLE, DataType.UINT8, DataType.STRING];

/** A tensor of any shape and of one of these types. */
export function tensors(shape: fc.Arbitrary<readonly number[]> = shapes(), types: readonly number[] = ALL) {
  return fc.tuple(shape, fc.constantFrom(...types)).map(([sizes, dtype]) => numbered(dtype, sizes));
}

/** An axis of a tensor, from either end. */
export function axisOf(rank: number): fc.Arbitrary<number> {
  return fc.integer({ min: -rank, max: rank - 1 });
}

/** Axes in some order. */
export function permutation(rank: number): fc.Arbitrary<number[]> {
  return fc.shuffledSubarray(
    Array.from({ length: rank }, (_, axis) => axis),
    { minLength: rank },
  );
}
