import { type Atom, Polynomial, type SymbolAtom } from './polynomial.js';

/** Names that stand for themselves in keys and printed expressions; others are quoted there. */
const PLAIN_NAME = /^(?:[\p{L}_]|[?#][\p{L}\p{N}_])[\p{L}\p{N}_.@:]*$/u;
const RESERVED = new Set(['min', 'max', 'floor', 'ceil', 'ceiling', 'Min', 'Max', 'Mod', 'FloorDiv', 'CeilDiv']);

/** Can the name be written without quotes in an expression? */
export function isPlainName(name: string): boolean {
  return PLAIN_NAME.test(name) && !RESERVED.has(name);
}

export function symbolAtom(name: string): SymbolAtom {
  return { kind: 'symbol', name, key: isPlainName(name) ? name : JSON.stringify(name), size: 1 };
}

export function symbol(name: string): Polynomial {
  return Polynomial.atom(symbolAtom(name));
}

/** Data dependent sizes are named `?hint_n`. */
export function isFreshName(name: string): boolean {
  return name.startsWith('?');
}

/** Cells, numbers written in a constant, are named `#...`. */
export function isCellName(name: string): boolean {
  return name.startsWith('#');
}

/** The least value a symbol takes: 1 for sizes of inputs, 0 for data dependent sizes, unknown for cells. */
export function leastValue(name: string): 0 | 1 | undefined {
  return isCellName(name) ? undefined : isFreshName(name) ? 0 : 1;
}

/** An atom of more symbols than this is not worth following: a fresh symbol stands for it, and costs stay bounded. */
export const MAX_SIZE = 128;

let freshCount = 0;

/** A symbol of a name that no other call gives. */
export function freshSymbol(hint: string): Polynomial {
  return symbol(`?${hint.replace(/[^\p{L}\p{N}_]+/gu, '_')}_${freshCount++}`);
}

/** Names of all symbols, those inside of atoms included. */
export function symbolsOf(a: Polynomial, into: Set<string> = new Set()): Set<string> {
  for (const { monomial } of a.terms) for (const { atom } of monomial.factors) symbolsOfAtom(atom, into);
  return into;
}

function symbolsOfAtom(atom: Atom, into: Set<string>): void {
  switch (atom.kind) {
    case 'symbol':
      into.add(atom.name);
      break;
    case 'floor':
      symbolsOf(atom.numerator, into);
      symbolsOf(atom.divisor, into);
      break;
    case 'max':
      for (const operand of atom.operands) symbolsOf(operand, into);
      break;
    case 'group':
      symbolsOf(atom.sum, into);
  }
}
