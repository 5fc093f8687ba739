import { addInt, gcdInt, type Int, mulInt, negInt } from './int.js';

/** A graph input's size, a data dependent size (`?name`) or a cell (`#name`). */
export interface SymbolAtom {
  readonly kind: 'symbol';
  readonly name: string;
  readonly key: string;
  readonly size: number;
}
/** Python's `numerator // divisor`, which nothing simpler equals. The divisor is a number above 1 or symbolic. */
export interface FloorAtom {
  readonly kind: 'floor';
  readonly numerator: Polynomial;
  readonly divisor: Polynomial;
  readonly key: string;
  readonly size: number;
}
/** The largest of two or more polynomials, none of which is provably at most another. */
export interface MaxAtom {
  readonly kind: 'max';
  readonly operands: readonly Polynomial[];
  readonly key: string;
  readonly size: number;
}
/** A sum that is not multiplied out because the product would have too many terms. */
export interface GroupAtom {
  readonly kind: 'group';
  readonly sum: Polynomial;
  readonly key: string;
  readonly size: number;
}
/** What polynomials are made of: an integer that is only known by name or by what it is computed from. */
export type Atom = SymbolAtom | FloorAtom | MaxAtom | GroupAtom;

/** A power of an atom. */
export interface Factor {
  readonly atom: Atom;
  readonly power: number;
}

/** A product of powers, factors in the order of their atoms' keys; never empty. */
export interface Monomial {
  readonly factors: readonly Factor[];
  readonly key: string;
  readonly size: number;
}

export interface Term {
  readonly monomial: Monomial;
  /** Never 0. */
  readonly coefficient: Int;
}

/** Products beyond this many terms stay factored. */
const MAX_TERMS = 64;

/** A sum of monomials with integer coefficients and a constant; terms are in the order of their monomials' keys. */
export class Polynomial {
  static readonly ZERO = new Polynomial([], 0);
  static readonly ONE = new Polynomial([], 1);

  readonly terms: readonly Term[];
  readonly constant: Int;
  #structure: string | undefined;
  /** Set by `keyOf`. */
  key: string | undefined;
  #size: number | undefined;

  constructor(terms: readonly Term[], constant: Int) {
    this.terms = terms;
    this.constant = constant;
  }

  static of(constant: Int): Polynomial {
    return constant === 0 ? Polynomial.ZERO : new Polynomial([], constant);
  }

  static atom(atom: Atom): Polynomial {
    return new Polynomial([{ monomial: monomialOf(atom), coefficient: 1 }], 0);
  }

  get isConstant(): boolean {
    return this.terms.length === 0;
  }

  get isZero(): boolean {
    return this.terms.length === 0 && this.constant === 0;
  }

  /** The terms as text: equal exactly when the terms are. */
  get structure(): string {
    if (this.#structure === undefined) {
      const parts = this.terms.map(({ coefficient, monomial }) =>
        coefficient === 1 ? monomial.key : `${coefficient}*${monomial.key}`,
      );
      if (this.constant !== 0 || parts.length === 0) parts.push(String(this.constant));
      this.#structure = parts.join('+');
    }
    return this.#structure;
  }

  /** Number of atoms written out, nested ones included. */
  get size(): number {
    if (this.#size === undefined) {
      let size = 1;
      for (const { monomial } of this.terms) size += monomial.size;
      this.#size = size;
    }
    return this.#size;
  }

  /** The atom when the polynomial is exactly one. */
  get asAtom(): Atom | undefined {
    const term = this.terms.length === 1 && this.constant === 0 ? this.terms[0] : undefined;
    return term !== undefined && term.coefficient === 1 ? atomOf(term.monomial) : undefined;
  }
}

export function monomialOf(atom: Atom, power = 1): Monomial {
  return { factors: [{ atom, power }], key: power === 1 ? atom.key : `${atom.key}^${power}`, size: atom.size * power };
}

/** The atom when the monomial is exactly one, to the first power. */
export function atomOf(monomial: Monomial): Atom | undefined {
  const [factor] = monomial.factors;
  return monomial.factors.length === 1 && factor?.power === 1 ? factor.atom : undefined;
}

export function monomialOfFactors(factors: readonly Factor[]): Monomial {
  let key = '';
  let size = 0;
  for (const { atom, power } of factors) {
    key += `${key && '*'}${power === 1 ? atom.key : `${atom.key}^${power}`}`;
    size += atom.size * power;
  }
  return { factors, key, size };
}

function multiplyMonomials(a: Monomial, b: Monomial): Monomial {
  const factors: Factor[] = [];
  let i = 0;
  let j = 0;
  while (i < a.factors.length || j < b.factors.length) {
    const x = a.factors[i];
    const y = b.factors[j];
    if (y === undefined || (x !== undefined && x.atom.key < y.atom.key)) {
      factors.push(x as Factor);
      i++;
    } else if (x === undefined || y.atom.key < x.atom.key) {
      factors.push(y);
      j++;
    } else {
      factors.push({ atom: x.atom, power: x.power + y.power });
      i++;
      j++;
    }
  }
  return monomialOfFactors(factors);
}

