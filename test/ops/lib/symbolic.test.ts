import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Known } from '../../../src/ops/lib/content.js';
import { numberOf, storedScalar } from '../../../src/ops/lib/content.js';
import {
  absolute,
  flooredRemainder,
  isNonNegative,
  lowBits,
  power,
  shiftLeft,
  shiftRight,
  sign,
  truncatedRemainder,
  truncatingQuotient,
} from '../../../src/ops/lib/symbolic.js';
import { Dim } from '../../../src/symbolic/dim.js';
import { Rational, scalarEvaluate } from '../../../src/symbolic/scalar.js';
import { DataType } from '../../../src/tensor/dtype.js';

/** a*T + b*S + c, and its value for any T and S. */
const affine = fc
  .tuple(fc.integer({ min: -3, max: 3 }), fc.integer({ min: -2, max: 2 }), fc.integer({ min: -9, max: 9 }))
  .map(([a, b, c]) => Dim.symbol('T').mul(a).add(Dim.symbol('S').mul(b)).add(c));
const sizes = fc.record({ T: fc.integer({ min: 1, max: 40 }), S: fc.integer({ min: 1, max: 40 }) });

/** Where the rule gives an expression, its value is the operator's at all sizes. */
function agrees(rule: (a: Known, b: Known) => Known, operator: (a: number, b: number) => number) {
  fc.assert(
    fc.property(affine, affine, sizes, (a, b, at) => {
      const result = rule(a, b);
      const divisor = b.evaluate(at) as number;
      fc.pre(result !== undefined && divisor !== 0);
      expect(scalarEvaluate(result, at)).toBe(operator(a.evaluate(at) as number, divisor) + 0);
    }),
    { numRuns: 500 },
  );
}

describe('expressions have the value of the operator', () => {
  test('truncating quotient', () => agrees(truncatingQuotient, (a, b) => Math.trunc(a / b)));
  test('floored remainder', () => agrees(flooredRemainder, (a, b) => a - b * Math.floor(a / b)));
  test('truncated remainder', () => agrees(truncatedRemainder, (a, b) => a % b));
  test('magnitude', () => agrees((a) => absolute(a), Math.abs));
  test('sign', () => agrees((a) => sign(a), Math.sign));
});

describe('what is not an expression stays unknown', () => {
  const T = Dim.symbol('T');

  test('unknown operands and division by 0', () => {
    for (const rule of [truncatingQuotient, flooredRemainder, truncatedRemainder]) {
      expect(rule(undefined, T)).toBeUndefined();
      expect(rule(T, Dim.of(0))).toBeUndefined();
      expect(rule(0.5, T)).toBeUndefined();
    }
    expect(absolute(undefined)).toBeUndefined();
    expect(sign(undefined)).toBeUndefined();
  });

  test('powers that are not small whole numbers', () => {
    expect((power(T, Dim.of(3)) as Dim).equals(T.mul(T).mul(T))).toBe(true);
    expect(power(T, Dim.of(0))?.toString()).toBe('1');
    for (const exponent of [Dim.of(-1), Dim.of(9), 0.5, T, undefined]) expect(power(T, exponent)).toBeUndefined();
  });

  test('shifts by what is not known, and masks with holes', () => {
    expect(shiftLeft(T, Dim.of(3))?.toString()).toBe('8*T');
    expect(shiftRight(T, Dim.of(3))?.toString()).toBe('T//8');
    for (const by of [T, Dim.of(-1), Dim.of(64), undefined]) {
      expect(shiftLeft(T, by)).toBeUndefined();
      expect(shiftRight(T, by)).toBeUndefined();
    }
    expect(lowBits(T, Dim.of(6))).toBeUndefined();
    expect(lowBits(T, Dim.of(7))?.toString()).toBe('T % 8');
  });
});

test('signs of fractions', () => {
  const half = Rational.of(Dim.symbol('T'), 2);
  expect(absolute(half)).toBe(half);
  expect(isNonNegative(half)).toBe(true);
  expect(isNonNegative(-0.5)).toBe(false);
  expect(absolute(-0.5)).toBe(0.5);
  expect(absolute(Rational.of(Dim.symbol('T').neg(), 2))?.toString()).toBe('(T)/2');
});

describe('storedScalar', () => {
  const { FLOAT, FLOAT16, INT8, UINT8, INT64, BOOL } = DataType;

  test('rounds and wraps numbers, and leaves expressions alone', () => {
    expect(storedScalar(FLOAT, 0.1)).toBe(Math.fround(0.1));
    expect(storedScalar(FLOAT16, Dim.of(2049))?.toString()).toBe('2048');
    expect(storedScalar(INT8, Dim.of(200))?.toString()).toBe('-56');
    expect(storedScalar(UINT8, Dim.of(-1))?.toString()).toBe('255');
    expect(storedScalar(INT64, Dim.of(2n ** 63n))?.toString()).toBe(String(-(2n ** 63n)));
    const T = Dim.symbol('T');
    expect(storedScalar(INT8, T)).toBe(T);
    expect(storedScalar(BOOL, Dim.of(1))?.toString()).toBe('1');
    expect(storedScalar(undefined, T)).toBe(T);
    expect(storedScalar(FLOAT, undefined)).toBeUndefined();
    expect(storedScalar(INT64, 0.5)).toBeUndefined();
  });

  test('a fraction that is a number becomes one, unless a cell is to be remembered', () => {
    expect(storedScalar(FLOAT, Rational.of(Dim.of(1), 3))).toBe(Math.fround(1 / 3));
    const cell = Rational.of(Dim.cell('#1', 1), 3);
    expect(storedScalar(FLOAT, cell)).toBe(cell);
  });

  test('numbers of 64 bits are exact', () => {
    expect(numberOf(INT64, Dim.of(2n ** 60n + 1n))).toBe(2n ** 60n + 1n);
    expect(numberOf(INT64, Dim.symbol('T'))).toBeUndefined();
    expect(numberOf(FLOAT, Dim.of(3))).toBe(3);
  });
});
