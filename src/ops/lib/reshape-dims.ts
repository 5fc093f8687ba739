import { Dim } from '../../symbolic/dim.js';
import type { InferContext, Shape } from '../types.js';
import { product } from './known.js';

type Unify = Pick<InferContext, 'unify'>;

/** A size and where it stands: an axis of the input, or an element of the target. */
interface Entry {
  readonly dim: Dim;
  readonly at: number;
}

const ONE = Dim.of(1);
const WHAT = 'element count of Reshape';
const WHAT_ROWS = 'row size of Reshape';

/**
 * Sizes that Reshape gives. The entry -1, or the only unknown one, is solved from the element counts. Counts that cannot
 * be equal are reported as narrowly as the order of the axes allows: for [T, B, 64] to [10, 8*B, 8] as T against 10.
 */
export function reshapeDims(input: Shape, target: Shape, allowZero: boolean, ctx: Unify): Shape {
  const result: (Dim | undefined)[] = [...target];
  const isCopied = target.map((dim) => !allowZero && dim?.isZero() === true);
  let wildcard = -1;
  let solvable = true;
  target.forEach((dim, i) => {
    if (isCopied[i]) result[i] = input[i];
    else if (dim?.value === -1) {
      solvable &&= wildcard < 0;
      wildcard = i;
      result[i] = undefined;
    }
  });
  target.forEach((dim, i) => {
    if (dim !== undefined) return;
    solvable &&= wildcard < 0;
    wildcard = i;
  });
  if (!solvable) return result;
  // Axes that are copied cancel out, even unknown ones.
  const from = input.filter((_, axis) => !isCopied[axis]);
  const others = result.filter((_, i) => !isCopied[i] && i !== wildcard);
  const quick = quickQuotient(from, others);
  if (quick !== undefined && (wildcard >= 0 || quick.value === 1)) {
    if (wildcard >= 0) result[wildcard] = quick;
    return result;
  }
  const total = product(from);
  const rest = product(others);
  if (total === undefined || rest === undefined) return result;
  if (wildcard >= 0) {
    if (rest.isZero()) return result;
    const exact = total.exactQuotient(rest);
    result[wildcard] = exact ?? (rest.isPositive() ? total.floorDiv(rest) : undefined);
    if (exact === undefined) proposeRows(input, result, isCopied, wildcard, ctx);
  } else if (!total.equals(rest)) matchAll(input, result, isCopied, ctx);
  return result;
}

/**
 * The quotient of two products by cancelling equal factors, which is what most targets take. Undefined when that is not
 * enough, or when a number has an origin to keep.
 */
function quickQuotient(from: Shape, others: Shape): Dim | undefined {
  let numbers = 1;
  let divisor = 1;
  const symbolic: Dim[] = [];
  for (const dim of from) {
    if (dim === undefined || dim.cells.size > 0) return undefined;
    if (dim.value === undefined) symbolic.push(dim);
    else numbers *= dim.value;
  }
  for (const dim of others) {
    if (dim === undefined || dim.cells.size > 0) return undefined;
    if (dim.value === undefined) {
      const equal = symbolic.findIndex((other) => other.equals(dim));
      if (equal < 0) return undefined;
      symbolic.splice(equal, 1);
    } else divisor *= dim.value;
  }
  if (!Number.isSafeInteger(numbers) || divisor <= 0 || numbers === 0 || numbers % divisor !== 0) return undefined;
  const first = symbolic.shift() ?? ONE;
  const rest = symbolic.reduce((product, dim) => product.mul(dim), first);
  return numbers === divisor ? rest : rest.mul(numbers / divisor);
}

/** Sizes other than 1 that are not copied. */
function entriesOf(dims: Shape, isCopied: readonly boolean[]): Entry[] {
  return dims.flatMap((dim, at) => (isCopied[at] || dim === undefined || dim.value === 1 ? [] : [{ dim, at }]));
}

/** All of the target is given, and the counts are not provably equal. */
function matchAll(input: Shape, result: (Dim | undefined)[], isCopied: readonly boolean[], ctx: Unify): void {
  const from = entriesOf(input, isCopied).reverse();
  const to = entriesOf(result, isCopied).reverse();
  const { pairs, left } = align(from, to, true);
  const rest = pairUp(left);
  for (const pair of [...pairs, ...rest]) {
    const size = ctx.unify(pair.from, pair.to, WHAT, pair.where);
    // Which axis a number stands for is a guess; that it is this number is not, unless it is on trial (has cells).
    const isCertain = pair.to.isNumber && pair.to.cells.size === 0;
    if (pair.single !== undefined && !isCertain) result[pair.single] = size;
  }
}

/**
 * The target has a -1, which numbers beside it may or may not divide: [B, T, 8] to [-1, 144] means rows of T*8 at T = 18,
 * but [T] to [-1, 16] are chunks. The former is told by an axis that is left for the -1.
 */
