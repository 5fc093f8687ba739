import { roundToFloat } from '../../ops/lib/rounding.js';
import { compile, type Expression } from '../../rewrite/generators/expression.js';
import type { DenseTensor } from '../../tensor/dense.js';
import { isFloat } from '../../tensor/dtype.js';

/** Does the expression give every element of the tensor? Zeros of both signs count as one. */
export function reproduces(expression: Expression, tensor: DenseTensor): boolean {
  const { shape, data, dtype } = tensor;
  const value = compile(expression, shape);
  const round = isFloat(dtype) ? (x: number) => roundToFloat(dtype, x) : (x: number) => x;
  const at = new Array<number>(shape.length).fill(0);
  for (let k = 0; k < data.length; k++) {
    const expected = round(value(at)) + 0;
    const element = Number(data[k]) + 0;
    if (expected !== element && !(Number.isNaN(expected) && Number.isNaN(element))) return false;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      at[axis] = (at[axis] as number) + 1;
      if ((at[axis] as number) < (shape[axis] as number)) break;
      at[axis] = 0;
    }
  }
  return true;
}
