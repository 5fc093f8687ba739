import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Dim } from '../../src/symbolic/dim.js';
import {
  Rational,
  type Scalar,
  scalarAbs,
  scalarAdd,
  scalarCeil,
  scalarCompare,
  scalarDiffers,
  scalarDiv,
  scalarEquals,
  scalarEvaluate,
  scalarFloor,
  scalarIsAtMost,
  scalarKey,
  scalarMax,
  scalarMin,
  scalarMul,
  scalarNeg,
  scalarOfFloat,
  scalarRound,
  scalarSub,
  scalarTruncate,
  scalarValue,
} from '../../src/symbolic/scalar.js';

const T = Dim.symbol('T');

describe('Rational', () => {
  it('is in lowest terms, and a Dim where it can be', () => {
    expect(Rational.of(T.mul(4), 2)).toBeInstanceOf(Dim);
    expect(Rational.of(T.mul(4).add(2), 8).toString()).toBe('(2*T + 1)/4');
    expect(Rational.of(T, -2).toString()).toBe('(-T)/2');
    expect(() => Rational.of(T, 0)).toThrow(RangeError);
  });

  it('rounds halves to even, as evaluation does', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: -5, max: 5 }),
        fc.integer({ min: -20, max: 20 }),
        fc.integer({ min: 2, max: 8 }),
        fc.integer({ min: 1, max: 50 }),
        (slope, offset, den, size) => {
          const value = Rational.of(T.mul(slope).add(offset), den);
          const x = (slope * size + offset) / den;
          const at = { T: size };
          const floor = Math.floor(x);
          const isHalf = x - floor === 0.5;
          const even = isHalf ? (floor % 2 === 0 ? floor : floor + 1) : Math.round(x);
          expect(scalarEvaluate(value, at)).toBe(x + 0);
          expect(scalarEvaluate(scalarFloor(value) as Scalar, at)).toBe(floor + 0);
          expect(scalarEvaluate(scalarCeil(value) as Scalar, at)).toBe(Math.ceil(x) + 0);
          expect(scalarEvaluate(scalarRound(value) as Scalar, at)).toBe(even + 0);
          const truncated = scalarTruncate(value);
          if (truncated !== undefined) expect(truncated.evaluate(at)).toBe(Math.trunc(x) + 0);
        },
      ),
    );
  });
});

describe('scalar arithmetic', () => {
  it('stays exact with symbols', () => {
    const half = scalarDiv(T, Dim.of(2));
    expect(half).toBeInstanceOf(Rational);
    expect(scalarMul(half, Dim.of(2))).toSatisfy((x) => T.equals(x as Dim));
    expect(scalarMul(half, 0.5)?.toString()).toBe('(T)/4');
    expect(scalarAdd(half, half)).toSatisfy((x) => T.equals(x as Dim));
    expect((scalarSub(T, half) as Rational).equals(half as Rational)).toBe(true);
    expect(scalarAdd(T, 0.1)).toBeUndefined();
    expect(scalarDiv(Dim.of(1), T)).toBeUndefined();
    expect(scalarDiv(T.mul(6), T)).toSatisfy((x) => (x as Dim).value === 6);
    expect(scalarDiv(T, Dim.of(0))).toBeUndefined();
    expect(scalarNeg(half)?.toString()).toBe('(-T)/2');
  });

  it('uses doubles where there are only numbers', () => {
    expect(scalarAdd(0.1, 0.2)).toBe(0.1 + 0.2);
    expect(scalarMul(Dim.of(3), 0.1)).toBe(3 * 0.1);
    expect(scalarMul(Dim.of(4), 0.5)).toSatisfy((x) => (x as Dim).value === 2);
    expect(scalarDiv(1.5, Dim.of(0))).toBe(Number.POSITIVE_INFINITY);
    expect(scalarValue(scalarDiv(Dim.of(7), Dim.of(2)))).toBe(3.5);
    expect(scalarAdd(undefined, T)).toBeUndefined();
  });

  it('keeps the origin of integral floats', () => {
    const x = scalarOfFloat(20, Dim.cell('#1', 20)) as Dim;
    expect(x.origin?.key).toBe('#1');
    expect((scalarMul(x, T) as Dim).origin?.key).toBe(Dim.parse('#1*T').key);
    expect((scalarDiv(x, Dim.of(8)) as Rational).num.origin).toBeDefined();
    expect(scalarOfFloat(0.5)).toBe(0.5);
    expect(Object.is(scalarOfFloat(-0), -0)).toBe(true);
  });

  it('compares what can be proved', () => {
    const half = scalarDiv(T, Dim.of(2));
    expect(scalarCompare(half, T)).toBe(-1);
    expect(scalarCompare(T, 0.5)).toBe(1);
    expect(scalarCompare(T, 1.5)).toBeUndefined();
    expect(scalarCompare(T, T)).toBe(0);
    expect(scalarCompare(Number.NaN, 1)).toBeUndefined();
    expect(scalarIsAtMost(Dim.of(1), T)).toBe(true);
    expect(scalarIsAtMost(half, T)).toBe(true);
    expect(scalarEquals(Dim.of(2), 2)).toBe(true);
    expect(scalarDiffers(T.mul(2), Dim.of(7))).toBe(true);
    expect(scalarDiffers(T, Dim.of(7))).toBe(false);
    expect(scalarMin(T, scalarAdd(T, Dim.of(1)))).toBe(T);
    expect(scalarMax(T, Dim.of(5))?.toString()).toBe('max(T, 5)');
    expect(scalarMax(half, Dim.of(5))).toBeUndefined();
    expect(scalarAbs(scalarNeg(T))).toSatisfy((x) => T.equals(x as Dim));
  });

  it('has keys that tell scalars apart', () => {
    const keys = [T, Dim.of(2), 2.5, -0, Number.NaN, scalarDiv(T, Dim.of(2)) as Scalar].map(scalarKey);
    expect(new Set(keys).size).toBe(keys.length);
  });
});
