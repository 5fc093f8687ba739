import { absInt, type Int, mulInt, negInt } from './int.js';
import {
  type Atom,
  add,
  atomOf,
  divideMonomials,
  type Factor,
  type FloorAtom,
  type MaxAtom,
  type Monomial,
  monomialOf,
  multiply,
  ofTerm,
  Polynomial,
  scale,
  subtract,
  type Term,
  without,
} from './polynomial.js';
import { divideExactly } from './quotient.js';
import { isPlainName } from './symbols.js';

/** A piece of a printed sum: its sign, and text that binds at least as tightly as a product. */
interface Piece {
  readonly negative: boolean;
  readonly text: string;
}

/** Python syntax for a polynomial: `2*T - 1`, `(T + 7)//8`, `min(T, 1000)`. Parses back to an equal one. */
export function print(a: Polynomial): string {
  return printSum(a, 'short');
}

/**
 * Python syntax that also means the same to readers that take `//` for an exact division and round in the end, as those
 * do that compute with rational numbers: `64*((T - T % 4)//4)` rather than `64*(T//4)`.
 */
export function printExactly(a: Polynomial): string {
  return printSum(a, isSafelyRounded(a) ? 'short' : 'exact');
}

/** How floors are written: `p//n`, or as a division that leaves no remainder. */
type Style = 'short' | 'exact';

/** A single floor with whole numbers added, and nothing else to round: rounding in the end makes no difference. */
function isSafelyRounded(a: Polynomial): boolean {
  let floors = 0;
  for (const { coefficient, monomial } of a.terms) {
    for (const { atom } of monomial.factors) {
      if (atom.kind === 'symbol') continue;
      const isSum = atom.kind === 'floor' && coefficient === 1 && monomial.factors.length === 1;
      if (atom.kind === 'floor') {
        if (!isSum || !isSafelyRounded(atom.numerator) || !isFree(atom.divisor)) return false;
        floors++;
      } else if (!isFree(a)) return false;
    }
  }
  return floors <= 1;
}

/** Is there no floor anywhere in it? */
function isFree(a: Polynomial): boolean {
  return a.terms.every(({ monomial }) =>
    monomial.factors.every(({ atom }) => {
      if (atom.kind === 'max') return atom.operands.every(isFree);
      return atom.kind === 'group' ? isFree(atom.sum) : atom.kind === 'symbol';
    }),
  );
}

function printSum(a: Polynomial, style: Style): string {
  const pieces = piecesOf(a, style);
  if (pieces.length === 0) return '0';
  // Start with something positive where there is such a thing: 5 - T rather than -T + 5.
  const first = pieces.findIndex(({ negative }) => !negative);
  if (first > 0) pieces.unshift(...pieces.splice(first, 1));
  let text = '';
  for (const { negative, text: piece } of pieces) {
    if (text === '') text = negative ? `-${piece}` : piece;
    else text += negative ? ` - ${piece}` : ` + ${piece}`;
  }
  return text;
}

function piecesOf(a: Polynomial, style: Style): Piece[] {
  return readable(a, style) ?? factored(a, style) ?? plainPieces(a, style);
}

/** Rewrites the first floor or maximum that reads better together with its neighbours; undefined where none does. */
function readable(a: Polynomial, style: Style): Piece[] | undefined {
  for (const term of a.terms) {
    const atom = atomOf(term.monomial);
    const found =
      atom?.kind === 'max'
        ? extremum(a, term, atom, style)
        : atom?.kind === 'floor'
          ? remainder(a, term, atom, style)
          : undefined;
    if (found !== undefined) return found.rest.isZero ? [found.piece] : [found.piece, ...piecesOf(found.rest, style)];
  }
  return undefined;
}

interface Found {
  readonly piece: Piece;
  readonly rest: Polynomial;
}

/** k*p - k*n*floor(p/n) is k*(p % n), and k*p - k*floor(p/2) is k*((p + 1)//2). */
function remainder(a: Polynomial, { coefficient, monomial }: Term, atom: FloorAtom, style: Style): Found | undefined {
  if (coefficient > 0 || !atom.divisor.isConstant) return undefined;
  const n = atom.divisor.constant;
  const others = without(a, a.terms.find((term) => term.monomial === monomial) as Term);
  const multiple = divideExactly(Polynomial.of(negInt(coefficient)), atom.divisor);
  const candidates: { k: Int; text: string }[] = [];
  if (multiple !== undefined) {
    candidates.push({ k: multiple.constant, text: `${operand(atom.numerator, style)} % ${n}` });
  }
  if (n === 2 && style === 'short') {
    candidates.push({ k: negInt(coefficient), text: `${operand(add(atom.numerator, Polynomial.ONE), style)}//2` });
  }
  for (const { k, text } of candidates) {
    const rest = subtract(others, scale(atom.numerator, k));
    if (rest.terms.length > others.terms.length - atom.numerator.terms.length) continue;
    return { piece: { negative: false, text: k === 1 ? text : `${k}*(${text})` }, rest };
  }
  return undefined;
}

/** c*max(...) + rest with what belongs to it moved inside: max(T - 3, 0), min(T, 1000). */
function extremum(a: Polynomial, term: Term, atom: MaxAtom, style: Style): Found {
  const others = without(a, term);
  const k = absInt(term.coefficient);
  const isMinimum = term.coefficient < 0;
  const inside = partInside(others, k, isMinimum, atom);
  const operands = atom.operands.map((each) => add(inside, isMinimum ? scale(each, -1) : each));
  const text = `${isMinimum ? 'min' : 'max'}(${printOperands(operands, style)})`;
  return {
    piece: { negative: false, text: k === 1 ? text : `${k}*${text}` },
    rest: subtract(others, scale(inside, k)),
  };
}

