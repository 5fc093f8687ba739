import { isNonNegative } from './bounds.js';
import { keyOf } from './floor-sums.js';
import { gcdInt, type Int } from './int.js';
import {
  add,
  atomOf,
  content,
  type MaxAtom,
  type Monomial,
  negate,
  Polynomial,
  scale,
  subtract,
  sum,
  type Term,
  without,
} from './polynomial.js';
import { divideDown } from './quotient.js';
import { freshSymbol, MAX_SIZE } from './symbols.js';

/** Beyond this many operands nested maxima are no longer flattened. */
const MAX_OPERANDS = 16;

/**
 * The largest of the polynomials. Canonical form: operands that another provably reaches are dropped, nested maxima are
 * flattened, and the rest is `base + factor * max(0, differences to the base)`. That form depends on the differences only,
 * so min(a, b) is a + b - max(a, b) by construction, and max(T - 3, 0) + 3 is max(T, 3).
 */
export function maximum(operands: readonly Polynomial[]): Polynomial {
  let list = undominated(operands);
  let common = Polynomial.ZERO;
  while (list.length > 1 && list.some((operand) => maxTerm(operand) !== undefined)) {
    // Without what all have in common every coefficient is positive: a minimum becomes a maximum in the other operands.
    const shared = commonPart(list);
    common = add(common, shared);
    list = list.map((operand) => subtract(operand, shared));
    const flat = flatten(list);
    if (flat === undefined) break;
    list = undominated(flat);
  }
  if (list.length === 1) return add(common, list[0] as Polynomial);
  const { base, differences, key } = chooseBase(list);
  let size = 1;
  for (const difference of differences) size += difference.size;
  const result = add(common, base);
  if (size > MAX_SIZE) return add(result, freshSymbol('maximum'));
  return add(result, multiplyByFactor(differences, key, size));
}

/** Of all operands the one that gives the last key, which reads best: max(T - 3, 0) rather than T - 3 + max(3 - T, 0). */
function chooseBase(list: readonly Polynomial[]): { base: Polynomial; differences: Polynomial[]; key: string } {
  let best: { base: Polynomial; differences: Polynomial[]; key: string } | undefined;
  for (const base of list) {
    const differences = list.filter((operand) => operand !== base).map((operand) => subtract(operand, base));
    differences.sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
    const key = differences.map(keyOf).join(',');
    if (best === undefined || key > best.key) best = { base, differences, key };
  }
  return best as { base: Polynomial; differences: Polynomial[]; key: string };
}

/** max(0, differences), with a number that divides all of them in front. */
function multiplyByFactor(differences: readonly Polynomial[], key: string, size: number): Polynomial {
  let divisor: Int = 0;
  for (const difference of differences) divisor = gcdInt(divisor, content(difference, true));
  if (divisor === 1) {
    const operands = [...differences, Polynomial.ZERO];
    return Polynomial.atom({ kind: 'max', operands, key: `max(${key},0)`, size });
  }
  const divided = differences.map((difference) => divideDown(difference, divisor));
  return scale(multiplyByFactor(divided, divided.map(keyOf).join(','), size), divisor);
}

/** The least of the polynomials. */
export function minimum(operands: readonly Polynomial[]): Polynomial {
  return negate(maximum(operands.map(negate)));
}

/** A term that is a maximum times a number. */
export function maxTerm(a: Polynomial): { term: Term; atom: MaxAtom } | undefined {
  for (const term of a.terms) {
    const atom = atomOf(term.monomial);
    if (atom?.kind === 'max') return { term, atom };
  }
  return undefined;
}

/** Without the operands that another one is provably at least as large as. */
function undominated(operands: readonly Polynomial[]): Polynomial[] {
  const kept: Polynomial[] = [];
  for (const operand of operands) {
    if (kept.some((other) => isNonNegative(subtract(other, operand)))) continue;
    for (let i = kept.length - 1; i >= 0; i--) {
      if (isNonNegative(subtract(operand, kept[i] as Polynomial))) kept.splice(i, 1);
    }
    kept.push(operand);
  }
  return kept;
}

/** Monomial by monomial, the least coefficient over all operands: what remains is not negative anywhere. */
function commonPart(operands: readonly Polynomial[]): Polynomial {
  const least = new Map<string, { monomial: Monomial; coefficient: Int; count: number }>();
  let constant: Int | undefined;
  for (const operand of operands) {
    if (constant === undefined || operand.constant < constant) constant = operand.constant;
    for (const { monomial, coefficient } of operand.terms) {
      const known = least.get(monomial.key);
      if (known === undefined) least.set(monomial.key, { monomial, coefficient, count: 1 });
      else {
        known.count++;
        if (coefficient < known.coefficient) known.coefficient = coefficient;
      }
    }
  }
  const terms: Term[] = [];
  for (const { monomial, coefficient, count } of least.values()) {
    const everywhere = count === operands.length;
    if (everywhere || coefficient < 0) terms.push({ monomial, coefficient });
  }
  return sum(terms, constant ?? 0);
}

/** Operands that contain a maximum become one operand for each of its own; undefined when there is nothing to do. */
function flatten(operands: readonly Polynomial[]): Polynomial[] | undefined {
  const flat: Polynomial[] = [];
  let changed = false;
  for (const operand of operands) {
    const nested = maxTerm(operand);
    if (nested === undefined) {
      flat.push(operand);
      continue;
    }
    changed = true;
    const rest = without(operand, nested.term);
    for (const inner of nested.atom.operands) flat.push(add(rest, scale(inner, nested.term.coefficient)));
  }
  return changed && flat.length <= MAX_OPERANDS ? flat : undefined;
}
