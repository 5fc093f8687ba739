import { describe, expect, it } from 'vitest';
import { DataType } from '../../src/tensor/dtype.js';
import { compareTensors } from '../../src/verify/compare.js';
import { floats, ints } from './models.js';

describe('compareTensors', () => {
  it('calls the same bits identical, any NaN equal to any NaN', () => {
    const tensor = floats(1, Number.NaN, Number.POSITIVE_INFINITY, -0);
    expect(compareTensors(tensor, floats(...(tensor.data as Float32Array)))).toEqual({
      identical: true,
      close: true,
      differing: 0,
      total: 4,
      maxAbsDiff: 0,
    });
  });

  it('tells zeros of different sign apart, though they are close', () => {
    expect(compareTensors(floats(0), floats(-0))).toMatchObject({ identical: false, close: true, differing: 1 });
  });

  it('takes the tolerance of the expected number', () => {
    const tolerance = { rtol: 0.1, atol: 0 };
    expect(compareTensors(floats(109), floats(100), tolerance).close).toBe(true);
    expect(compareTensors(floats(111), floats(100), tolerance).close).toBe(false);
    expect(compareTensors(floats(0.5), floats(0), { rtol: 0.1, atol: 0.5 }).close).toBe(true);
  });

  it.each([
    [1, Number.NaN],
    [Number.NaN, 1],
    [1, Number.POSITIVE_INFINITY],
    [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY],
  ])('is never close where only one of %d and %d is an ordinary number', (actual, expected) => {
    const difference = compareTensors(floats(actual), floats(expected), { rtol: 1, atol: 1 });
    expect(difference).toMatchObject({ close: false, maxAbsDiff: Number.POSITIVE_INFINITY });
  });

  it('allows integers, booleans and strings no difference', () => {
    const tolerance = { rtol: 10, atol: 10 };
    expect(compareTensors(ints(1, 2), ints(1, 3), tolerance)).toMatchObject({ close: false, maxAbsDiff: 1 });
    const big = (value: bigint) => ({ dtype: DataType.INT64, shape: [1], data: BigInt64Array.of(value) });
    expect(compareTensors(big(2n ** 62n), big(2n ** 62n - 1n), tolerance)).toMatchObject({
      close: false,
      maxAbsDiff: 1,
    });
    const text = (value: string) => ({ dtype: DataType.STRING, shape: [1], data: [value] });
    expect(compareTensors(text('a'), text('b'), tolerance).close).toBe(false);
  });

  it('says when type or shape differ', () => {
    expect(compareTensors(ints(1), floats(1)).mismatch).toBe('type int32 instead of float');
    expect(compareTensors(floats(1), floats(1, 2)).mismatch).toBe('shape [1] instead of [2]');
  });
});
