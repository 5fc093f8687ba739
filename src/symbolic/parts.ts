import type { Int } from './int.js';
import { type Atom, atomOf, monomialOf, ofTerm, Polynomial } from './polynomial.js';

/** The outermost operation of an expression, over smaller expressions `D`. */
export type Parts<D> =
  | { readonly kind: 'number'; readonly value: Int }
  | { readonly kind: 'symbol'; readonly name: string }
  | { readonly kind: 'sum'; readonly terms: readonly D[] }
  | { readonly kind: 'product'; readonly factors: readonly D[] }
  | { readonly kind: 'floorDiv'; readonly numerator: D; readonly divisor: D }
  | { readonly kind: 'max'; readonly operands: readonly D[] };

/** The same operation over other operands. */
export function mapParts<D, E>(parts: Parts<D>, map: (part: D) => E): Parts<E> {
  switch (parts.kind) {
    case 'sum':
      return { kind: 'sum', terms: parts.terms.map(map) };
    case 'product':
      return { kind: 'product', factors: parts.factors.map(map) };
    case 'floorDiv':
      return { kind: 'floorDiv', numerator: map(parts.numerator), divisor: map(parts.divisor) };
    case 'max':
      return { kind: 'max', operands: parts.operands.map(map) };
    default:
      return parts;
  }
}

/** The smaller expressions that an operation is over; of numbers and symbols none. */
export function operandsOf<D>(parts: Parts<D>): readonly D[] {
  switch (parts.kind) {
    case 'sum':
      return parts.terms;
    case 'product':
      return parts.factors;
    case 'floorDiv':
      return [parts.numerator, parts.divisor];
    case 'max':
      return parts.operands;
    default:
      return [];
  }
}

/** Takes a polynomial apart by one level. */
export function partsOf(a: Polynomial): Parts<Polynomial> {
  if (a.isConstant) return { kind: 'number', value: a.constant };
  const [first] = a.terms;
  if (a.terms.length > 1 || a.constant !== 0 || first === undefined) {
    const terms = a.terms.map(({ monomial, coefficient }) => ofTerm(monomial, coefficient));
    if (a.constant !== 0) terms.push(Polynomial.of(a.constant));
    return { kind: 'sum', terms };
  }
  const { monomial, coefficient } = first;
  const atom = atomOf(monomial);
  if (atom !== undefined && coefficient === 1) return partsOfAtom(atom);
  const factors = monomial.factors.flatMap(({ atom: factor, power }) =>
    Array.from({ length: power }, () => ofTerm(monomialOf(factor), 1)),
  );
  if (coefficient !== 1) factors.push(Polynomial.of(coefficient));
  return { kind: 'product', factors };
}

function partsOfAtom(atom: Atom): Parts<Polynomial> {
  switch (atom.kind) {
    case 'symbol':
      return { kind: 'symbol', name: atom.name };
    case 'floor':
      return { kind: 'floorDiv', numerator: atom.numerator, divisor: atom.divisor };
    case 'max':
      return { kind: 'max', operands: atom.operands };
    case 'group':
      return partsOf(atom.sum);
  }
}