/** Numbers last, as people write clamps. */
function printOperands(operands: readonly Polynomial[], style: Style): string {
  const texts = [...operands.filter((each) => !each.isConstant), ...operands.filter((each) => each.isConstant)];
  return texts.map((each) => printSum(each, style)).join(', ');
}

/** Multiples of k in the neighbours that cancel against operands; the constant too when it cancels one. */
function partInside(others: Polynomial, k: Int, isMinimum: boolean, atom: MaxAtom): Polynomial {
  const sign = isMinimum ? 1 : -1;
  let inside = Polynomial.ZERO;
  for (const term of others.terms) {
    const part = divideExactly(ofTerm(term.monomial, term.coefficient), Polynomial.of(k));
    if (part === undefined || atomOf(term.monomial)?.kind === 'max') continue;
    const coefficient = part.terms[0]?.coefficient as Int;
    const cancels = atom.operands.some((each) =>
      each.terms.some(
        (inner) => inner.monomial.key === term.monomial.key && mulInt(inner.coefficient, sign) === coefficient,
      ),
    );
    if (cancels) inside = add(inside, part);
  }
  const constant = divideExactly(Polynomial.of(others.constant), Polynomial.of(k));
  if (constant === undefined || constant.isZero) return inside;
  const cancels = atom.operands.some((each) => mulInt(each.constant, sign) === constant.constant);
  return cancels ? add(inside, constant) : inside;
}

/** A common factor in front of a sum: B*H*(2*T - 1). */
function factored(a: Polynomial, style: Style): Piece[] | undefined {
  if (a.terms.length < 2 || a.constant !== 0) return undefined;
  const [first, ...others] = a.terms as readonly [Term, ...Term[]];
  const common: Factor[] = [];
  for (const { atom, power } of first.monomial.factors) {
    if (atom.kind !== 'symbol') continue;
    let least = power;
    for (const { monomial } of others) {
      const factor = monomial.factors.find((other) => other.atom.key === atom.key);
      least = Math.min(least, factor?.power ?? 0);
    }
    if (least > 0) common.push({ atom, power: least });
  }
  if (common.length === 0) return undefined;
  let rest = a;
  for (const { atom, power } of common) {
    const by = monomialOf(atom, power);
    rest = rest.terms.reduce(
      (total, { monomial, coefficient }) => add(total, ofTerm(divideMonomials(monomial, by) ?? null, coefficient)),
      Polynomial.ZERO,
    );
  }
  const text = common.map((factor) => printFactor(factor, style)).join('*');
  const negative = printSum(rest, style).startsWith('-');
  return [{ negative, text: `${text}*(${printSum(negative ? scale(rest, -1) : rest, style)})` }];
}

function plainPieces(given: Polynomial, style: Style): Piece[] {
  const a = withConstantInside(given);
  const terms = [...a.terms].sort((x, y) => degree(y.monomial) - degree(x.monomial));
  const pieces = terms.map(({ monomial, coefficient }): Piece => {
    const k = absInt(coefficient);
    // Python reads -T//2 as (-T)//2.
    const isFloor = atomOf(monomial)?.kind === 'floor' && coefficient > 0;
    const text = monomial.factors.map((factor) =>
      k === 1 && isFloor ? printAtom(factor.atom, style) : printFactor(factor, style),
    );
    return { negative: coefficient < 0, text: k === 1 ? text.join('*') : `${k}*${text.join('*')}` };
  });
  if (a.constant !== 0) pieces.push({ negative: a.constant < 0, text: String(absInt(a.constant)) });
  return pieces;
}

/** One floor and a multiple of its coefficient: 64*((T + 1)//4) - 64 is 64*((T - 3)//4). */
function withConstantInside(a: Polynomial): Polynomial {
  const [term] = a.terms;
  const atom = term && atomOf(term.monomial);
  if (term === undefined || a.terms.length > 1 || a.constant === 0 || atom?.kind !== 'floor') return a;
  const steps = divideExactly(Polynomial.of(a.constant), Polynomial.of(term.coefficient));
  if (steps === undefined) return a;
  const numerator = add(atom.numerator, multiply(steps, atom.divisor));
  return ofTerm(monomialOf({ ...atom, numerator }), term.coefficient);
}

function degree(monomial: Monomial): number {
  let total = 0;
  for (const { power } of monomial.factors) total += power;
  return total;
}

/** A factor of a product. */
function printFactor({ atom, power }: Factor, style: Style): string {
  const text = atom.kind === 'floor' ? `(${printAtom(atom, style)})` : printAtom(atom, style);
  return new Array<string>(power).fill(text).join('*');
}

function printAtom(atom: Atom, style: Style): string {
  switch (atom.kind) {
    case 'symbol':
      return isPlainName(atom.name) ? atom.name : JSON.stringify(atom.name);
    case 'floor': {
      const [numerator, divisor] = [operand(atom.numerator, style), operand(atom.divisor, style)];
      if (style === 'short') return `${numerator}//${divisor}`;
      return `(${printSum(atom.numerator, style)} - ${numerator} % ${divisor})//${divisor}`;
    }
    case 'max':
      return `max(${printOperands(atom.operands, style)})`;
    case 'group':
      return `(${printSum(atom.sum, style)})`;
  }
}

/** An operand of `//` or `%`: in parentheses unless it is a number or a name. */
function operand(a: Polynomial, style: Style): string {
  const text = printSum(a, style);
  return a.asAtom?.kind === 'symbol' || (a.isConstant && a.constant >= 0) ? text : `(${text})`;
}
