import { floorGroups } from './floor-sums.js';
import type { Int } from './int.js';
import { addInt, modInt } from './int.js';
import {
  type Atom,
  add,
  content,
  type Monomial,
  monomialOfFactors,
  multiply,
  negate,
  ofTerm,
  Polynomial,
  scale,
  subtract,
  sum,
  type Term,
} from './polynomial.js';
import { divideDown } from './quotient.js';
import { leastValue, symbol } from './symbols.js';

/**
 * No size reaches this number: exporters write it, and larger ones, to say "to the end". It is above every symbolic
 * expression, and its negative is below.
 */
export const UNBOUNDED = 2 ** 31 - 1;

/** How many relaxations one proof may try, fewer for large expressions: proofs that models need take fewer than ten. */
const BUDGET = 48;
const LARGE = 64;

/** Is `a >= 0` for every value of its symbols? False when that is not so, or not proved. */
export function isNonNegative(a: Polynomial): boolean {
  if (a.terms.length === 0) return a.constant >= 0;
  if (a.constant >= UNBOUNDED && a.terms.every(({ coefficient: c }) => c < UNBOUNDED && c > -UNBOUNDED)) return true;
  const quick = linear(a);
  if (quick !== undefined) return quick >= 0;
  const divisor = content(a, false);
  const p = divisor === 1 ? a : divideDown(a, divisor);
  // Integers: p >= 0 exactly when p + 1 > 0, and a strict inequality survives rational relaxations.
  return positive(add(p, Polynomial.ONE), { left: p.size > LARGE ? BUDGET / 8 : BUDGET });
}

/** Is `a >= 1` for every value of its symbols? */
export function isPositive(a: Polynomial): boolean {
  return isNonNegative(subtract(a, Polynomial.ONE));
}

/** Can `a` never be 0: positive, negative, or wrong modulo a common divisor of its terms? */
export function isNeverZero(a: Polynomial): boolean {
  if (a.terms.length === 0) return a.constant !== 0;
  const divisor = content(a, false);
  if (modInt(a.constant, divisor) !== 0) return true;
  return isPositive(a) || isPositive(negate(a));
}

/** The least value of a sum of symbols: exact when all coefficients are positive; undefined when it is no such sum. */
function linear(a: Polynomial): Int | undefined {
  let least = a.constant;
  let isBounded = true;
  for (const { monomial, coefficient } of a.terms) {
    const factor = monomial.factors[0];
    if (monomial.factors.length > 1 || factor?.power !== 1 || factor.atom.kind !== 'symbol') return undefined;
    const from = leastValue(factor.atom.name);
    if (coefficient < 0 || from === undefined) isBounded = false;
    else if (from === 1) least = addInt(least, coefficient);
  }
  // Unbounded in one symbol: nothing else in a linear sum can make up for it.
  return isBounded ? least : -1;
}

interface Budget {
  left: number;
}

/** Is `a > 0`, by replacing floors and maxima by their bounds until only symbols are left? */
function positive(a: Polynomial, budget: Budget): boolean {
  if (a.terms.length === 0) return a.constant > 0;
  if (hasPositiveCoefficients(a, budget)) return true;
  if (budget.left-- <= 0) return false;
  const atom = largestCompound(a);
  if (atom === undefined) return false;
  const split = coefficientOf(a, atom);
  if (split === undefined) return false;
  const { coefficient, rest } = split;
  const replace = (bound: Polynomial) => positive(add(multiply(coefficient, bound), rest), budget);
  switch (atom.kind) {
    case 'group':
      return replace(atom.sum);
    case 'max':
      // It is one of its operands, and at least every one of them.
      if (signOf(coefficient, budget) > 0 && atom.operands.some(replace)) return true;
      return atom.operands.every(replace);
    case 'floor': {
      const { numerator, divisor } = atom;
      const line = divisor.isConstant ? belowFloors(a, atom, budget) : undefined;
      if (line !== undefined && positive(line, budget)) return true;
      if (!positive(divisor, budget)) return false;
      // numerator - divisor + 1 <= divisor * atom <= numerator, and multiplying by the divisor keeps the sign.
      const multiplied = (bound: Polynomial) =>
        positive(add(multiply(coefficient, bound), multiply(divisor, rest)), budget);
      const sign = signOf(coefficient, budget);
      if (sign < 0) return multiplied(numerator);
      if (sign > 0) return multiplied(add(subtract(numerator, divisor), Polynomial.ONE));
      return false;
    }
  }
}

