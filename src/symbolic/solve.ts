import { coefficientOf } from './bounds.js';
import { negate, type Polynomial } from './polynomial.js';
import { divideExactly } from './quotient.js';
import { symbolAtom, symbolsOf } from './symbols.js';

/** The symbol's value where `a` is 0: undefined unless `a` is `factor * symbol + rest` and the factor divides the rest. */
export function solveFor(a: Polynomial, name: string): Polynomial | undefined {
  const split = coefficientOf(a, symbolAtom(name));
  if (split === undefined || split.coefficient.isZero) return undefined;
  const { coefficient, rest } = split;
  if (symbolsOf(coefficient).has(name) || symbolsOf(rest).has(name)) return undefined;
  return divideExactly(negate(rest), coefficient);
}
