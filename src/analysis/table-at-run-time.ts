/** Recognises tables of positions that a model computes from a size, by evaluating them at several lengths. */
import type { Value } from '../model/value.js';
import type { Shape } from '../ops/types.js';
import { type SinusoidTable, sideOf, sinusoidAt } from '../rewrite/generators/sinusoid.js';
import { Dim } from '../symbolic/dim.js';
import type { DenseTensor } from '../tensor/dense.js';
import { DataType } from '../tensor/dtype.js';
import { fitSinusoid } from './explain/sinusoid.js';
import type { SizeDriven } from './size-driven.js';
import { LONGEST, smallestWith } from './smallest-with.js';

/** A table of positions for the longest length, and the size that a shorter one has. */
export interface FixedTable {
  readonly tensor: DenseTensor;
  readonly generator: SinusoidTable;
  /** Rows at run time. */
  readonly size: Dim;
  /** The shape at run time. */
  readonly shape: readonly Dim[];
}

/** Where the shape is looked at. */
const [SHORT, LONG] = [29, 50];

/** Rows that the rule is found from; all others have to follow it, too. */
const FITTED = 512;

/** Lengths around numbers that the computation compares with are tried, so many of them. */
const MAX_NUMBERS = 16;

/**
 * The table behind a value that depends on one size; undefined when it is none, or when shorter ones are not parts of the
 * longest one: from its beginning, its end, or around its middle.
 *
 * @param known - the value's shape as far as it is inferred
 */
export function fixedTable(
  value: Value,
  driven: SizeDriven,
  known: Shape | undefined,
  maxLength: number,
): FixedTable | undefined {
  const [symbol, ...others] = driven.symbols(value) ?? [];
  if (symbol === undefined || others.length > 0) return undefined;
  const at = (length: number) => driven.at(value, new Map([[symbol, length]]));
  const [short, long] = [at(SHORT), at(LONG)];
  if (short === undefined || long === undefined || long.shape.length !== short.shape.length) return undefined;
  const axis = long.shape.findIndex((size, i) => size !== short.shape[i]);
  if (axis < 0 || long.shape.some((size, i) => (i < axis ? size !== 1 : i > axis && size !== short.shape[i]))) {
    return undefined;
  }
  const size = rowsOf(symbol, [short, long], axis, known?.[axis]);
  const rows = (length: number) => size?.evaluate({ [symbol]: length }) ?? Number.NaN;
  const lengthOf = (wanted: number) => smallestWith(rows, wanted);
  const fitted = at(lengthOf(FITTED) ?? LONG);
  const sinusoid = fitted && fitRows(fitted, axis);
  if (size === undefined || fitted === undefined || sinusoid === undefined) return undefined;
  const { step, start } = sinusoid.positions;
  const side = sideOf(fitted.shape[axis] as number, step, start);
  const longest = lengthOf(side === 'middle' ? 2 * maxLength - 1 : maxLength);
  const tensor = longest === undefined ? undefined : at(longest);
  if (longest === undefined || tensor === undefined || tensor.shape[axis] !== rows(longest)) return undefined;
  const last = (tensor.shape[axis] as number) - 1;
  const begin = side === 'front' ? start : side === 'back' ? last : (-step * last) / 2;
  const generator: SinusoidTable = {
    kind: 'sinusoid-table',
    axis,
    sinusoid: { ...sinusoid, positions: { step, start: begin } },
  };
  if (!follows(tensor, generator)) return undefined;
  const lengths = [1, 2, 3, SHORT, LONG, ...numbersIn(value, driven).flatMap((n) => [n - 1, n, n + 1])];
  for (const length of lengths) {
    if (length < 1 || length > longest || !(rows(length) >= 1)) continue;
    const part = at(length);
    if (part === undefined || part.shape[axis] !== rows(length) || !isPart(part, tensor, generator, side)) {
      return undefined;
    }
  }
  const shape = tensor.shape.map((n, i) => (i === axis ? size : Dim.of(n)));
  return { tensor, generator, size, shape };
}

/** The size along an axis, as inferred or else as a straight line through two lengths. */
function rowsOf(
  symbol: string,
  tensors: readonly [DenseTensor, DenseTensor],
  axis: number,
  known: Dim | undefined,
): Dim | undefined {
  const [short, long] = tensors.map(({ shape }) => shape[axis] as number) as [number, number];
  const fits = (dim: Dim) => dim.evaluate({ [symbol]: SHORT }) === short && dim.evaluate({ [symbol]: LONG }) === long;
  if (known !== undefined && fits(known)) return known;
  const slope = (long - short) / (LONG - SHORT);
  return Number.isInteger(slope) ? Dim.symbol(symbol).sub(SHORT).mul(slope).add(short) : undefined;
}

function fitRows({ dtype, shape, data }: DenseTensor, axis: number) {
  if (dtype !== DataType.FLOAT && dtype !== DataType.DOUBLE) return undefined;
  const rows = shape[axis] as number;
  return fitSinusoid({ rows, columns: data.length / rows, data: data as Float32Array });
}

/** How far angles computed in single precision may lead apart. */
function tolerance(angle: number, amplitude: number): number {
  return amplitude * (2 ** -22 * Math.abs(angle) + 2 ** -20);
}

/** Does every row of the table follow the rule that some of them gave? */
function follows({ shape, data }: DenseTensor, { axis, sinusoid }: SinusoidTable): boolean {
  const { columns, frequencies, positions, amplitude } = sinusoid;
  for (let row = 0; row < (shape[axis] as number); row++) {
    const position = positions.step * row + positions.start;
    for (const [column, { index }] of columns.entries()) {
      const error = Math.abs((data[row * columns.length + column] as number) - sinusoidAt(sinusoid, column, position));
      if (!(error <= tolerance(position * (frequencies[index] as number), amplitude))) return false;
    }
  }
  return true;
}

/** Are the rows those that are cut out of the table for so many? */
function isPart(
  part: DenseTensor,
  table: DenseTensor,
  { axis, sinusoid }: SinusoidTable,
  side: ReturnType<typeof sideOf>,
): boolean {
  const [rows, total] = [part.shape[axis] as number, table.shape[axis] as number];
  const columns = part.data.length / rows;
  const spare = total - rows;
  const first = side === 'front' ? 0 : side === 'back' ? spare : Math.floor(spare / 2);
  if (spare < 0 || columns !== table.data.length / total) return false;
  const [data, all] = [part.data as Float32Array, table.data as Float32Array];
  const allowed = tolerance(0, sinusoid.amplitude) * 4;
  return data.every((element, i) => Math.abs(element - (all[first * columns + i] as number)) <= allowed);
}

/** Single integers that take part in the computation: where branches change, if it has any. */
function numbersIn(value: Value, driven: SizeDriven): number[] {
  const numbers = new Set<number>();
  const seen = new Set<Value>([value]);
  for (const each of seen) {
    const sources = driven.sources(each) ?? [];
    for (const source of sources) seen.add(source);
    const tensor = each.initializer ?? each.producer?.attributes.get('value')?.asTensor();
    if (tensor?.dataType !== DataType.INT64 || tensor.dims.some((size) => size !== 1)) continue;
    const number = Number(tensor.dense().data[0]);
    if (number > 3 && number < LONGEST) numbers.add(number);
  }
  return [...numbers].sort((a, b) => a - b).slice(0, MAX_NUMBERS);
}
