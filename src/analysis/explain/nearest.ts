/** For a constant that no generator gives exactly: the one that comes nearest, and where it fails worst. */
import type { DenseTensor } from '../../tensor/dense.js';
import { DataType } from '../../tensor/dtype.js';
import { describeBand, findBand } from './band.js';
import { findCondition } from './condition.js';
import { bitMatrix } from './matrix.js';

/** A rule that was tried: what it says of the element at given positions. */
interface Rule {
  readonly name: string;
  readonly at: (position: readonly number[]) => number;
}

interface Misfit {
  readonly rule: Rule;
  readonly wrong: number;
  readonly worst: { readonly position: readonly number[]; readonly element: number; readonly expected: number };
}

/** Larger constants are not looked at element by element: weights have no rule. */
const MOST_ELEMENTS = 2 ** 22;

/**
 * Says which rule comes nearest and at which element it is worst: `nearest is causal, but [5, 9] is 1 and not 0 (1 of 144
 * elements differ)`. Undefined where nothing comes near: learned weights.
 */
export function describeNearest(tensor: DenseTensor, axes: readonly number[]): string | undefined {
  if (Array.isArray(tensor.data) || tensor.data.length > MOST_ELEMENTS || tensor.data.length === 0) return undefined;
  let best: Misfit | undefined;
  for (const rule of rulesOf(tensor, axes)) {
    const misfit = misfitOf(rule, tensor);
    if (best === undefined || misfit.wrong < best.wrong || (misfit.wrong === best.wrong && gap(misfit) < gap(best))) {
      best = misfit;
    }
  }
  if (best === undefined || best.wrong === 0) return undefined;
  const { rule, wrong, worst } = best;
  const count = tensor.data.length;
  const show = (x: number) =>
    tensor.dtype === DataType.BOOL ? (x === 1 ? 'True' : 'False') : `${Number(x.toPrecision(7))}`;
  const element = `[${worst.position.join(', ')}] is ${show(worst.element)} and not ${show(worst.expected)}`;
  return `nearest is ${rule.name}, but ${element} (${wrong} of ${count} elements differ)`;
}

function gap({ worst: { element, expected } }: Misfit): number {
  const difference = Math.abs(element - expected);
  return Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference;
}

function* rulesOf(tensor: DenseTensor, axes: readonly number[]): Iterable<Rule> {
  const [row, column] = axes;
  yield fill(tensor);
  if (row !== undefined && column === undefined) {
    yield* evenlySpaced(tensor, row);
    yield* sinusoids(tensor, row);
  }
  if (row === undefined || column === undefined) return;
  yield byOffset(tensor, row, column);
  yield* masks(tensor, row, column);
}

/** The element that is there most often. */
function fill(tensor: DenseTensor): Rule {
  const counts = new Map<number, number>();
  let [most, times] = [Number(tensor.data[0]), 0];
  for (let k = 0; k < tensor.data.length; k++) {
    const element = Number(tensor.data[k]);
    const count = (counts.get(element) ?? 0) + 1;
    counts.set(element, count);
    if (count > times) [most, times] = [element, count];
  }
  return { name: `all ${most}`, at: () => most };
}

function* evenlySpaced(tensor: DenseTensor, axis: number): Iterable<Rule> {
  const size = tensor.shape[axis] as number;
  if (size < 3) return;
  const inner = tensor.shape.slice(axis + 1).reduce((product, n) => product * n, 1);
  const first = Number(tensor.data[0]);
  const step = (Number(tensor.data[(size - 1) * inner]) - first) / (size - 1);
  if (!Number.isFinite(step) || step === 0) return;
  const name = `numbers in steps of ${Number(step.toPrecision(4))}`;
  yield { name, at: (position) => first + (position[axis] as number) * step };
}

