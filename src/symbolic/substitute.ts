import { floorDivide } from './floor.js';
import { addInt, floorDivInt, type Int, mulInt } from './int.js';
import { maximum } from './maximum.js';
import { type Atom, add, multiply, Polynomial, scale } from './polynomial.js';
import { symbolsOf } from './symbols.js';

/** The polynomial with symbols replaced, in canonical form again. */
export function substitute(a: Polynomial, replacement: (name: string) => Polynomial | undefined): Polynomial {
  const touched = [...symbolsOf(a)].some((name) => replacement(name) !== undefined);
  return touched ? replaceIn(a, replacement) : a;
}

function replaceIn(a: Polynomial, replacement: (name: string) => Polynomial | undefined): Polynomial {
  let result = Polynomial.of(a.constant);
  for (const { monomial, coefficient } of a.terms) {
    let product = Polynomial.ONE;
    for (const { atom, power } of monomial.factors) {
      const value = replaceAtom(atom, replacement);
      for (let i = 0; i < power; i++) product = multiply(product, value);
    }
    result = add(result, scale(product, coefficient));
  }
  return result;
}

function replaceAtom(atom: Atom, replacement: (name: string) => Polynomial | undefined): Polynomial {
  switch (atom.kind) {
    case 'symbol':
      return replacement(atom.name) ?? Polynomial.atom(atom);
    case 'floor':
      return floorDivide(substitute(atom.numerator, replacement), substitute(atom.divisor, replacement));
    case 'max':
      return maximum(atom.operands.map((operand) => substitute(operand, replacement)));
    case 'group':
      return substitute(atom.sum, replacement);
  }
}

/** The value for these symbols; undefined when one is missing or a divisor is 0. */
export function evaluate(a: Polynomial, lookup: (name: string) => Int | undefined): Int | undefined {
  let total = a.constant;
  for (const { monomial, coefficient } of a.terms) {
    let product = coefficient;
    for (const { atom, power } of monomial.factors) {
      const value = evaluateAtom(atom, lookup);
      if (value === undefined) return undefined;
      for (let i = 0; i < power; i++) product = mulInt(product, value);
    }
    total = addInt(total, product);
  }
  return total;
}

function evaluateAtom(atom: Atom, lookup: (name: string) => Int | undefined): Int | undefined {
  switch (atom.kind) {
    case 'symbol':
      return lookup(atom.name);
    case 'floor': {
      const numerator = evaluate(atom.numerator, lookup);
      const divisor = evaluate(atom.divisor, lookup);
      if (numerator === undefined || divisor === undefined || divisor === 0) return undefined;
      return floorDivInt(numerator, divisor);
    }
    case 'max': {
      let largest: Int | undefined;
      for (const operand of atom.operands) {
        const value = evaluate(operand, lookup);
        if (value === undefined) return undefined;
        if (largest === undefined || value > largest) largest = value;
      }
      return largest;
    }
    case 'group':
      return evaluate(atom.sum, lookup);
  }
}
