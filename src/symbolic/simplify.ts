import { floorDivide } from './floor.js';
import { asSingleFloor, floorGroups, hasFloor } from './floor-sums.js';
import { add, multiply, ofTerm, Polynomial, scale, sum } from './polynomial.js';

/** The polynomial with sums of floors that are a line, or one floor, replaced by it: T//2 + (T + 1)//2 is T. */
export function simplify(a: Polynomial): Polynomial {
  if (a.terms.length < 2 || !hasFloor(a)) return a;
  const { groups, others } = floorGroups(a);
  if (groups.every(({ terms }) => terms.length < 2)) return a;
  let result = sum(others, a.constant);
  let isChanged = false;
  for (const group of groups) {
    const { base, factor, terms, period } = group;
    const single = terms.length < 2 ? undefined : asSingleFloor(group);
    if (single === undefined) {
      result = add(result, sum(terms, 0));
      continue;
    }
    isChanged = true;
    const numerator = add(scale(base, single.multiple), Polynomial.of(single.constant));
    const value = add(scale(base, single.whole), floorDivide(numerator, Polynomial.of(period)));
    result = add(result, multiply(value, ofTerm(factor, 1)));
  }
  return isChanged ? simplify(result) : a;
}
