import { addInt, floorDivInt, gcdInt, type Int, mulInt } from './int.js';
import { floorGroups, hasFloor } from './periodic.js';
import { type Monomial, multiply, ofTerm, type Polynomial } from './polynomial.js';

/**
 * Canonical text, equal exactly for polynomials with the same normal form. Sums of floors are spelled as a line plus a
 * table of what repeats: T - T//2 and (T + 1)//2 have the same.
 */
export function keyOf(a: Polynomial): string {
  a.key ??= hasFloor(a) ? keyWithFloors(a) : a.structure;
  return a.key;
}

function keyWithFloors(a: Polynomial): string {
  const { groups, others } = floorGroups(a);
  const line = new Map<string, { monomial: Monomial; numerator: Int; denominator: Int }>();
  const collect = (monomial: Monomial, numerator: Int, denominator: Int) => {
    const known = line.get(monomial.key);
    if (known === undefined) line.set(monomial.key, { monomial, numerator, denominator });
    else {
      known.numerator = addInt(mulInt(known.numerator, denominator), mulInt(numerator, known.denominator));
      known.denominator = mulInt(known.denominator, denominator);
    }
  };
  for (const { monomial, coefficient } of others) collect(monomial, coefficient, 1);
  const tables: string[] = [];
  for (const { factor, base, period, slope, offsets } of groups) {
    const product = multiply(base, ofTerm(factor, 1));
    for (const { monomial, coefficient } of product.terms) collect(monomial, mulInt(coefficient, slope), period);
    if (period > 1) tables.push(`${factor === null ? '' : `${factor.key}*`}{${base.structure}:${offsets.join(' ')}}`);
  }
  const parts: string[] = [];
  for (const { monomial, numerator, denominator } of [...line.values()].sort(byKey)) {
    if (numerator === 0) continue;
    const common = gcdInt(numerator, denominator);
    const over = floorDivInt(denominator, common);
    const coefficient = over === 1 ? floorDivInt(numerator, common) : `${floorDivInt(numerator, common)}/${over}`;
    parts.push(coefficient === 1 ? monomial.key : `${coefficient}*${monomial.key}`);
  }
  parts.push(...tables.sort());
  if (a.constant !== 0 || parts.length === 0) parts.push(String(a.constant));
  return parts.join('+');
}

function byKey(a: { monomial: Monomial }, b: { monomial: Monomial }): number {
  return a.monomial.key < b.monomial.key ? -1 : 1;
}