/** The usual table of base 10000, in both layouts. */
function* sinusoids(tensor: DenseTensor, axis: number): Iterable<Rule> {
  const last = tensor.shape.length - 1;
  const columns = tensor.shape[last] as number;
  if (axis >= last || columns % 2 !== 0) return;
  for (const [layout, pair, isSine] of [
    ['interleaved', (c: number) => Math.floor(c / 2), (c: number) => c % 2 === 0],
    ['in halves', (c: number) => c % (columns / 2), (c: number) => c < columns / 2],
  ] as const) {
    yield {
      name: `sinusoidal positions of base 10000, ${layout}`,
      at: (position) => {
        const column = position[last] as number;
        const angle = (position[axis] as number) * 10000 ** ((-2 * pair(column)) / columns);
        return Math.fround(isSine(column) ? Math.sin(angle) : Math.cos(angle));
      },
    };
  }
}

/** For each offset the element that is there most often. */
function byOffset(tensor: DenseTensor, row: number, column: number): Rule {
  const rows = tensor.shape[row] as number;
  const votes = new Map<number, Map<number, number>>();
  forEach(tensor, (position, element) => {
    const offset = (position[column] as number) - (position[row] as number) + rows;
    const counts = votes.get(offset) ?? new Map<number, number>();
    votes.set(offset, counts);
    counts.set(element, (counts.get(element) ?? 0) + 1);
  });
  const winners = new Map([...votes].map(([offset, counts]) => [offset, majority(counts)]));
  return {
    name: 'a bias by relative position',
    at: (position) => winners.get((position[column] as number) - (position[row] as number) + rows) as number,
  };
}

function majority(counts: ReadonlyMap<number, number>): number {
  let [most, times] = [0, 0];
  for (const [element, count] of counts) if (count > times) [most, times] = [element, count];
  return most;
}

/** The mask that the majority at every offset makes. */
function* masks(tensor: DenseTensor, row: number, column: number): Iterable<Rule> {
  const matrix = bitMatrix(tensor, row, column);
  if (matrix === undefined) return;
  const { rows, columns, bits } = matrix;
  const ones = new Map<number, number>();
  for (let i = 0, k = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++, k++) ones.set(j - i, (ones.get(j - i) ?? 0) + (bits[k] === 1 ? 1 : -1));
  }
  const smooth = new Uint8Array(bits.length);
  for (let i = 0, k = 0; i < rows; i++)
    for (let j = 0; j < columns; j++, k++) smooth[k] = Number((ones.get(j - i) ?? 0) > 0);
  const cleaned = { ...matrix, bits: smooth };
  const band = findBand(cleaned);
  const name = band ? describeBand(band) : findCondition(cleaned, row, column)?.name;
  if (name === undefined) return;
  const at = (position: readonly number[]) =>
    smooth[(position[row] as number) * columns + (position[column] as number)];
  yield { name, at: (position) => Number(at(position) === 1 ? matrix.one : matrix.zero) };
}

function misfitOf(rule: Rule, tensor: DenseTensor): Misfit {
  let wrong = 0;
  let worst: Misfit['worst'] | undefined;
  forEach(tensor, (position, element) => {
    const expected = rule.at(position);
    if (expected === element || (Number.isNaN(expected) && Number.isNaN(element))) return;
    wrong++;
    const difference = Math.abs(element - expected);
    if (worst === undefined || !(difference <= Math.abs(worst.element - worst.expected))) {
      worst = { position: [...position], element, expected };
    }
  });
  return { rule, wrong, worst: worst ?? { position: [], element: 0, expected: 0 } };
}

function forEach(tensor: DenseTensor, visit: (position: readonly number[], element: number) => void): void {
  const { shape, data } = tensor;
  const at = new Array<number>(shape.length).fill(0);
  for (let k = 0; k < data.length; k++) {
    visit(at, Number(data[k]));
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      at[axis] = (at[axis] as number) + 1;
      if ((at[axis] as number) < (shape[axis] as number)) break;
      at[axis] = 0;
    }
  }
}
