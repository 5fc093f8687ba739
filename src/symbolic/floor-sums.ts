import { floorDivInt, gcdInt, type Int, modInt, mulInt } from './int.js';
import {
  type Atom,
  add,
  content,
  type FloorAtom,
  type Monomial,
  monomialOfFactors,
  multiply,
  negate,
  ofTerm,
  Polynomial,
  scale,
  subtract,
  sum,
  type Term,
} from './polynomial.js';
import { divideDown } from './quotient.js';

/** Sums of floors repeat after the least common multiple of their divisors; longer periods are not looked into. */
const MAX_PERIOD = 128;

/**
 * The floors of a polynomial that divide multiples of one base by numbers and stand next to the same factors:
 * `factor * (c1*floor((a1*base + k1) / n1) + ...)`. Seen as a function of the base, the sum in brackets is a line plus
 * something periodic: `slope*x + offsets[x mod period]`, which settles whether two such sums are equal.
 */
export interface FloorGroup {
  /** What the floors are multiplied with; null for nothing. */
  readonly factor: Monomial | null;
  readonly base: Polynomial;
  readonly terms: readonly Term[];
  /** The period; slope and offsets are multiplied by it, so that they are integers. */
  readonly period: number;
  readonly slope: number;
  /** One offset for each remainder; the first is 0. */
  readonly offsets: readonly number[];
}

interface Member {
  readonly term: Term;
  readonly multiple: number;
  readonly constant: number;
  readonly divisor: number;
}

/** Finds the groups, and the terms in none of them. */
export function floorGroups(a: Polynomial): { groups: FloorGroup[]; others: Term[] } {
  const members = new Map<string, { factor: Monomial | null; base: Polynomial; list: Member[] }>();
  const others: Term[] = [];
  for (const term of a.terms) {
    const found = memberOf(term);
    if (found === undefined) {
      others.push(term);
      continue;
    }
    const { factor, base, member } = found;
    const key = `${factor?.key ?? ''} ${keyOf(base)}`;
    const known = members.get(key);
    if (known === undefined) members.set(key, { factor, base, list: [member] });
    else known.list.push(member);
  }
  const groups: FloorGroup[] = [];
  for (const { factor, base, list } of members.values()) {
    const group = tabulate(factor, base, list);
    if (group === undefined) others.push(...list.map(({ term }) => term));
    else groups.push(group);
  }
  return { groups, others };
}

/** Does any term have a floor by a number? */
export function hasFloor(a: Polynomial): boolean {
  return a.terms.some(({ monomial }) =>
    monomial.factors.some(({ atom }) => atom.kind === 'floor' && atom.divisor.isConstant),
  );
}

function memberOf(term: Term): { factor: Monomial | null; base: Polynomial; member: Member } | undefined {
  let single: FloorAtom | undefined;
  for (const { atom, power } of term.monomial.factors) {
    if (atom.kind !== 'floor' || !atom.divisor.isConstant) continue;
    if (single !== undefined || power > 1) return undefined;
    single = atom;
  }
  if (single === undefined || typeof term.coefficient !== 'number') return undefined;
  const floor = floorOf(single);
  if (floor === undefined) return undefined;
  const { base, multiple, constant, divisor } = floor;
  const factors = term.monomial.factors.filter(({ atom }) => atom !== single);
  return {
    factor: factors.length === 0 ? null : monomialOfFactors(factors),
    base,
    member: { term, multiple, constant, divisor },
  };
}

/** `floor((multiple*base + constant) / divisor)`. */
export interface Floor {
  /** Has no constant and no common factor; floors of it and of its negative have the same. */
  readonly base: Polynomial;
  readonly multiple: number;
  readonly constant: number;
  readonly divisor: number;
}

/** What an atom is the floor of, if it is one by a number that is not too large. */
export function floorOf(atom: Atom): Floor | undefined {
  if (atom.kind !== 'floor' || !atom.divisor.isConstant) return undefined;
  const { numerator } = atom;
  const divisor = atom.divisor.constant;
  let multiple = content(numerator, false);
  if (typeof divisor !== 'number' || divisor > MAX_PERIOD || typeof multiple !== 'number') return undefined;
  let base = divideDown(new Polynomial(numerator.terms, 0), multiple);
  const opposite = negate(base);
  if (keyOf(base) < keyOf(opposite)) {
    multiple = -multiple;
    base = opposite;
  }
  return { base, multiple, constant: Number(numerator.constant), divisor };
}

function tabulate(factor: Monomial | null, base: Polynomial, members: readonly Member[]): FloorGroup | undefined {
  let period = 1;
  for (const { divisor } of members) period *= divisor / Number(gcdInt(period, divisor));
  if (period > MAX_PERIOD) return undefined;
  let slope = 0;
  for (const { term, multiple, divisor } of members) {
    slope += Number(term.coefficient) * multiple * (period / divisor);
  }
  const offsets: number[] = [];
  for (let x = 0; x < period; x++) {
    let total = 0;
    for (const { term, multiple, constant, divisor } of members) {
      total += Number(term.coefficient) * Number(floorDivInt(multiple * x + constant, divisor));
    }
    offsets.push(total * period - slope * x);
  }
  if (!Number.isSafeInteger(slope) || !offsets.every(Number.isSafeInteger)) return undefined;
  const shortest = shortestPeriod(offsets);
  // With the shorter period the fractions have a smaller denominator: the sum is an integer everywhere.
  const by = period / shortest;
  return {
    factor,
    base,
    terms: members.map(({ term }) => term),
    period: shortest,
    slope: slope / by + 0,
    offsets: offsets.slice(0, shortest).map((offset) => offset / by + 0),
  };
}

function shortestPeriod(offsets: readonly number[]): number {
  for (let length = 1; length < offsets.length; length++) {
    if (offsets.length % length !== 0) continue;
    if (offsets.every((offset, i) => offset === offsets[i % length])) return length;
  }
  return offsets.length;
}

/** The single floor `floor((multiple*x + constant) / period)` that a group is, besides `whole*x`; undefined if it is none. */
export function asSingleFloor(
  group: FloorGroup,
): { readonly whole: number; readonly multiple: number; readonly constant: number } | undefined {
  const { period, slope, offsets } = group;
  const multiple = Number(modInt(slope, period));
  const whole = (slope - multiple) / period;
  for (let constant = 0; constant < period; constant++) {
    const fits = offsets.every(
      (offset, x) => Math.floor((multiple * x + constant) / period) * period - multiple * x === offset,
    );
    if (fits) return { whole, multiple, constant };
  }
  return undefined;
}

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
  return `${factor === null ? '' : `${factor.key}*`}{${keyOf(base)}:${values.join(' ')}}/${over}`;
}
