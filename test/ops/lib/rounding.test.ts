import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { roundHalfEven, roundToBfloat16, roundToFloat, storageRounder } from '../../../src/ops/lib/rounding.js';
import { decodeElements, encodeElements } from '../../../src/tensor/codec.js';
import { DataType } from '../../../src/tensor/dtype.js';
import { tinyFloatValues } from '../../../src/tensor/small-floats.js';

const TINY = [
  DataType.FLOAT8E4M3FN,
  DataType.FLOAT8E4M3FNUZ,
  DataType.FLOAT8E5M2,
  DataType.FLOAT8E5M2FNUZ,
  DataType.FLOAT4E2M1,
];
const finite = fc.double({ noNaN: true, noDefaultInfinity: true });
const moderate = fc.oneof(
  fc.double({ min: -600, max: 600, noNaN: true }),
  fc.double({ min: -0.1, max: 0.1, noNaN: true }),
);

describe('roundHalfEven', () => {
  test('gives the nearest integer; of two, the even one', () => {
    fc.assert(
      fc.property(fc.oneof(moderate, finite), (x) => {
        const rounded = roundHalfEven(x);
        const distance = Math.abs(rounded - x);
        expect(Number.isInteger(rounded)).toBe(true);
        expect(distance).toBeLessThanOrEqual(0.5);
        if (distance === 0.5) expect(Math.abs(rounded % 2)).toBe(0);
      }),
    );
  });

  test('keeps signs of zeros, and what is no integer', () => {
    expect([-0.5, -0.2, -0, 0.5].map(roundHalfEven)).toEqual([-0, -0, -0, 0]);
    expect([Number.NaN, Infinity, -Infinity].map(roundHalfEven)).toEqual([Number.NaN, Infinity, -Infinity]);
  });
});

describe('roundToFloat', () => {
  test.each(TINY)('type %i: the nearest of its values, ties to the even code', (dtype) => {
    const values = [...tinyFloatValues(dtype)]
      .map((value, code) => ({ value, code }))
      .filter(({ value }) => Number.isFinite(value));
    const largest = Math.max(...values.map(({ value }) => value));
    fc.assert(
      fc.property(moderate, (given) => {
        const x = Math.fround(Math.max(-largest, Math.min(largest, given)));
        const rounded = roundToFloat(dtype, x);
        const distance = Math.abs(rounded - x);
        const nearest = Math.min(...values.map(({ value }) => Math.abs(value - x)));
        expect(distance).toBe(nearest);
        const ties = values.filter(({ value }) => Math.abs(value - x) === nearest && value !== 0);
        if (ties.length === 2)
          expect(ties.find(({ value }) => value === rounded)?.code).toSatisfy((code) => (code as number) % 2 === 0);
      }),
    );
  });

  test.each([DataType.FLOAT16, DataType.BFLOAT16, ...TINY])('type %i: what it gives survives encoding', (dtype) => {
    fc.assert(
      fc.property(moderate, (x) => {
        const rounded = roundToFloat(dtype, x);
        const tensor = { dtype, shape: [1], data: Float32Array.of(rounded) };
        expect(decodeElements(dtype, [1], encodeElements(tensor)).data[0]).toBe(rounded);
        expect(roundToFloat(dtype, rounded)).toBe(rounded);
      }),
    );
  });

  test.each([DataType.FLOAT16, DataType.BFLOAT16])('type %i: as encoding rounds', (dtype) => {
    fc.assert(
      fc.property(fc.oneof(moderate, finite), (given) => {
        const x = Math.fround(given);
        const encoded = encodeElements({ dtype, shape: [1], data: Float32Array.of(x) });
        expect(roundToFloat(dtype, x)).toBe(decodeElements(dtype, [1], encoded).data[0]);
      }),
    );
  });

  test('float and double', () => {
    expect(roundToFloat(DataType.FLOAT, 0.1)).toBe(Math.fround(0.1));
    expect(roundToFloat(DataType.DOUBLE, 0.1)).toBe(0.1);
  });

  test('what overflows', () => {
    expect(roundToFloat(DataType.FLOAT16, 65520)).toBe(Infinity);
    expect(roundToBfloat16(3.4e38)).toBe(Infinity);
    expect(roundToFloat(DataType.FLOAT8E5M2, 60000, false)).toBe(57344);
    expect(roundToFloat(DataType.FLOAT8E5M2, 62000, false)).toBe(Infinity);
    expect(roundToFloat(DataType.FLOAT8E4M3FN, 464, false)).toBe(448);
    expect(roundToFloat(DataType.FLOAT8E4M3FN, 465, false)).toBeNaN();
  });

  test('NaN stays, where there is one', () => {
    for (const dtype of TINY.slice(0, 4)) expect(roundToFloat(dtype, Number.NaN)).toBeNaN();
    expect(roundToFloat(DataType.FLOAT4E2M1, Number.NaN)).toBe(0);
    expect(roundToBfloat16(Number.NaN)).toBeNaN();
  });

  test('float8e8m0 has neither sign nor 0', () => {
    const round = (x: number, mode: 'up' | 'down' | 'nearest') => roundToFloat(DataType.FLOAT8E8M0, x, true, mode);
    expect([round(5, 'up'), round(5, 'down'), round(6, 'nearest'), round(5, 'nearest')]).toEqual([8, 4, 8, 4]);
    expect(round(0, 'up')).toBe(2 ** -127);
    expect(round(-4, 'up')).toBe(4);
    expect(round(Infinity, 'up')).toBe(2 ** 127);
    expect(roundToFloat(DataType.FLOAT8E8M0, Infinity, false)).toBeNaN();
  });
});

test('storing rounds float and double; the rest needs a function', () => {
  expect(storageRounder(DataType.FLOAT)).toBeUndefined();
  expect(storageRounder(DataType.INT32)).toBeUndefined();
  // Through float: 1 + 2^-11 + 2^-40 would round up if it went to float16 directly.
  expect(storageRounder(DataType.FLOAT16)?.(1 + 2 ** -11 + 2 ** -40)).toBe(1);
});