function proposeRows(
  input: Shape,
  result: readonly (Dim | undefined)[],
  isCopied: readonly boolean[],
  wildcard: number,
  ctx: Unify,
): void {
  const after = entriesOf(result, isCopied)
    .filter(({ at }) => at > wildcard)
    .reverse();
  const before = entriesOf(result, isCopied).filter(({ at }) => at < wildcard);
  const tail = align(entriesOf(input, isCopied).reverse(), after, false);
  if (tail.left.to.length > 0) return;
  const head = align([...tail.left.from].reverse(), before, false);
  if (head.left.to.length > 0 || head.left.from.length === 0) return;
  for (const { from, to, where } of [...tail.pairs, ...head.pairs]) ctx.unify(from, to, WHAT_ROWS, where);
}

interface Pair {
  readonly from: Dim;
  readonly to: Dim;
  readonly where: { input: number; axis: number }[];
  /** The element of the target, when it is one. */
  readonly single?: number | undefined;
}

interface Alignment {
  readonly pairs: readonly Pair[];
  readonly left: { readonly from: readonly Entry[]; readonly to: readonly Entry[] };
}

/**
 * Walks axes and target side by side and drops what provably matches (64 against 8 * 8); an expression that meets a
 * number becomes a pair. Stops where two expressions meet that do not divide.
 *
 * @param exhaustive - Whether the last element takes all axes that are left (and the last axis all elements).
 */
function align(from: readonly Entry[], to: readonly Entry[], exhaustive: boolean): Alignment {
  const pairs: Pair[] = [];
  let i = 0;
  let j = 0;
  while (i < from.length && j < to.length) {
    const startFrom = i;
    const startTo = j;
    let a = (from[i++] as Entry).dim;
    let b = (to[j++] as Entry).dim;
    // The products of the axes and elements in the present group, less what divided out on the way.
    let groupFrom = a;
    let groupTo = b;
    let firstTo = j - 1;
    for (;;) {
      const q = a.exactQuotient(b);
      if (q?.equals(1)) break;
      if (q !== undefined) {
        if (j >= to.length) {
          if (exhaustive) pairs.push(...pairUp({ from: from.slice(startFrom), to: to.slice(startTo) }));
          const carried = { dim: q, at: (from[i - 1] as Entry).at };
          return { pairs, left: { from: exhaustive ? [] : [carried, ...from.slice(i)], to: [] } };
        }
        a = q.withoutOrigin();
        groupFrom = a;
        firstTo = j;
        b = (to[j++] as Entry).dim;
        groupTo = b;
        continue;
      }
      const p = b.exactQuotient(a);
      if (i < from.length && (p !== undefined || (a.isNumber && b.isNumber))) {
        const next = (from[i++] as Entry).dim;
        groupFrom = groupFrom.mul(next);
        b = p ?? b;
        a = p === undefined ? a.mul(next) : next;
        continue;
      }
      if (!a.isNumber && !b.isNumber) return { pairs, left: { from: from.slice(startFrom), to: to.slice(startTo) } };
      if (exhaustive && j >= to.length) for (; i < from.length; i++) groupFrom = groupFrom.mul((from[i] as Entry).dim);
      if (exhaustive && i >= from.length) for (; j < to.length; j++) groupTo = groupTo.mul((to[j] as Entry).dim);
      pairs.push({
        from: groupFrom,
        to: groupTo,
        where: [...sites(0, from.slice(startFrom, i)), ...sites(1, to.slice(firstTo, j))],
        single: j - firstTo === 1 ? (to[firstTo] as Entry).at : undefined,
      });
      break;
    }
  }
  return { pairs, left: { from: from.slice(i), to: to.slice(j) } };
}

/** What is left after aligning: one by one where the numbers of sizes agree, as products otherwise. */
function pairUp({ from, to }: Alignment['left']): Pair[] {
  if (from.length === 0 && to.length === 0) return [];
  const isOneToOne = from.length === to.length && from.some(({ dim }, i) => dim.isFresh || to[i]?.dim.isFresh);
  if (isOneToOne) {
    return from.map(({ dim, at }, i) => {
      const other = to[i] as Entry;
      return { from: dim, to: other.dim, where: [...sites(0, [{ dim, at }]), ...sites(1, [other])], single: other.at };
    });
  }
  const total = (entries: readonly Entry[]) => entries.reduce((all, { dim }) => all.mul(dim), ONE);
  return [
    {
      from: total(from),
      to: total(to),
      where: [...sites(0, from), ...sites(1, to)],
      single: to.length === 1 ? (to[0] as Entry).at : undefined,
    },
  ];
}

function sites(input: number, entries: readonly Entry[]): { input: number; axis: number }[] {
  return entries.map(({ at }) => ({ input, axis: at }));
}