/**
 * A positive multiple of a lower bound of `a`, in which the floors that share base and factors with this one are a line:
 * together they are bounded exactly, where one by one each would lose up to 1.
 */
function belowFloors(a: Polynomial, atom: Atom, budget: Budget): Polynomial | undefined {
  for (const { factor, base, terms, period, slope, offsets } of floorGroups(a).groups) {
    if (!terms.some(({ monomial }) => monomial.factors.some((other) => other.atom === atom))) continue;
    const product = ofTerm(factor, 1);
    if (factor !== null && !nonNegative(product, budget)) continue;
    const line = add(scale(base, slope), Polynomial.of(Math.min(...offsets)));
    return add(scale(subtract(a, sum(terms, 0)), period), multiply(line, product));
  }
  return undefined;
}

function signOf(a: Polynomial, budget: Budget): number {
  if (a.terms.length === 0) return a.constant > 0 ? 1 : a.constant < 0 ? -1 : 0;
  if (nonNegative(a, budget)) return 1;
  return nonNegative(negate(a), budget) ? -1 : 0;
}

function nonNegative(a: Polynomial, budget: Budget): boolean {
  return positive(add(a, Polynomial.ONE), budget);
}

/** Written in `symbol - least value`, are all coefficients non-negative and the constant positive? */
function hasPositiveCoefficients(a: Polynomial, budget: Budget): boolean {
  let shifted = Polynomial.of(a.constant);
  for (const term of a.terms) {
    const expanded = shift(term, budget);
    if (expanded === undefined) return false;
    shifted = add(shifted, expanded);
  }
  return shifted.constant > 0 && shifted.terms.every(({ coefficient }) => coefficient > 0);
}

function shift({ monomial, coefficient }: Term, budget: Budget): Polynomial | undefined {
  let product = Polynomial.of(coefficient);
  for (const { atom, power } of monomial.factors) {
    let factor: Polynomial;
    if (atom.kind === 'symbol') {
      const from = leastValue(atom.name);
      if (from === undefined) return undefined;
      factor = add(symbol(atom.name), Polynomial.of(from));
    } else {
      // A compound counts as an unknown of its own, if it is not negative.
      if (coefficient < 0 || !isCompoundNonNegative(atom, budget)) return undefined;
      factor = Polynomial.atom(atom);
    }
    for (let i = 0; i < power; i++) product = multiply(product, factor);
  }
  return product;
}

function isCompoundNonNegative(atom: Atom, budget: Budget): boolean {
  switch (atom.kind) {
    case 'floor':
      return nonNegative(atom.numerator, budget) && positive(atom.divisor, budget);
    case 'max':
      return atom.operands.some((operand) => nonNegative(operand, budget));
    case 'group':
      return nonNegative(atom.sum, budget);
    case 'symbol':
      return leastValue(atom.name) !== undefined;
  }
}

/** The compound atom of the largest expression: relaxing outer ones first exposes the inner ones. */
function largestCompound(a: Polynomial): Exclude<Atom, { kind: 'symbol' }> | undefined {
  let largest: Exclude<Atom, { kind: 'symbol' }> | undefined;
  for (const { monomial } of a.terms) {
    for (const { atom } of monomial.factors) {
      if (atom.kind !== 'symbol' && (largest === undefined || atom.size > largest.size)) largest = atom;
    }
  }
  return largest;
}

/** `a` as `coefficient * atom + rest`; undefined when the atom stands in a higher power. */
export function coefficientOf(a: Polynomial, atom: Atom): { coefficient: Polynomial; rest: Polynomial } | undefined {
  let coefficient = Polynomial.ZERO;
  const rest: Term[] = [];
  for (const term of a.terms) {
    const factor = term.monomial.factors.find((other) => other.atom.key === atom.key);
    if (factor === undefined) rest.push(term);
    else if (factor.power > 1) return undefined;
    else coefficient = add(coefficient, ofTerm(dropFactor(term.monomial, atom), term.coefficient));
  }
  return { coefficient, rest: new Polynomial(rest, a.constant) };
}

function dropFactor(monomial: Monomial, atom: Atom): Monomial | null {
  const factors = monomial.factors.filter((factor) => factor.atom.key !== atom.key);
  return factors.length === 0 ? null : monomialOfFactors(factors);
}
