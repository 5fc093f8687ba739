import { Dim, type Environment } from './dim.js';
import { Rational } from './rational.js';

export { Rational } from './rational.js';

/**
 * An element of a tensor's content. Integers and bools are always a `Dim`. A float is a `Dim` when it is provably
 * integral (a Cast of a size, 20.0), a `Rational` when it is an exact quotient such as T/2, a `number` otherwise.
 */
export type Scalar = Dim | Rational | number;

type Known = Scalar | undefined;

/** Doubles in [2^-40, 2^40] whose denominator is at most this are taken as exact fractions when they meet a symbol. */
const MAX_DENOMINATOR = 2 ** 20;

/** A float constant as a scalar: integral values become a `Dim` (with the given origin, if any), -0 stays a number. */
export function scalarOfFloat(x: number, origin?: Dim): Scalar {
  if (!Number.isInteger(x) || Object.is(x, -0)) return x;
  const dim = Dim.of(x);
  return origin === undefined ? dim : dim.withOrigin(origin);
}

/** The number when the scalar is one. */
export function scalarValue(a: Known): number | undefined {
  if (typeof a === 'number') return a;
  return a instanceof Dim ? a.value : a && quotientValue(a);
}

function quotientValue(a: Rational): number | undefined {
  const num = a.num.value;
  return num === undefined ? undefined : num / a.den;
}

/** An exact form of a scalar; undefined for numbers that are no small fraction. */
function exact(a: Scalar): Dim | Rational | undefined {
  if (typeof a !== 'number') return a;
  if (!Number.isFinite(a) || Object.is(a, -0)) return undefined;
  let den = 1;
  while (den <= MAX_DENOMINATOR && !Number.isInteger(a * den)) den *= 2;
  return Number.isSafeInteger(a * den) ? Rational.of(Dim.of(a * den), den) : undefined;
}

type Exact = Dim | Rational;

/** Exact where both are, in doubles where both are numbers. */
function combine(
  a: Known,
  b: Known,
  exactly: (a: Exact, b: Exact) => Exact | undefined,
  numerically: (a: number, b: number) => number,
): Known {
  if (a === undefined || b === undefined) return undefined;
  if (a instanceof Dim && b instanceof Dim) return exactly(a, b);
  const x = scalarValue(a);
  const y = scalarValue(b);
  if (x !== undefined && y !== undefined && (typeof a === 'number' || typeof b === 'number')) {
    return scalarOfFloat(numerically(x, y));
  }
  const p = exact(a);
  const q = exact(b);
  return p === undefined || q === undefined ? undefined : exactly(p, q);
}

export function scalarAdd(a: Known, b: Known): Known {
  return combine(
    a,
    b,
    (x, y) => (x instanceof Rational ? x.add(y) : y instanceof Rational ? y.add(x) : x.add(y)),
    (x, y) => x + y,
  );
}

export function scalarNeg(a: Known): Known {
  return typeof a === 'number' ? scalarOfFloat(-a) : a?.neg();
}

/** Undefined when the sign is not proved. */
export function scalarAbs(a: Known): Known {
  const sign = scalarCompare(a, Dim.of(0));
  return sign === undefined ? undefined : sign < 0 ? scalarNeg(a) : a;
}

export function scalarSub(a: Known, b: Known): Known {
  return combine(
    a,
    b,
    (x, y) => (x instanceof Rational ? x.sub(y) : y instanceof Rational ? y.neg().add(x) : x.sub(y)),
    (x, y) => x - y,
  );
}

export function scalarMul(a: Known, b: Known): Known {
  return combine(
    a,
    b,
    (x, y) => (x instanceof Rational ? x.mul(y) : y instanceof Rational ? y.mul(x) : x.mul(y)),
    (x, y) => x * y,
  );
}

/** Float division, exact; undefined for a divisor that is symbolic (unless it divides exactly) or 0. */
export function scalarDiv(a: Known, b: Known): Known {
  return combine(a, b, divideExactly, (x, y) => x / y);
}

