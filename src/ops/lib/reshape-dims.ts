import { Dim } from '../../symbolic/dim.js';
import type { InferContext, Shape } from '../types.js';
import { alignAxes, crossedAxes, type Entry, type Pair, pairUp, shiftedAxes, totalOf } from './align-axes.js';
import { product } from './known.js';

type Unify = Pick<InferContext, 'unify'>;

const ONE = Dim.of(1);
const WHAT = 'element count of Reshape';
const WHAT_ROWS = 'row size of Reshape';
const WHAT_WHOLE = 'whole rows of Reshape';

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
    result[wildcard] =
      exact ??
      alignRows(input, result, isCopied, wildcard, ctx) ??
      (rest.isPositive() ? rows(total, rest, ctx) : undefined);
  } else if (!total.equals(rest)) matchAll(input, result, isCopied, ctx);
  return result;
}

/** The -1 where the rest may not divide the total: what runs has whole rows. */
function rows(total: Dim, rest: Dim, ctx: Unify): Dim {
  const quotient = total.floorDiv(rest);
  ctx.unify(total, quotient.mul(rest), WHAT_WHOLE);
  return quotient;
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
  const from = entriesOf(input, isCopied);
  const to = entriesOf(result, isCopied);
  // Batch and heads mostly stay in front: the rest has to fit by itself.
  const first = from.findIndex(({ dim }, i) => !to[i]?.dim.equals(dim));
  const same = first < 0 ? from.length : first;
  const crossed = crossedAxes(from.slice(same), to.slice(same)) ?? shiftedAxes(from.slice(same), to.slice(same));
  const { pairs, left } = crossed ?? alignAxes(from.slice(same).reverse(), to.slice(same).reverse(), true);
  const rest = pairUp(left);
  for (const found of [...pairs, ...rest]) {
    const pair = found.to.equals(1) ? besideOne(found, to, same, result) : found;
    const size = ctx.unify(pair.from, withOnes(pair, result), WHAT, pair.where);
    // Which axis a number stands for is a guess; that it is this number is not, unless it is on trial (has cells).
    const isCertain = pair.to.isNumber && pair.to.cells.size === 0;
    if (pair.single !== undefined && !isCertain) result[pair.single] = size;
  }
}

/**
 * Axes in front that the target has nothing for but a 1 on trial: [B, 32, 10, T] to [1, 320, T], traced at B = 1.
 *
 * @param same - how many sizes in front are the same on both sides
 */
function besideOne(pair: Pair, to: readonly Entry[], same: number, result: readonly (Dim | undefined)[]): Pair {
  if (pair.where.some(({ input }) => input === 1)) return pair;
  const begin = same === 0 ? 0 : (to[same - 1] as Entry).at + 1;
  const end = to[same]?.at ?? result.length;
  const at = result.findIndex((dim, i) => i >= begin && i < end && dim?.value === 1 && dim.cells.size > 0);
  if (at < 0) return pair;
  return { ...pair, to: result[at] as Dim, where: [...pair.where, { input: 1, axis: at }], single: at };
}

/**
 * The sizes of the target in a pair, and the ones on trial beside them: where several symbols meet one number, it may be
 * that all but one of them were 1 ([1, 18] for [B, T] traced at B = 1).
 */
function withOnes({ from, to, where }: Pair, result: readonly (Dim | undefined)[]): Dim {
  if (from.symbols().size < 2 || to.cells.size === 0) return to;
  let size = to;
  const axes = where.flatMap(({ input, axis }) => (input === 1 ? [axis] : []));
  for (const [end, step] of [
    [Math.min(...axes), -1],
    [Math.max(...axes), 1],
  ] as const) {
    for (let at = end + step; result[at]?.value === 1; at += step) {
      const one = result[at] as Dim;
      if (one.cells.size > 0) size = one.mul(size);
    }
  }
  return size;
}

/**
 * The target has a -1, which numbers beside it may or may not divide: [B, T, 8] to [-1, 144] means rows of T*8 at T = 18,
 * but [T] to [-1, 16] are chunks. The former is told by an axis that is left for the -1. Gives the -1 when all else fits.
 */
function alignRows(
  input: Shape,
  result: readonly (Dim | undefined)[],
  isCopied: readonly boolean[],
  wildcard: number,
  ctx: Unify,
): Dim | undefined {
  const after = entriesOf(result, isCopied)
    .filter(({ at }) => at > wildcard)
    .reverse();
  const before = entriesOf(result, isCopied).filter(({ at }) => at < wildcard);
  const tail = alignAxes(entriesOf(input, isCopied).reverse(), after, false);
  if (tail.left.to.length > 0) return undefined;
  const head = alignAxes([...tail.left.from].reverse(), before, false);
  if (head.left.to.length > 0) return undefined;
  const pairs = [...tail.pairs, ...head.pairs];
  const fits = pairs.every(({ isAssumed }) => isAssumed);
  if (!fits && (head.left.from.length === 0 || cutsWindows(input, result, wildcard, pairs))) return undefined;
  for (const { from, to, where } of pairs) ctx.unify(from, to, WHAT_ROWS, where);
  return fits ? totalOf(head.left.from) : undefined;
}

/**
 * Would each axis be one of the input's, and a number behind the -1 be one of its sizes? Nobody reshapes to the shape that
 * is there: [B, T, 8] to [-1, 4, 8] cuts windows of 4, unless something else says that T was 4.
 */
function cutsWindows(
  input: Shape,
  result: readonly (Dim | undefined)[],
  wildcard: number,
  pairs: readonly Pair[],
): boolean {
  if (input.length !== result.length) return false;
  return input.every((size, axis) => {
    const dim = result[axis];
    if (size === undefined || dim === undefined || dim.equals(size)) return true;
    return axis > wildcard && pairs.some(({ single, from }) => single === axis && from.equals(size));
  });
}