/** `a / b` when every factor of b is in a; undefined where it is not, null for a quotient of 1. */
export function divideMonomials(a: Monomial, b: Monomial): Monomial | null | undefined {
  if (a.key === b.key) return null;
  const factors: Factor[] = [];
  let j = 0;
  for (const factor of a.factors) {
    const divisor = b.factors[j];
    if (divisor === undefined || divisor.atom.key !== factor.atom.key) {
      factors.push(factor);
      continue;
    }
    j++;
    if (divisor.power > factor.power) return undefined;
    if (divisor.power < factor.power) factors.push({ atom: factor.atom, power: factor.power - divisor.power });
  }
  return j < b.factors.length ? undefined : monomialOfFactors(factors);
}

export function add(a: Polynomial, b: Polynomial): Polynomial {
  const constant = addInt(a.constant, b.constant);
  if (b.terms.length === 0) return constant === a.constant ? a : new Polynomial(a.terms, constant);
  if (a.terms.length === 0) return constant === b.constant ? b : new Polynomial(b.terms, constant);
  const terms: Term[] = [];
  let i = 0;
  let j = 0;
  while (i < a.terms.length || j < b.terms.length) {
    const x = a.terms[i];
    const y = b.terms[j];
    if (y === undefined || (x !== undefined && x.monomial.key < y.monomial.key)) {
      terms.push(x as Term);
      i++;
    } else if (x === undefined || y.monomial.key < x.monomial.key) {
      terms.push(y);
      j++;
    } else {
      const coefficient = addInt(x.coefficient, y.coefficient);
      if (coefficient !== 0) terms.push({ monomial: x.monomial, coefficient });
      i++;
      j++;
    }
  }
  return terms.length === 0 ? Polynomial.of(constant) : new Polynomial(terms, constant);
}

export function scale(a: Polynomial, by: Int): Polynomial {
  if (by === 1) return a;
  if (by === 0) return Polynomial.ZERO;
  if (a.terms.length === 0) return Polynomial.of(mulInt(a.constant, by));
  const terms = a.terms.map(({ monomial, coefficient }) => ({ monomial, coefficient: mulInt(coefficient, by) }));
  return new Polynomial(terms, mulInt(a.constant, by));
}

export function negate(a: Polynomial): Polynomial {
  return scale(a, -1);
}

export function subtract(a: Polynomial, b: Polynomial): Polynomial {
  return b.terms.length === 0 ? add(a, Polynomial.of(negInt(b.constant))) : add(a, negate(b));
}

export function multiply(a: Polynomial, b: Polynomial): Polynomial {
  if (a.terms.length === 0) return scale(b, a.constant);
  if (b.terms.length === 0) return scale(a, b.constant);
  if (a.terms.length * b.terms.length > MAX_TERMS) {
    return a.terms.length >= b.terms.length ? multiply(group(a), b) : multiply(a, group(b));
  }
  const products = new Map<string, Term>();
  const collect = (monomial: Monomial, coefficient: Int) => {
    const known = products.get(monomial.key);
    products.set(monomial.key, {
      monomial,
      coefficient: known === undefined ? coefficient : addInt(known.coefficient, coefficient),
    });
  };
  for (const x of a.terms) {
    for (const y of b.terms) {
      collect(multiplyMonomials(x.monomial, y.monomial), mulInt(x.coefficient, y.coefficient));
    }
    if (b.constant !== 0) collect(x.monomial, mulInt(x.coefficient, b.constant));
  }
  if (a.constant !== 0) for (const y of b.terms) collect(y.monomial, mulInt(y.coefficient, a.constant));
  return sum(products.values(), mulInt(a.constant, b.constant));
}

/** A polynomial of terms in any order, each monomial at most once; coefficients of 0 are dropped. */
export function sum(terms: Iterable<Term>, constant: Int): Polynomial {
  const sorted = [...terms].filter(({ coefficient }) => coefficient !== 0);
  if (sorted.length === 0) return Polynomial.of(constant);
  sorted.sort((x, y) => (x.monomial.key < y.monomial.key ? -1 : 1));
  return new Polynomial(sorted, constant);
}

/** The same without this term. */
export function without(a: Polynomial, term: Term): Polynomial {
  return new Polynomial(
    a.terms.filter((other) => other !== term),
    a.constant,
  );
}

export function ofTerm(monomial: Monomial | null, coefficient: Int): Polynomial {
  return monomial === null ? Polynomial.of(coefficient) : new Polynomial([{ monomial, coefficient }], 0);
}

/** Greatest common divisor of the coefficients, the constant's included when asked for. */
export function content(a: Polynomial, withConstant: boolean): Int {
  let divisor: Int = withConstant ? gcdInt(a.constant, 0) : 0;
  for (const { coefficient } of a.terms) {
    if (divisor === 1) break;
    divisor = gcdInt(divisor, coefficient);
  }
  return divisor;
}

function group(a: Polynomial): Polynomial {
  return Polynomial.atom({ kind: 'group', sum: a, key: `[${a.structure}]`, size: a.size });
}
