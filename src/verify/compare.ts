import type { DenseTensor } from '../tensor/dense.js';
import { elementCount } from '../tensor/dense.js';
import { DataType, dataTypeName, isFloat } from '../tensor/dtype.js';

/** How much two floating-point numbers may differ: `|a - b| <= atol + rtol * |b|`. */
export interface Tolerance {
  /** Relative part; default 1e-3. */
  readonly rtol?: number;
  /** Absolute part; default 1e-4. */
  readonly atol?: number;
}

/** How a tensor differs from the one that is right. */
export interface TensorDifference {
  /** Same element type, same shape and the same bits (any NaN equals any NaN). */
  readonly identical: boolean;
  /** Same element type and shape, floats within the tolerance, everything else equal. */
  readonly close: boolean;
  /** Elements that are not the same bits. */
  readonly differing: number;
  /** Elements in all. */
  readonly total: number;
  /** Largest absolute difference of the numbers; Infinity when one is not finite and the other is. */
  readonly maxAbsDiff: number;
  /** Says that element type or shape differ; nothing is compared then. */
  readonly mismatch?: string;
}

/**
 * Compares a tensor with the one it should be.
 *
 * @param actual - what was computed
 * @param expected - what is right; relative tolerance is taken of its elements
 */
export function compareTensors(
  actual: DenseTensor,
  expected: DenseTensor,
  { rtol = 1e-3, atol = 1e-4 }: Tolerance = {},
): TensorDifference {
  const total = elementCount(expected.shape);
  const mismatch = typeMismatch(actual, expected);
  if (mismatch !== undefined) {
    return { identical: false, close: false, differing: total, total, maxAbsDiff: Number.POSITIVE_INFINITY, mismatch };
  }
  const complex = expected.dtype === DataType.COMPLEX64 || expected.dtype === DataType.COMPLEX128;
  const tolerant = isFloat(expected.dtype) || complex;
  let differing = 0;
  let far = 0;
  let maxAbsDiff = 0;
  for (let i = 0; i < expected.data.length; i++) {
    const a = actual.data[i] as number | bigint | string;
    const b = expected.data[i] as number | bigint | string;
    if (Object.is(a, b)) continue;
    differing++;
    const distance = typeof a === 'string' || typeof b === 'string' ? Number.POSITIVE_INFINITY : distanceOf(a, b);
    maxAbsDiff = Math.max(maxAbsDiff, distance);
    const allowed = tolerant ? atol + rtol * Math.abs(Number(b)) : 0;
    if (distance > allowed || Number.isNaN(allowed) || (allowed === Infinity && distance > 0)) far++;
  }
  return { identical: differing === 0, close: far === 0, differing, total, maxAbsDiff };
}

function typeMismatch(actual: DenseTensor, expected: DenseTensor): string | undefined {
  if (actual.dtype !== expected.dtype) {
    return `type ${dataTypeName(actual.dtype)} instead of ${dataTypeName(expected.dtype)}`;
  }
  const [is, should] = [`[${actual.shape.join(',')}]`, `[${expected.shape.join(',')}]`];
  return is === should ? undefined : `shape ${is} instead of ${should}`;
}

function distanceOf(a: number | bigint, b: number | bigint): number {
  if (typeof a === 'bigint' && typeof b === 'bigint') return Number(a > b ? a - b : b - a);
  const distance = Math.abs(Number(a) - Number(b));
  return Number.isNaN(distance) ? Number.POSITIVE_INFINITY : distance;
}
