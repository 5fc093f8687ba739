import { floorDivide } from './floor.js';
import { inFloorBasis } from './floor-basis.js';
import { asSingleFloor, type FloorGroup, floorGroups, hasFloor } from './floor-sums.js';
import { add, multiply, ofTerm, Polynomial, scale, subtract, sum } from './polynomial.js';
import { divideExactly } from './quotient.js';

/**
 * The polynomial with sums of floors that are a line, or one floor, replaced by it: T//2 + (T + 1)//2 is T, and T - T//2 is
 * (T + 1)//2.
 */
export function simplify(a: Polynomial): Polynomial {
  if (a.terms.length < 2 || !hasFloor(a)) return a;
  for (const group of floorGroups(a).groups) {
    const simpler = group.terms.length > 1 ? asOneFloor(a, group) : asOtherHalf(a, group);
    if (simpler !== undefined) return simplify(simpler);
  }
  return a;
}

function asOneFloor(a: Polynomial, group: FloorGroup): Polynomial | undefined {
  const { base, period } = group;
  const single = asSingleFloor(group);
  if (single === undefined) return undefined;
  const numerator = add(scale(base, single.multiple), Polynomial.of(single.constant));
  return replaceGroup(a, group, add(scale(base, single.whole), floorDivide(numerator, Polynomial.of(period))));
}

/** -(p//2) is (p + 1)//2 - p, which is shorter where p stands beside it. */
function asOtherHalf(a: Polynomial, group: FloorGroup): Polynomial | undefined {
  const { base, period, slope, offsets } = group;
  if (period !== 2 || slope >= 0) return undefined;
  // The table of -c*floor((p + k) / 2) is [0, c] for k = 0 and [0, -c] for k = 1, its slope -c.
  const numerator = offsets[1] === -slope ? add(base, Polynomial.ONE) : base;
  const half = subtract(floorDivide(numerator, Polynomial.of(2)), base);
  const result = replaceGroup(a, group, scale(half, -slope));
  return result.terms.length < a.terms.length ? result : undefined;
}

/** `a / divisor` when the division leaves nothing, in whichever way sums of floors are written; undefined otherwise. */
export function quotientOf(a: Polynomial, divisor: Polynomial): Polynomial | undefined {
  const quotient = divideExactly(a, divisor);
  if (quotient !== undefined || !hasFloor(a)) return quotient;
  const [numerator, denominator] = inFloorBasis([a, divisor]) as [Polynomial, Polynomial];
  return divideExactly(numerator, denominator);
}

function replaceGroup(a: Polynomial, { factor, terms }: FloorGroup, value: Polynomial): Polynomial {
  return add(subtract(a, sum(terms, 0)), multiply(value, ofTerm(factor, 1)));
}
