import type { Value } from '../../model/value.js';
import type { Dim } from '../../symbolic/dim.js';
import type { DenseTensor } from '../../tensor/dense.js';
import { DataType } from '../../tensor/dtype.js';
import { indices, unsqueeze } from '../size.js';
import type { GeneratorContext } from './context.js';
import { type SinusoidTable, sideOf } from './sinusoid.js';

/**
 * Emits a sinusoidal table for the live size: Range, one Mul by the frequencies of the columns, Sin and Cos. Angles round
 * as in the constant; sines and cosines differ from it by what runtimes differ in, less than 1e-6.
 */
export function emitComputed({ axis, sinusoid }: SinusoidTable, context: GeneratorContext): Value {
  const { emitter, sizes, anchor, tensor, shape } = context;
  const { columns, frequencies, amplitude, positions, single } = sinusoid;
  const dtype = single ? DataType.FLOAT : DataType.DOUBLE;
  const widths = tensor.shape.slice(axis + 1);
  const row = <T extends number>(values: readonly T[], rowType: number): DenseTensor => {
    const data =
      rowType === DataType.BOOL
        ? Uint8Array.from(values)
        : rowType === DataType.FLOAT
          ? Float32Array.from(values)
          : Float64Array.from(values);
    return { dtype: rowType, shape: widths, data };
  };
  const node = (opType: string, inputs: Value[], to?: number) =>
    emitter.node(
      { opType, inputs, ...(to === undefined ? {} : { attributes: { to: { int: to } } }), hint: 'positions' },
      anchor,
    );
  // Sinusoids of positions that are counted from the other end, or from the middle, start where the size says.
  const size = shape[axis] as Dim;
  const rows = indices(emitter, sizes, size, anchor);
  const side = sideOf(tensor.shape[axis] as number, positions.step, positions.start);
  let position = rows;
  if (side === 'front') {
    if (positions.start !== 0) position = node('Add', [rows, emitter.int64(positions.start, 'start', anchor)]);
  } else {
    const last = side === 'back' ? size.sub(1) : size.sub(1).floorDiv(2);
    const start = sizes.scalar(last, anchor);
    position = positions.step === -1 ? node('Sub', [start, rows]) : node('Sub', [rows, start]);
  }
  const behind = Array.from({ length: widths.length }, (_, i) => i + 1);
  const column = unsqueeze(emitter, node('Cast', [position], dtype), behind, anchor);
  const rates = columns.map(({ index }) => frequencies[index] as number);
  const angles = node('Mul', [column, emitter.constant(row(rates, dtype), 'frequencies', anchor)]);
  const waves = new Set(columns.map(({ wave }) => wave));
  let table: Value;
  if (waves.size === 1) table = node(waves.has('sin') ? 'Sin' : 'Cos', [angles]);
  else {
    const isSine = emitter.constant(
      row(
        columns.map(({ wave }) => Number(wave === 'sin')),
        DataType.BOOL,
      ),
      'sines',
      anchor,
    );
    table = node('Where', [isSine, node('Sin', [angles]), node('Cos', [angles])]);
  }
  if (amplitude !== 1) {
    const data = single ? Float32Array.of(amplitude) : Float64Array.of(amplitude);
    table = node('Mul', [table, emitter.constant({ dtype, shape: [], data }, 'amplitude', anchor)]);
  }
  if (dtype !== tensor.dtype) table = node('Cast', [table], tensor.dtype);
  return unsqueeze(
    emitter,
    table,
    Array.from({ length: axis }, (_, i) => i),
    anchor,
  );
}
