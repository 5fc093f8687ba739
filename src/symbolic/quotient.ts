import { floorDivInt, type Int, modInt } from './int.js';
import {
  add,
  divideMonomials,
  type Monomial,
  multiply,
  ofTerm,
  Polynomial,
  subtract,
  type Term,
} from './polynomial.js';

/** Long divisions give up after this many steps: the remainder is then simply larger than it had to be. */
const MAX_STEPS = 256;

/** `floor(a / n)` where n divides every coefficient; the constant may leave a remainder. */
export function divideDown(a: Polynomial, n: Int): Polynomial {
  const terms = a.terms.map(({ monomial, coefficient }) => ({ monomial, coefficient: floorDivInt(coefficient, n) }));
  return new Polynomial(terms, floorDivInt(a.constant, n));
}

/**
 * Long division: `a = quotient * divisor + remainder`, with integer coefficients; what the divisor's leading term does not
 * divide goes to the remainder.
 */
export function divide(a: Polynomial, divisor: Polynomial): { quotient: Polynomial; remainder: Polynomial } {
  const leading = leadingTerm(divisor);
  let quotient = Polynomial.ZERO;
  let remainder = Polynomial.ZERO;
  let rest = a;
  for (let steps = 0; !rest.isZero && steps < MAX_STEPS; steps++) {
    const term = leadingTerm(rest);
    const monomial = divideTerm(term.monomial, leading.monomial);
    const factor = monomial === undefined ? 0 : floorDivInt(term.coefficient, leading.coefficient);
    if (monomial !== undefined && factor !== 0) {
      const step = ofTerm(monomial, factor);
      quotient = add(quotient, step);
      rest = subtract(rest, multiply(step, divisor));
    }
    // What is left of this monomial, less than the leading coefficient, cannot be divided any further.
    const left = monomial === undefined ? term.coefficient : modInt(term.coefficient, leading.coefficient);
    if (left !== 0) {
      const part = ofTerm(term.monomial, left);
      remainder = add(remainder, part);
      rest = subtract(rest, part);
    }
  }
  return { quotient, remainder: add(remainder, rest) };
}

/** `a / divisor` when the division leaves nothing, whatever the values of the symbols. */
export function divideExactly(a: Polynomial, divisor: Polynomial): Polynomial | undefined {
  if (a.isZero) return a;
  if (divisor.isConstant) {
    const n = divisor.constant;
    const fits = modInt(a.constant, n) === 0 && a.terms.every(({ coefficient }) => modInt(coefficient, n) === 0);
    return fits ? divideDown(a, n) : undefined;
  }
  const { quotient, remainder } = divide(a, divisor);
  return remainder.isZero ? quotient : undefined;
}

interface LeadingTerm {
  readonly monomial: Monomial | null;
  readonly coefficient: Int;
}

function leadingTerm(a: Polynomial): LeadingTerm {
  let leading: Term | undefined;
  for (const term of a.terms) {
    if (leading === undefined || compareMonomials(term.monomial, leading.monomial) > 0) leading = term;
  }
  return leading ?? { monomial: null, coefficient: a.constant };
}

/** Lexicographic by the atoms' keys: an order that multiplication keeps, as long division needs. */
function compareMonomials(a: Monomial, b: Monomial): number {
  for (let i = 0; ; i++) {
    const x = a.factors[i];
    const y = b.factors[i];
    if (x === undefined) return y === undefined ? 0 : -1;
    if (y === undefined) return 1;
    if (x.atom.key !== y.atom.key) return x.atom.key < y.atom.key ? 1 : -1;
    if (x.power !== y.power) return x.power - y.power;
  }
}

/** Quotient of two monomials, null standing for 1. */
function divideTerm(a: Monomial | null, b: Monomial | null): Monomial | null | undefined {
  if (b === null) return a;
  return a === null ? undefined : divideMonomials(a, b);
}
