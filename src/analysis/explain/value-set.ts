import { apply, call, type Expression, int } from '../../rewrite/generators/expression.js';

/** The integers that a feature of positions (a row number, a difference) takes where a mask is on. */
export interface ValueSet {
  /** Every value that the feature takes anywhere, from `first` on, is seen. */
  readonly first: number;
  /** 1 where the mask is on at some position with the value `first + k`. */
  readonly on: Uint8Array;
  /** Do both ends follow the size (differences of positions), or does the first value stand at a fixed place (rows)? */
  readonly centred: boolean;
}

/** A condition on one feature, with the number of numbers that it takes to write down. */
export interface SetRule {
  readonly cost: number;
  readonly name: string;
  readonly test: (feature: Expression) => Expression;
  readonly holds: (value: number) => boolean;
}

/** Periods longer than this cannot be told from chance at the sizes that models are traced at. */
const LONGEST_PERIOD = 64;

/**
 * Simple rules that hold for every value of this set, and for few others: the interval that it spans, with its ends open or
 * not, everything but a hole, every s-th value. An end that coincides with the end of what was seen is open. A run of rows
 * that ends inside is a length, which nobody but the caller knows: no rule.
 */
export function describeSet(set: ValueSet): SetRule[] {
  const { first, on } = set;
  const low = on.indexOf(1);
  const high = on.lastIndexOf(1);
  if (low < 0 || !on.includes(0)) return [];
  const bounds = {
    low: low === 0 ? undefined : first + low,
    high: high === on.length - 1 ? undefined : first + high,
  };
  const within = [bounds, { ...bounds, high: undefined }, { ...bounds, low: undefined }];
  const intervals = within.flatMap((each) => interval(each, set) ?? []);
  return [...intervals, ...hole(set), ...periodic(set, low, high)];
}

interface Bounds {
  readonly low: number | undefined;
  readonly high: number | undefined;
}

function interval({ low, high }: Bounds, { centred }: ValueSet): SetRule | undefined {
  // [0, L) of all rows: only a length at run time could say where the next one ends.
  if ((!centred && high !== undefined) || (low === undefined && high === undefined)) return undefined;
  const test = (feature: Expression): Expression => {
    if (low !== undefined && low === high) return apply('Equal', feature, int(low));
    const above = low === undefined ? undefined : apply('Greater', feature, int(low - 1));
    const below = high === undefined ? undefined : apply('Less', feature, int(high + 1));
    return above && below ? apply('And', above, below) : ((above ?? below) as Expression);
  };
  const name = low === high ? `= ${low}` : low === undefined ? `<= ${high}` : high === undefined ? `>= ${low}` : '';
  return {
    cost: lengthOf(low) + (high === low ? 0 : lengthOf(high)),
    name: name || `in ${low}..${high}`,
    test,
    holds: (value) => (low === undefined || value >= low) && (high === undefined || value <= high),
  };
}

/** Nothing is simpler to say than 0, but an end that is open. */
function lengthOf(bound: number | undefined): number {
  return bound === undefined ? 0 : bound === 0 ? 0.5 : 1;
}

/** All values but one run of others. */
function hole({ first, on, centred }: ValueSet): SetRule[] {
  const low = on.indexOf(0, on.indexOf(1));
  if (!centred || low < 0) return [];
  const next = on.indexOf(1, low);
  if (next < 0 || (on.indexOf(0, next) >= 0 && on.indexOf(1, on.indexOf(0, next)) >= 0)) return [];
  const [from, to] = [first + low, first + next - 1];
  const test = (feature: Expression) =>
    from === to
      ? call('Not', apply('Equal', feature, int(from)))
      : apply('Or', apply('Less', feature, int(from)), apply('Greater', feature, int(to)));
  const name = from === to ? `/= ${from}` : `outside ${from}..${to}`;
  return [{ cost: from === to ? 1 : 2, name, test, holds: (value) => value < from || value > to }];
}

/** Values of some residues modulo a period, the shortest that rules anything out. */
function periodic({ first, on }: ValueSet, low: number, high: number): SetRule[] {
  for (let period = 2; period <= LONGEST_PERIOD && 2 * period <= high - low; period++) {
    const residues = new Uint8Array(period);
    for (let k = low; k <= high; k++) if (on[k] === 1) residues[modulo(first + k, period)] = 1;
    if (!residues.includes(0)) continue;
    // The residues that are on follow each other, mostly it is one.
    const from = residues.findIndex((bit, k) => bit === 1 && residues[modulo(k - 1, period)] === 0);
    const width = residues.filter((bit) => bit === 1).length;
    if (!Array.from({ length: width }, (_, k) => residues[(from + k) % period]).every((bit) => bit === 1)) continue;
    const test = (feature: Expression): Expression => {
      const shifted = from === 0 ? feature : apply('Sub', feature, int(from));
      const residue = apply('Mod', shifted, int(period));
      return width === 1 ? apply('Equal', residue, int(0)) : apply('Less', residue, int(width));
    };
    const name = width === 1 ? `= ${from} modulo ${period}` : `in ${from}..${from + width - 1} modulo ${period}`;
    return [{ cost: 2 + Number(width > 1), name, test, holds: (value) => modulo(value - from, period) < width }];
  }
  return [];
}

function modulo(value: number, period: number): number {
  return ((value % period) + period) % period;
}
