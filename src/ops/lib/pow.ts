import type { DenseTensor } from '../../tensor/dense.js';
import { elementCount } from '../../tensor/dense.js';
import { DataType, isFloat, isInt64 } from '../../tensor/dtype.js';
import { EvaluationError } from '../types.js';
import { allocate, asNumbers, type BigData, type NumberData, numeric } from './alloc.js';
import { roundInPlace, zip } from './elementwise.js';
import { broadcastShapes } from './shapes.js';

/**
 * Base to the power of an exponent of any type; the result has the base's type. As onnxruntime, squares and cubes are
 * products, and integer powers are computed in doubles and truncated.
 */
export function powered(base: DenseTensor, exponent: DenseTensor): DenseTensor {
  const { dtype } = base;
  const shape = broadcastShapes([base.shape, exponent.shape]);
  const data = allocate(dtype, elementCount(shape));
  const left = asNumbers(base);
  const right = asNumbers(exponent);
  if (isInt64(dtype)) {
    const bases = numeric(base) as BigData;
    zip(shape, base, bases, exponent, right, data as BigData, (a: bigint, b: number) => bigPower(a, b));
  } else if (isFloat(dtype)) {
    const round = dtype === DataType.DOUBLE ? (x: number) => x : Math.fround;
    zip(shape, base, left, exponent, right, data as NumberData, (a: number, b: number) => floatPower(a, b, round));
    roundInPlace(data as NumberData, dtype);
  } else {
    zip(shape, base, left, exponent, right, data as NumberData, (a: number, b: number) => integerPower(a, b));
  }
  return { dtype, shape, data };
}

function floatPower(a: number, b: number, round: (x: number) => number): number {
  if (b === 2) return a * a;
  if (b === 3) return round(a * a) * a;
  // C's pow gives 1 where JavaScript gives NaN.
  if (a === 1 || (a === -1 && Math.abs(b) === Number.POSITIVE_INFINITY)) return 1;
  return a ** b;
}

function integerPower(a: number, b: number): number {
  if (b === 2 || b === 3) return b === 2 ? Math.imul(a, a) : Math.imul(Math.imul(a, a), a);
  return Math.trunc(a ** b);
}

function bigPower(a: bigint, b: number): bigint {
  if (b === 2) return a * a;
  if (b === 3) return a * a * a;
  if (Number.isInteger(b) && b >= 0 && b < 64) {
    const exact = a ** BigInt(b);
    if (BigInt.asIntN(54, exact) === exact) return exact;
  }
  const power = Math.trunc(Number(a) ** b);
  if (!Number.isFinite(power)) throw new EvaluationError('the power does not fit in 64 bits');
  return BigInt(power);
}
