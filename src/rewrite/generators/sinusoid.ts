import type { Value } from '../../model/value.js';
import { roundToFloat } from '../../ops/lib/rounding.js';
import type { Dim } from '../../symbolic/dim.js';
import type { DenseData, DenseTensor } from '../../tensor/dense.js';
import { indices, opsetOf, slice } from '../size.js';
import type { GeneratorContext } from './context.js';

/** How row numbers become positions: `step * row + start`. Relative tables count down from the middle. */
export interface Positions {
  readonly step: 1 | -1;
  readonly start: number;
}

/** One column: `amplitude * sin(frequencies[index] * position)`, or the cosine. */
export interface SinusoidColumn {
  readonly wave: 'sin' | 'cos';
  /** Index of the frequency in {@link Sinusoid.frequencies}. */
  readonly index: number;
}

/** A table of sines and cosines of `frequency * position`. */
export interface Sinusoid {
  readonly columns: readonly SinusoidColumn[];
  /** Radians per position, in the order in which the columns use them. */
  readonly frequencies: readonly number[];
  /** Ratio of the first to the (extrapolated) last frequency: 10000 in nearly all models. */
  readonly base: number;
  readonly amplitude: number;
  /** Do the frequencies form a geometric series? Scaled rotary tables have frequencies of their own. */
  readonly isSeries: boolean;
  readonly positions: Positions;
  /** Were angles computed in single precision, as PyTorch does? */
  readonly single: boolean;
  /** Largest difference to the table. */
  readonly error: number;
}

/** A constant that is a {@link Sinusoid}: rows along one axis, columns along all later ones together. */
export interface SinusoidTable {
  readonly kind: 'sinusoid-table';
  readonly axis: number;
  readonly sinusoid: Sinusoid;
}

/** Value of a fitted table at a position; not rounded to the table's type. */
export function sinusoidAt(sinusoid: Sinusoid, column: number, position: number): number {
  const { wave, index } = sinusoid.columns[column] as SinusoidColumn;
  const frequency = sinusoid.frequencies[index] as number;
  const angle = sinusoid.single ? Math.fround(position * frequency) : position * frequency;
  return sinusoid.amplitude * (wave === 'sin' ? Math.sin(angle) : Math.cos(angle));
}

/** Emits a table of `front` more rows before and `back` more after the constant's own, once for all constants alike. */
export function emitTable(
  generator: SinusoidTable,
  tensor: DenseTensor,
  front: number,
  back: number,
  { emitter, anchor }: Pick<GeneratorContext, 'emitter' | 'anchor'>,
): Value {
  const how = JSON.stringify([generator, front, back]);
  const extend = () => extendTable(generator, tensor, front, back);
  return emitter.constantOf(tensor, how, extend, 'positions_table', anchor);
}

/** The constant's own rows stay bit for bit. */
function extendTable({ axis, sinusoid }: SinusoidTable, tensor: DenseTensor, front: number, back: number): DenseTensor {
  const rows = tensor.shape[axis] as number;
  const columns = sinusoid.columns.length;
  const all = rows + front + back;
  const data = new (tensor.data.constructor as Float32ArrayConstructor)(all * columns);
  data.set(tensor.data as Float32Array, front * columns);
  const { step, start } = sinusoid.positions;
  for (let row = -front; row < rows + back; row++) {
    if (row >= 0 && row < rows) continue;
    for (let column = 0; column < columns; column++) {
      data[(row + front) * columns + column] = roundToFloat(
        tensor.dtype,
        sinusoidAt(sinusoid, column, step * row + start),
      );
    }
  }
  const shape = tensor.shape.map((size, i) => (i === axis ? all : size));
  return { dtype: tensor.dtype, shape, data: data as DenseData };
}

/**
 * Emits a table that is long enough for `maxLength` positions, and the Slice of it that the live size needs: from the
 * front, from the back (tables that count down to 0), or around the middle (relative positions of both signs).
 */
export function emitSinusoid(generator: SinusoidTable, context: GeneratorContext): Value {
  const { emitter, sizes, anchor, tensor, shape, maxLength } = context;
  const { axis, sinusoid } = generator;
  const rows = tensor.shape[axis] as number;
  const size = shape[axis] as Dim;
  const { step, start } = sinusoid.positions;
  const side = sideOf(rows, step, start);
  const missing = side === 'middle' ? Math.max(0, maxLength - (rows + 1) / 2) : Math.max(0, maxLength - rows);
  const [front, back] = [side === 'front' ? 0 : missing, side === 'back' ? 0 : missing];
  const total = rows + front + back;
  const constant = emitTable(generator, tensor, front, back, context);
  // Rows that stay: [first, first + size).
  const first = side === 'front' ? size.sub(size) : side === 'back' ? size.neg().add(total) : middleStart(size, total);
  if (opsetOf(anchor) < 10) {
    const from = indices(emitter, sizes, size, anchor);
    const inputs = [from, sizes.scalar(first, anchor)];
    const index = first.isZero() ? from : emitter.node({ opType: 'Add', inputs, hint: 'rows' }, anchor);
    const attributes = { axis: { int: axis } };
    return emitter.node({ opType: 'Gather', inputs: [constant, index], attributes, hint: 'positions' }, anchor);
  }
  // A negative start would count from the end: sizes that the table does not serve had better fail.
  const from = sizes.vector(opsetOf(anchor) >= 12 ? first.max(0) : first, anchor);
  const to = sizes.vector(first.add(size), anchor);
  return slice(emitter, constant, axis, from, to, anchor, 'positions');
}

/** Which end of a sinusoidal table is fixed when it grows: position 0's, or the middle. */
export function sideOf(rows: number, step: 1 | -1, start: number): 'front' | 'back' | 'middle' {
  if (step === 1 && start >= 0) return 'front';
  if (step === -1 && start === rows - 1) return 'back';
  return 'middle';
}

/** Half of the rows lie before the middle one: `(total - 1) / 2 - (size - 1) / 2`. */
function middleStart(size: Dim, total: number): Dim {
  return size.neg().add(total).floorDiv(2);
}
