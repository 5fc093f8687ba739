/**
 * Exact integers: a `number` where the value is a safe integer, a `bigint` beyond. Every function here returns that normal
 * form, so `===` compares values of the same form and arithmetic on sizes never leaves the number path.
 */
export type Int = number | bigint;

/** The normal form of an integer. */
export function normal(x: bigint): Int {
  const n = Number(x);
  return Number.isSafeInteger(n) ? n : x;
}

/** Reads an integral `number` of any magnitude exactly. Throws `RangeError` when it is not an integer. */
export function fromNumber(x: number): Int {
  if (Number.isSafeInteger(x)) return x + 0; // + 0 turns -0 into 0
  if (!Number.isInteger(x)) throw new RangeError(`${x} is not an integer`);
  return BigInt(x);
}

export function addInt(a: Int, b: Int): Int {
  if (typeof a === 'number' && typeof b === 'number') {
    const sum = a + b;
    if (Number.isSafeInteger(sum)) return sum;
  }
  return normal(BigInt(a) + BigInt(b));
}

export function mulInt(a: Int, b: Int): Int {
  if (typeof a === 'number' && typeof b === 'number') {
    const product = a * b;
    if (Number.isSafeInteger(product)) return product + 0;
  }
  return normal(BigInt(a) * BigInt(b));
}

export function negInt(a: Int): Int {
  return typeof a === 'number' ? 0 - a : normal(-a);
}

/** Python's `a // b`. The divisor must not be 0. */
export function floorDivInt(a: Int, b: Int): Int {
  if (typeof a === 'number' && typeof b === 'number') {
    let remainder = a % b;
    if (remainder !== 0 && remainder < 0 !== b < 0) remainder += b;
    const multiple = a - remainder;
    if (Number.isSafeInteger(multiple)) return multiple / b + 0;
  }
  const x = BigInt(a);
  const y = BigInt(b);
  const quotient = x / y;
  return normal(x % y !== 0n && x < 0n !== y < 0n ? quotient - 1n : quotient);
}

/** Python's `a % b`: takes the sign of the divisor, which must not be 0. */
export function modInt(a: Int, b: Int): Int {
  if (typeof a === 'number' && typeof b === 'number') {
    const remainder = a % b;
    return remainder !== 0 && remainder < 0 !== b < 0 ? remainder + b : remainder + 0;
  }
  const remainder = BigInt(a) % BigInt(b);
  return normal(remainder !== 0n && remainder < 0n !== b < 0 ? remainder + BigInt(b) : remainder);
}

/** Greatest common divisor, never negative; gcd(0, x) = |x|. */
export function gcdInt(a: Int, b: Int): Int {
  let x = absInt(a);
  let y = absInt(b);
  while (y !== 0) [x, y] = [y, modInt(x, y)];
  return x;
}

export function absInt(a: Int): Int {
  return a < 0 ? negInt(a) : a;
}
