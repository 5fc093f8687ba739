import { f16round } from '@petamoriken/float16';
import fc from 'fast-check';
import { type DenseTensor, elementCount } from '../../src/tensor/dense.js';
import { bitsPerElement, DataType, isFloat } from '../../src/tensor/dtype.js';
import { dense } from '../ops/harness.js';

/** What elements may be: floats between bounds, infinities, zeros and NaN or not. */
export interface FloatRange {
  readonly min?: number;
  readonly max?: number;
  readonly special?: boolean;
  /** Integers are no larger than this in magnitude; default: as the type has it. */
  readonly magnitude?: number;
}

const SIGNED: ReadonlySet<number> = new Set([DataType.INT8, DataType.INT16, DataType.INT32, DataType.INT64]);

function integerLimits(dtype: number, magnitude: number | undefined): { min: bigint; max: bigint } {
  const bits = BigInt(bitsPerElement(dtype) as number);
  const signed = SIGNED.has(dtype);
  const top = (1n << (signed ? bits - 1n : bits)) - 1n;
  const max = magnitude === undefined || BigInt(magnitude) > top ? top : BigInt(magnitude);
  return { min: signed ? (max === top ? -top - 1n : -max) : 0n, max };
}

/** One element of a type: integers of the whole range, with small ones frequent; floats with infinities and NaN if asked. */
export function elements(dtype: number, { min = -1e6, max = 1e6, special = false, magnitude }: FloatRange = {}) {
  if (dtype === DataType.BOOL) return fc.integer({ min: 0, max: 1 });
  if (isFloat(dtype)) {
    const round = dtype === DataType.FLOAT16 ? f16round : (x: number) => x;
    const usual = fc.double({ min, max, noNaN: true }).map(round);
    const whole = fc
      .integer({ min: Math.ceil(Math.max(min, -9)), max: Math.floor(Math.min(max, 9)) })
      .map((x) => x / 2);
    const extremes = [0, -0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, Number.NaN, round(1e-40)];
    return special ? fc.oneof(usual, whole, fc.constantFrom(...extremes)) : fc.oneof(usual, whole);
  }
  const limits = integerLimits(dtype, magnitude);
  const small = { min: limits.min < -9n ? -9n : limits.min, max: limits.max < 9n ? limits.max : 9n };
  const either = fc.oneof(fc.bigInt(small), fc.bigInt(limits));
  return dtype === DataType.INT64 || dtype === DataType.UINT64 ? either : either.map(Number);
}

/** A tensor of a shape with arbitrary elements. */
export function tensorOf(dtype: number, shape: readonly number[], range: FloatRange = {}): fc.Arbitrary<DenseTensor> {
  const count = elementCount(shape);
  return fc
    .array(elements(dtype, range) as fc.Arbitrary<number | bigint>, { minLength: count, maxLength: count })
    .map((values) => dense(dtype, storage(dtype, values), shape));
}

function storage(dtype: number, values: readonly (number | bigint)[]) {
  const numbers = values as readonly number[];
  switch (dtype) {
    case DataType.DOUBLE:
      return Float64Array.from(numbers);
    case DataType.INT64:
      return BigInt64Array.from(values as readonly bigint[]);
    case DataType.UINT64:
      return BigUint64Array.from(values as readonly bigint[]);
    case DataType.INT32:
      return Int32Array.from(numbers);
    case DataType.UINT32:
      return Uint32Array.from(numbers);
    case DataType.INT16:
      return Int16Array.from(numbers);
    case DataType.UINT16:
      return Uint16Array.from(numbers);
    case DataType.INT8:
      return Int8Array.from(numbers);
    case DataType.UINT8:
    case DataType.BOOL:
      return Uint8Array.from(numbers);
    default:
      return Float32Array.from(numbers);
  }
}

/** Shapes that broadcast against each other: parts of one shape, with some sizes 1. */
export function broadcastable(count: number): fc.Arbitrary<number[][]> {
  return fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 4 }).chain((full) => {
    const part = fc
      .tuple(fc.nat(full.length), fc.array(fc.boolean(), { minLength: full.length, maxLength: full.length }))
      .map(([from, ones]) => full.map((size, axis) => (ones[axis] ? 1 : size)).slice(from));
    return fc.array(part, { minLength: count, maxLength: count });
  });
}
