import { floorDivInt, gcdInt, type Int, mulInt } from './int.js';
import { type FloorGroup, floorGroups, hasFloor } from './periodic.js';
import { add, content, multiply, ofTerm, type Polynomial, scale, subtract, sum } from './polynomial.js';
import { divideDown } from './quotient.js';

/**
 * Canonical text, equal exactly for polynomials with the same normal form. Sums of floors are spelled as a line plus a
 * table of what repeats: T - T//2 and (T + 1)//2 have the same.
 */
export function keyOf(a: Polynomial): string {
  a.key ??= hasFloor(a) ? keyWithFloors(a) : a.structure;
  return a.key;
}

function keyWithFloors(a: Polynomial): string {
  // `rest / denominator` is what has not been spelled yet: each group leaves its line there.
  let rest = a;
  let denominator: Int = 1;
  const tables: string[] = [];
  for (;;) {
    // The largest base first: the line it leaves may have floors that belong to the groups of smaller ones.
    const group = largest(floorGroups(rest).groups);
    if (group === undefined) break;
    const { factor, base, terms, period, slope } = group;
    const line = multiply(scale(base, slope), ofTerm(factor, 1));
    rest = add(scale(subtract(rest, sum(terms, 0)), period), line);
    denominator = mulInt(denominator, period);
    if (period > 1) tables.push(table(group, denominator));
  }
  const common = gcdInt(content(rest, true), denominator);
  const over = floorDivInt(denominator, common);
  const whole = common === 1 ? rest : divideDown(rest, common);
  const line = over === 1 ? whole.structure : `(${whole.structure})/${over}`;
  if (tables.length === 0) return line;
  return `${line}+${tables.sort().join('+')}`;
}

function largest(groups: readonly FloorGroup[]): FloorGroup | undefined {
  let best: FloorGroup | undefined;
  for (const group of groups) if (best === undefined || group.base.size > best.base.size) best = group;
  return best;
}

/** The offsets, which are in units of 1/denominator, in lowest terms. */
function table({ factor, base, offsets }: FloorGroup, denominator: Int): string {
  let common: Int = denominator;
  for (const offset of offsets) common = gcdInt(common, offset);
  const values = offsets.map((offset) => floorDivInt(offset, common));
  const over = floorDivInt(denominator, common);
  return `${factor === null ? '' : `${factor.key}*`}{${base.structure}:${values.join(' ')}}/${over}`;
}
