import { isNonNegative, isPositive } from './bounds.js';
import { keyOf } from './floor-sums.js';
import { addInt, floorDivInt, gcdInt, type Int, modInt, mulInt, negInt } from './int.js';
import { maximum, maxTerm, minimum } from './maximum.js';
import {
  add,
  atomOf,
  content,
  divideMonomials,
  type FloorAtom,
  type Monomial,
  monomialOfFactors,
  multiply,
  negate,
  ofTerm,
  Polynomial,
  scale,
  subtract,
  type Term,
  without,
} from './polynomial.js';
import { divide, divideDown } from './quotient.js';
import { freshSymbol, MAX_SIZE } from './symbols.js';

/** A floor over a maximum is split into floors when there are at most this many. */
const MAX_SPLIT = 6;

/** Python's `a // divisor`, canonical. A divisor that is the number 0 throws `RangeError`. */
export function floorDivide(a: Polynomial, divisor: Polynomial): Polynomial {
  if (!divisor.isConstant) return divideBySymbolic(a, divisor);
  const n = divisor.constant;
  if (n === 0) throw new RangeError('division by zero');
  if (n < 0) return floorDivide(negate(a), Polynomial.of(negInt(n)));
  if (a.isConstant) return Polynomial.of(floorDivInt(a.constant, n));
  return n === 1 ? a : divideByInteger(a, n);
}

/** Python's `a % divisor`: floors are the only atoms of division, so that (T % 8) and T - 8*(T//8) are one. */
export function modulo(a: Polynomial, divisor: Polynomial): Polynomial {
  return subtract(a, multiply(divisor, floorDivide(a, divisor)));
}

function divideByInteger(a: Polynomial, n: Int): Polynomial {
  const { whole, rest } = splitMultiples(a, n);
  return rest.isConstant ? whole : add(whole, floorOfRest(rest, n));
}

/** Moves the terms that n divides out, and brings the constant into [0, n). */
function splitMultiples(a: Polynomial, n: Int): { whole: Polynomial; rest: Polynomial } {
  const whole: Term[] = [];
  const rest: Term[] = [];
  for (const term of a.terms) {
    if (modInt(term.coefficient, n) !== 0) rest.push(term);
    else whole.push({ monomial: term.monomial, coefficient: floorDivInt(term.coefficient, n) });
  }
  return {
    whole: new Polynomial(whole, floorDivInt(a.constant, n)),
    rest: new Polynomial(rest, modInt(a.constant, n)),
  };
}

/** Moves more multiples of n out, so that coefficients are left in (-n/2, n/2]. */
function reduce(a: Polynomial, n: Int): { whole: Polynomial; rest: Polynomial } {
  const whole: Term[] = [];
  const rest: Term[] = [];
  for (const { monomial, coefficient } of a.terms) {
    let quotient = floorDivInt(coefficient, n);
    let left = modInt(coefficient, n);
    if (mulInt(left, 2) > n) {
      quotient = addInt(quotient, 1);
      left = addInt(left, negInt(n));
    }
    if (quotient !== 0) whole.push({ monomial, coefficient: quotient });
    rest.push({ monomial, coefficient: left });
  }
  return { whole: new Polynomial(whole, 0), rest: new Polynomial(rest, a.constant) };
}

function floorOfRest(a: Polynomial, n: Int): Polynomial {
  // Sums of symbols have no upper bound: only compound atoms can.
  if (a.terms.some(({ monomial }) => monomial.factors.some(({ atom }) => atom.kind !== 'symbol'))) {
    if (isNonNegative(a) && isPositive(subtract(Polynomial.of(n), a))) return Polynomial.ZERO;
    const split = overMaximum(a, Polynomial.of(n));
    if (split !== undefined) return split;
  }
  const { whole, rest } = reduce(a, n);
  return add(whole, floorOfReduced(rest, n));
}

function floorOfReduced(a: Polynomial, n: Int): Polynomial {
  // floor((g*p + c) / (g*m)) = floor((p + floor(c / g)) / m)
  const divisor = gcdInt(content(a, false), n);
  if (divisor !== 1) return floorDivide(divideDown(a, divisor), Polynomial.of(floorDivInt(n, divisor)));
  const nested = nestedFloor(a);
  if (nested !== undefined) return mergeFloors(a, nested, Polynomial.of(n));
  if (hasNegativeSign(a, n)) {
    // floor(p / n) = -floor((-p + n - 1) / n)
    return negate(divideByInteger(add(negate(a), Polynomial.of(addInt(n, -1))), n));
  }
  return floorAtom(a, Polynomial.of(n));
}

/** Is the first coefficient that has a sign modulo n (n/2 has none) negative? */
function hasNegativeSign(a: Polynomial, n: Int): boolean {
  for (const { coefficient } of a.terms) {
    if (mulInt(coefficient, 2) === n) continue;
    return coefficient < 0;
  }
  return false;
}

