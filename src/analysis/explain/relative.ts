import { stridesOf } from '../../ops/lib/shapes.js';
import type { Element } from '../../rewrite/generators/context.js';
import type { RelativeSlope, RelativeTable } from '../../rewrite/generators/relative.js';
import type { DenseTensor } from '../../tensor/dense.js';
import { DataType } from '../../tensor/dtype.js';
import { elementAt } from './matrix.js';

/** Elements by relative position: one list per index of the other axes; undefined when they depend on more than that. */
export interface ByOffset {
  /** Offset of the first entry of every list: `1 - rows`. */
  readonly first: number;
  readonly lists: Element[][];
  /** Sizes of the other axes, in order. */
  readonly outer: number[];
}

/** Explains a constant whose elements depend on `j - i` and the other axes only. Needs adjacent axes, rows first. */
export function findRelative(
  tensor: DenseTensor,
  rowAxis: number,
  columnAxis: number,
): RelativeTable | RelativeSlope | undefined {
  const offsets = byOffset(tensor, rowAxis, columnAxis);
  if (offsets === undefined) return undefined;
  return slopeOf(tensor, offsets, rowAxis, columnAxis) ?? tableOf(tensor, offsets, rowAxis, columnAxis);
}

/** Reads a constant whose row and column axes are adjacent, rows first; undefined where it depends on more than `j - i`. */
export function byOffset(tensor: DenseTensor, rowAxis: number, columnAxis: number): ByOffset | undefined {
  if (columnAxis !== rowAxis + 1) return undefined;
  const { shape } = tensor;
  const rows = shape[rowAxis] as number;
  const columns = shape[columnAxis] as number;
  if (rows < 3 || columns < 3) return undefined;
  const inner = stridesOf(shape)[columnAxis] as number;
  const outerCount = tensor.data.length / (rows * columns * inner);
  const first = 1 - rows;
  const lists: Element[][] = [];
  for (let outer = 0; outer < outerCount; outer++) {
    for (let k = 0; k < inner; k++) {
      const list = new Array<Element>(rows + columns - 1);
      const seen = new Uint8Array(rows + columns - 1);
      for (let i = 0; i < rows; i++) {
        for (let j = 0; j < columns; j++) {
          const element = elementAt(tensor, ((outer * rows + i) * columns + j) * inner + k);
          const at = j - i - first;
          if (seen[at] === 0) {
            seen[at] = 1;
            list[at] = element;
          } else if (!Object.is(list[at], element)) return undefined;
        }
      }
      lists.push(list);
    }
  }
  return { first, lists, outer: shape.filter((_, axis) => axis !== rowAxis && axis !== columnAxis) };
}

function slopeOf(
  tensor: DenseTensor,
  { first, lists }: ByOffset,
  rowAxis: number,
  columnAxis: number,
): RelativeSlope | undefined {
  // One rounding is exact in single precision only: half floats would be multiplied in it and rounded again.
  if (tensor.dtype !== DataType.FLOAT) return undefined;
  const round = Math.fround;
  const slopes = lists.map((list) => list[1 - first] as number);
  for (const absolute of [true, false]) {
    const fits = lists.every((list, k) =>
      list.every((element, at) => {
        const distance = absolute ? Math.abs(first + at) : first + at;
        return round((slopes[k] as number) * distance) + 0 === (element as number) + 0;
      }),
    );
    if (!fits || slopes.every((slope) => slope === 0)) continue;
    const shape = tensor.shape.map((size, axis) => (axis === rowAxis || axis === columnAxis ? 1 : size));
    const data = (tensor.data as Float32Array).slice(0, slopes.length);
    data.set(slopes);
    return { kind: 'relative-slope', rowAxis, columnAxis, absolute, slopes: { dtype: tensor.dtype, shape, data } };
  }
  return undefined;
}

/**
 * Is the tail of these places, from distance 0 on, what was there before in stretches that got longer? Keys at powers of two
 * leave gaps of 1, 3 and 7: a tail no longer than the next one is nothing but a gap.
 */
function goesOn(places: readonly number[], sameAt: (a: number, b: number) => boolean): boolean {
  const end = places.at(-1) as number;
  const stretches: number[] = [];
  for (const [i, place] of places.entries()) {
    if (!sameAt(place, end)) continue;
    if (i > 0 && sameAt(places[i - 1] as number, end)) stretches.push((stretches.pop() ?? 0) + 1);
    else stretches.push(1);
  }
  const tail = stretches.pop() ?? 0;
  const [previous = 0, last = 0] = stretches.slice(-2);
  return stretches.length > 1 && last > previous && tail <= 2 * last + 1;
}

function tableOf(
  tensor: DenseTensor,
  { first, lists }: ByOffset,
  rowAxis: number,
  columnAxis: number,
): RelativeTable | undefined {
  const length = lists[0]?.length ?? 0;
  const sameAt = (a: number, b: number) => lists.every((list) => Object.is(list[a], list[b]));
  let low = 0;
  while (low + 1 < length && sameAt(low + 1, 0)) low++;
  let high = length - 1;
  while (high > low && sameAt(high - 1, length - 1)) high--;
  if (high <= low) return undefined;
  // A function that only happens to pause at its end would go on: the constant tail must be longer than any pause before.
  const runs = [low + 1, length - high];
  let longest = 0;
  for (let start = low + 1; start < high; ) {
    let end = start + 1;
    while (end < high && sameAt(end, start)) end++;
    longest = Math.max(longest, end - start);
    start = end;
  }
  if (runs.some((run) => run < 2 || run < 1.25 * longest)) return undefined;
  const places = Array.from({ length }, (_, at) => at);
  if (goesOn(places.slice(0, 1 - first).reverse(), sameAt) || goesOn(places.slice(-first), sameAt)) return undefined;
  const width = high - low + 1;
  const shape = tensor.shape.filter((_, axis) => axis !== rowAxis).map((size, i) => (i === rowAxis ? width : size));
  const inner = stridesOf(tensor.shape)[columnAxis] as number;
  const data = tensor.data.slice(0, width * lists.length) as DenseTensor['data'];
  lists.forEach((list, k) => {
    const outer = Math.floor(k / inner);
    for (let w = 0; w < width; w++) {
      (data as Element[])[(outer * width + w) * inner + (k % inner)] = list[low + w] as Element;
    }
  });
  const table = { dtype: tensor.dtype, shape, data };
  return { kind: 'relative-table', rowAxis, columnAxis, low: first + low, high: first + high, table };
}