function divideExactly(a: Exact, b: Exact): Exact | undefined {
  const [num, den] = a instanceof Rational ? [a.num, a.den] : [a, 1];
  const [divisor, scale] = b instanceof Rational ? [b.num, b.den] : [b, 1];
  const scaled = num.mul(scale);
  const n = divisor.value;
  if (n === undefined) {
    const quotient = scaled.exactQuotient(divisor);
    return quotient && Rational.of(quotient, den);
  }
  if (n === 0 || !Number.isSafeInteger(n * den)) return undefined;
  return Rational.of(scaled, den * n);
}

export function scalarFloor(a: Known): Known {
  if (typeof a === 'number') return scalarOfFloat(Math.floor(a));
  return a instanceof Rational ? a.floor() : a;
}

export function scalarCeil(a: Known): Known {
  if (typeof a === 'number') return scalarOfFloat(Math.ceil(a));
  return a instanceof Rational ? a.ceil() : a;
}

/** To the nearest integer, halves to the even one (ONNX Round). */
export function scalarRound(a: Known): Known {
  if (typeof a === 'number') return scalarOfFloat(roundHalfToEven(a));
  return a instanceof Rational ? a.round() : a;
}

function roundHalfToEven(x: number): number {
  const floor = Math.floor(x);
  const fraction = x - floor;
  if (fraction !== 0.5) return fraction < 0.5 ? floor : floor + 1;
  return floor % 2 === 0 ? floor : floor + 1;
}

/** Towards zero: Cast of a float to an integer. Undefined when the sign is not known, or the number is not finite. */
export function scalarTruncate(a: Known): Dim | undefined {
  if (typeof a === 'number') return Number.isFinite(a) ? Dim.of(Math.trunc(a)) : undefined;
  return a instanceof Rational ? a.truncate() : a;
}

export function scalarMin(a: Known, b: Known): Known {
  const order = scalarCompare(a, b);
  if (order !== undefined) return order <= 0 ? a : b;
  return a instanceof Dim && b instanceof Dim ? a.min(b) : undefined;
}

export function scalarMax(a: Known, b: Known): Known {
  const order = scalarCompare(a, b);
  if (order !== undefined) return order >= 0 ? a : b;
  return a instanceof Dim && b instanceof Dim ? a.max(b) : undefined;
}

/** -1, 0 or 1 where the order is proved for all values of the symbols; undefined otherwise (also for NaN). */
export function scalarCompare(a: Known, b: Known): -1 | 0 | 1 | undefined {
  const difference = exactDifference(a, b);
  if (difference === undefined) return undefined;
  if (typeof difference === 'number') return difference < 0 ? -1 : difference > 0 ? 1 : 0;
  if (difference.isZero()) return 0;
  if (difference.isPositive()) return 1;
  return difference.neg().isPositive() ? -1 : undefined;
}

/** Provably a <= b? */
export function scalarIsAtMost(a: Known, b: Known): boolean {
  const difference = exactDifference(b, a);
  return typeof difference === 'number' ? difference >= 0 : (difference?.isNonNegative() ?? false);
}

/** Provably equal? */
export function scalarEquals(a: Known, b: Known): boolean {
  return scalarCompare(a, b) === 0;
}

/** Provably different? */
export function scalarDiffers(a: Known, b: Known): boolean {
  const difference = exactDifference(a, b);
  return typeof difference === 'number' ? difference !== 0 : (difference?.differsFrom(0) ?? false);
}

/** Something of the sign of a - b: the numerator of the exact difference, or a number. */
function exactDifference(a: Known, b: Known): Dim | number | undefined {
  if (a === undefined || b === undefined) return undefined;
  const x = scalarValue(a);
  const y = scalarValue(b);
  if (x !== undefined && y !== undefined && !(a instanceof Dim && b instanceof Dim)) {
    return Number.isNaN(x) || Number.isNaN(y) ? undefined : x < y ? -1 : x > y ? 1 : 0;
  }
  const difference = scalarSub(a, b);
  return difference instanceof Rational ? difference.num : difference;
}

/** The scalar for given symbols, as a double; undefined when a symbol is missing. */
export function scalarEvaluate(a: Scalar, environment: Environment): number | undefined {
  return typeof a === 'number' ? a : a.evaluate(environment);
}

/** A text that is equal for equal scalars. */
export function scalarKey(a: Scalar): string {
  return typeof a === 'number' ? (Object.is(a, -0) ? '-0.0' : `${a}f`) : a.key;
}