/** A floor with coefficient 1 or -1, which merges with the division around it. */
function nestedFloor(a: Polynomial): { term: Term; atom: FloorAtom } | undefined {
  for (const term of a.terms) {
    const atom = atomOf(term.monomial);
    if (atom?.kind === 'floor' && (term.coefficient === 1 || term.coefficient === -1)) return { term, atom };
  }
  return undefined;
}

/** floor((floor(g / m) + h) / n) = floor((g + m*h) / (m*n)) for positive n; a negative floor is turned around first. */
function mergeFloors(a: Polynomial, nested: { term: Term; atom: FloorAtom }, n: Polynomial): Polynomial {
  if (nested.term.coefficient === -1) {
    const turned = subtract(add(negate(a), n), Polynomial.ONE);
    const term = { monomial: nested.term.monomial, coefficient: 1 };
    return negate(mergeNested(turned, { term, atom: nested.atom }, n));
  }
  return mergeNested(a, nested, n);
}

function mergeNested(a: Polynomial, { term, atom }: { term: Term; atom: FloorAtom }, n: Polynomial): Polynomial {
  const rest = subtract(a, ofTerm(term.monomial, 1));
  return floorDivide(add(atom.numerator, multiply(atom.divisor, rest)), multiply(atom.divisor, n));
}

/** floor((max(p, q) + h) / n) = max(floor((p + h) / n), floor((q + h) / n)) for positive n; min when it is subtracted. */
function overMaximum(a: Polynomial, n: Polynomial): Polynomial | undefined {
  const nested = maxTerm(a);
  if (nested === undefined || nested.atom.operands.length > MAX_SPLIT) return undefined;
  const rest = without(a, nested.term);
  if (maxTerm(rest) !== undefined) return undefined;
  const parts = nested.atom.operands.map((operand) =>
    floorDivide(add(rest, scale(operand, nested.term.coefficient)), n),
  );
  return nested.term.coefficient > 0 ? maximum(parts) : minimum(parts);
}

function divideBySymbolic(a: Polynomial, divisor: Polynomial): Polynomial {
  if (a.isZero) return a;
  const sign = divisor.terms[0]?.coefficient ?? 1;
  if (sign < 0) return divideBySymbolic(negate(a), negate(divisor));
  const { quotient, remainder } = divide(a, divisor);
  return remainder.isZero ? quotient : add(quotient, floorOfRemainder(remainder, divisor));
}

function floorOfRemainder(a: Polynomial, divisor: Polynomial): Polynomial {
  const common = commonFactor(a, divisor);
  if (common !== undefined) {
    const [numerator, denominator] = common;
    return floorDivide(numerator, denominator);
  }
  if (!isPositive(divisor)) return floorAtom(a, divisor);
  if (isNonNegative(a)) {
    if (isPositive(subtract(divisor, a))) return Polynomial.ZERO;
  } else if (isPositive(negate(a)) && isNonNegative(add(a, divisor))) return Polynomial.of(-1);
  const nested = nestedFloor(a);
  if (nested !== undefined) return mergeFloors(a, nested, divisor);
  const n = gcdInt(content(a, false), content(divisor, true));
  if (n > 1) return floorDivide(divideDown(a, n), divideDown(divisor, n));
  return floorAtom(a, divisor);
}

/** Numerator and divisor without the number and the monomial that they have in common; undefined when there is none. */
function commonFactor(a: Polynomial, divisor: Polynomial): [Polynomial, Polynomial] | undefined {
  const n = gcdInt(content(a, true), content(divisor, true));
  if (n > 1) return [divideDown(a, n), divideDown(divisor, n)];
  if (a.constant !== 0 || divisor.constant !== 0) return undefined;
  const terms = [...a.terms, ...divisor.terms];
  for (const { atom } of (terms[0] as Term).monomial.factors) {
    if (!terms.every(({ monomial }) => monomial.factors.some((factor) => factor.atom.key === atom.key))) continue;
    const monomial = monomialOfFactors([{ atom, power: 1 }]);
    return [divideByMonomial(a, monomial), divideByMonomial(divisor, monomial)];
  }
  return undefined;
}

function divideByMonomial(a: Polynomial, by: Monomial): Polynomial {
  let result = Polynomial.ZERO;
  for (const { monomial, coefficient } of a.terms) {
    result = add(result, ofTerm(divideMonomials(monomial, by) ?? null, coefficient));
  }
  return result;
}

function floorAtom(numerator: Polynomial, divisor: Polynomial): Polynomial {
  const size = numerator.size + divisor.size;
  if (size > MAX_SIZE) return freshSymbol('quotient');
  return Polynomial.atom({
    kind: 'floor',
    numerator,
    divisor,
    key: `floor(${keyOf(numerator)},${keyOf(divisor)})`,
    size,
  });
}
