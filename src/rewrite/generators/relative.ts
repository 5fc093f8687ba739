import type { Node } from '../../model/node.js';
import type { Value } from '../../model/value.js';
import type { Dim } from '../../symbolic/dim.js';
import type { DenseTensor } from '../../tensor/dense.js';
import type { Emitter } from '../emitter.js';
import { indices, opsetOf, unsqueeze } from '../size.js';
import type { GeneratorContext } from './context.js';

/**
 * A bias by relative position: element (..., i, j, ...) depends on `j - i` alone, and stays what it is beyond both ends:
 * `table[..., clamp(j - i, low, high) - low, ...]`. Clipped relative positions (Shaw et al. 2018), bucketed ones (Raffel
 * et al. 2020) after their Gather, and any mask of more than two values come out as this. `columnAxis` is `rowAxis + 1`.
 */
export interface RelativeTable {
  readonly kind: 'relative-table';
  readonly rowAxis: number;
  readonly columnAxis: number;
  readonly low: number;
  readonly high: number;
  /** The constant's shape with the row axis removed and `high - low + 1` at the place of the column axis. */
  readonly table: DenseTensor;
}

/**
 * A bias that grows with the distance: `slope * |j - i|` or `slope * (j - i)`, the slope depending on the other axes only
 * (ALiBi: Press et al. 2022), rounded to the constant's type once. `columnAxis` is `rowAxis + 1`.
 */
export interface RelativeSlope {
  readonly kind: 'relative-slope';
  readonly rowAxis: number;
  readonly columnAxis: number;
  readonly absolute: boolean;
  /** The constant's shape with 1 at both position axes. */
  readonly slopes: DenseTensor;
}

/** Emits Range, difference, clamp and one Gather from the table. Has the constant's rank. */
export function emitRelativeTable(bias: RelativeTable, context: GeneratorContext): Value {
  const { emitter, anchor } = context;
  const offsets = differences(context, bias.rowAxis, bias.columnAxis);
  const clamped = clamp(emitter, offsets, bias.low, bias.high, anchor);
  const low = emitter.int64(bias.low, 'low', anchor);
  const index = emitter.node({ opType: 'Sub', inputs: [clamped, low], hint: 'index' }, anchor);
  const inputs = [emitter.constant(bias.table, 'table', anchor), index];
  return emitter.node({ opType: 'Gather', inputs, attributes: { axis: { int: bias.rowAxis } }, hint: 'bias' }, anchor);
}

/** Emits Range, difference, Abs, Cast and one Mul. Has the constant's rank. */
export function emitRelativeSlope(bias: RelativeSlope, context: GeneratorContext): Value {
  const { emitter, anchor, tensor, shape } = context;
  const offsets = differences(context, bias.rowAxis, bias.columnAxis);
  const distance = bias.absolute
    ? emitter.node({ opType: 'Abs', inputs: [offsets], hint: 'distance' }, anchor)
    : offsets;
  const attributes = { to: { int: tensor.dtype } };
  const cast = emitter.node({ opType: 'Cast', inputs: [distance], attributes, hint: 'distance' }, anchor);
  const behind = shape.length - 1 - bias.columnAxis;
  const lifted = unsqueeze(
    emitter,
    cast,
    Array.from({ length: behind }, (_, i) => 2 + i),
    anchor,
  );
  const inputs = [lifted, emitter.constant(bias.slopes, 'slopes', anchor)];
  return emitter.node({ opType: 'Mul', inputs, hint: 'bias' }, anchor);
}

/** `j - i` as an int64 matrix. */
function differences({ emitter, sizes, anchor, shape }: GeneratorContext, rowAxis: number, columnAxis: number): Value {
  const rows = indices(emitter, sizes, shape[rowAxis] as Dim, anchor);
  const columns = indices(emitter, sizes, shape[columnAxis] as Dim, anchor);
  const inputs = [columns, unsqueeze(emitter, rows, [1], anchor)];
  return emitter.node({ opType: 'Sub', inputs, hint: 'offsets' }, anchor);
}

function clamp(emitter: Emitter, value: Value, low: number, high: number, anchor: Node): Value {
  const bounds = [emitter.int64(low, 'low', anchor), emitter.int64(high, 'high', anchor)] as const;
  if (opsetOf(anchor) >= 12) {
    return emitter.node({ opType: 'Clip', inputs: [value, ...bounds], hint: 'clamped' }, anchor);
  }
  // Clip, Min and Max take integers from opset 12 on.
  const pick = (comparison: string, current: Value, bound: Value) => {
    const beyond = emitter.node({ opType: comparison, inputs: [current, bound], hint: 'beyond' }, anchor);
    return emitter.node({ opType: 'Where', inputs: [beyond, bound, current], hint: 'clamped' }, anchor);
  };
  return pick('Greater', pick('Less', value, bounds[0]), bounds[1]);
}
