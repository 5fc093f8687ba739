import { Dim } from '../../symbolic/dim.js';
import { Rational, scalarMul, scalarValue } from '../../symbolic/scalar.js';
import type { Known } from './content.js';

/** Exponents up to this are multiplied out. */
const MAX_EXPONENT = 8;

/**
 * ONNX division of integers: towards zero. Exact at every sign; a floor division where both are provably not negative (a
 * divisor of 0 has no result to be wrong about).
 */
export function truncatingQuotient(a: Known, b: Known): Known {
  if (!(a instanceof Dim && b instanceof Dim) || b.isZero()) return undefined;
  const exact = a.exactQuotient(b);
  if (exact !== undefined) return exact;
  if (b.isNonNegative()) return quotientByPositive(a, b);
  return b.isAtMost(0) ? quotientByPositive(a, b.neg()).neg() : undefined;
}

function quotientByPositive(a: Dim, b: Dim): Dim {
  if (a.isNonNegative()) return a.floorDiv(b);
  const opposite = a.neg();
  if (opposite.isNonNegative()) return opposite.floorDiv(b).neg();
  // The sign is open: one of the two terms is always 0.
  return a.max(0).floorDiv(b).sub(opposite.max(0).floorDiv(b));
}

/** Mod with fmod = 0: the sign of the divisor, as Python. */
export function flooredRemainder(a: Known, b: Known): Known {
  if (!(a instanceof Dim && b instanceof Dim) || b.isZero()) return undefined;
  return a.mod(b);
}

/** Mod with fmod = 1: the sign of the dividend, as C. */
export function truncatedRemainder(a: Known, b: Known): Known {
  if (!(a instanceof Dim && b instanceof Dim) || b.isZero()) return undefined;
  if (a.isNonNegative() && b.isNonNegative()) return a.mod(b);
  const quotient = truncatingQuotient(a, b);
  return quotient instanceof Dim ? a.sub(quotient.mul(b)) : undefined;
}

/** A small whole power. */
export function power(a: Known, exponent: Known): Known {
  const n = scalarValue(exponent);
  if (a === undefined || n === undefined || !Number.isInteger(n) || n < 0 || n > MAX_EXPONENT) return undefined;
  let result: Known = Dim.of(1);
  for (let i = 0; i < n; i++) result = scalarMul(result, a);
  return result;
}

export function absolute(a: Known): Known {
  if (typeof a === 'number') return Math.abs(a);
  if (a instanceof Rational) return isNonNegative(a) ? a : a.num.isAtMost(0) ? a.neg() : undefined;
  if (a === undefined || a.isNonNegative()) return a;
  return a.isAtMost(0) ? a.neg() : a.max(a.neg());
}

export function sign(a: Known): Known {
  if (typeof a === 'number') return undefined;
  const part = a instanceof Rational ? a.num : a;
  return part?.min(1).max(-1);
}

/** `a * 2^b` for a number b. */
export function shiftLeft(a: Known, b: Known): Known {
  const factor = powerOfTwo(b);
  return a instanceof Dim && factor !== undefined ? a.mul(factor) : undefined;
}

/** `floor(a / 2^b)` for a number b. */
export function shiftRight(a: Known, b: Known): Known {
  const divisor = powerOfTwo(b);
  return a instanceof Dim && divisor !== undefined ? a.floorDiv(divisor) : undefined;
}

function powerOfTwo(exponent: Known): number | undefined {
  const bits = exponent instanceof Dim ? exponent.value : undefined;
  return bits !== undefined && bits >= 0 && bits < 53 ? 2 ** bits : undefined;
}

/** `a & b` where b is a mask of low bits: 2^n - 1. */
export function lowBits(a: Known, b: Known): Known {
  const mask = scalarValue(b);
  if (!(a instanceof Dim) || mask === undefined || mask < 0) return undefined;
  const modulus = mask + 1;
  return Number.isInteger(Math.log2(modulus)) ? a.mod(modulus) : undefined;
}

/** Is this element provably at least 0? */
export function isNonNegative(a: Known): boolean {
  if (typeof a === 'number') return a >= 0;
  return (a instanceof Rational ? a.num : a)?.isNonNegative() ?? false;
}
