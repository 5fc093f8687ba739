import type { Value } from '../../model/value.js';
import { roundToFloat } from '../../ops/lib/rounding.js';
import { stridesOf } from '../../ops/lib/shapes.js';
import type { Dim } from '../../symbolic/dim.js';
import type { DenseTensor } from '../../tensor/dense.js';
import { indices, unsqueeze } from '../size.js';
import type { GeneratorContext } from './context.js';
import { compile, type Expression } from './expression.js';
import { emitFormula } from './formula.js';

/**
 * A bias by relative position whose formula needs functions that runtimes round differently (Exp, Log): its values at the
 * traced size are kept in a table, and computed for all offsets that were not seen. `columnAxis` is `rowAxis + 1`.
 */
export interface RelativeCurve {
  readonly kind: 'relative-curve';
  readonly rowAxis: number;
  readonly columnAxis: number;
  /** Of the positions along both axes; depends on their difference alone. */
  readonly expression: Expression;
}

/** Emits Range, difference and one Gather from a table of all offsets below `maxLength`; or the formula itself. */
export function emitRelativeCurve(curve: RelativeCurve, context: GeneratorContext): Value {
  const { emitter, sizes, anchor, shape, computed } = context;
  const { rowAxis, columnAxis } = curve;
  if (computed) return emitFormula({ kind: 'formula', expression: curve.expression }, context);
  const { table, reach } = tableOf(curve, context);
  const rows = indices(emitter, sizes, shape[rowAxis] as Dim, anchor);
  const columns = indices(emitter, sizes, shape[columnAxis] as Dim, anchor);
  const shifted = emitter.node(
    { opType: 'Add', inputs: [columns, emitter.int64(reach, 'offset', anchor)], hint: 'columns' },
    anchor,
  );
  const inputs = [shifted, unsqueeze(emitter, rows, [1], anchor)];
  const index = emitter.node({ opType: 'Sub', inputs, hint: 'index' }, anchor);
  const attributes = { axis: { int: rowAxis } };
  const constant = emitter.constant(table, 'table', anchor);
  return emitter.node({ opType: 'Gather', inputs: [constant, index], attributes, hint: 'bias' }, anchor);
}

/** Values at offsets -reach .. reach, the ones of the constant bit for bit. */
function tableOf(curve: RelativeCurve, context: GeneratorContext): { table: DenseTensor; reach: number } {
  const { rowAxis, columnAxis, expression } = curve;
  const { tensor, maxLength } = context;
  const rows = tensor.shape[rowAxis] as number;
  const columns = tensor.shape[columnAxis] as number;
  const reach = Math.max(maxLength, rows, columns) - 1;
  const width = 2 * reach + 1;
  const outer = tensor.shape.slice(0, rowAxis);
  const inner = tensor.shape.slice(columnAxis + 1);
  const shape = [...outer, width, ...inner];
  const count = shape.reduce((product, size) => product * size, 1);
  const data = new (tensor.data.constructor as Float32ArrayConstructor)(count);
  const value = compile(expression, tensor.shape);
  const strides = stridesOf(tensor.shape);
  const at = new Array<number>(tensor.shape.length).fill(0);
  for (let k = 0; k < count; k++) {
    let rest = k;
    let offset = 0;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const size = shape[axis] as number;
      const position = rest % size;
      rest = (rest - position) / size;
      if (axis === rowAxis) offset = position - reach;
      else at[axis < rowAxis ? axis : axis + 1] = position;
    }
    at[rowAxis] = Math.max(0, -offset);
    at[columnAxis] = Math.max(0, offset);
    const isSeen = (at[rowAxis] as number) < rows && (at[columnAxis] as number) < columns;
    data[k] = isSeen
      ? Number(tensor.data[at.reduce((sum, position, axis) => sum + position * (strides[axis] as number), 0)])
      : roundToFloat(tensor.dtype, value(at));
  }
  return { table: { dtype: tensor.dtype, shape, data }, reach };
}
