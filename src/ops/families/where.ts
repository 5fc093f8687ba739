import { Dim } from '../../symbolic/dim.js';
import type { DenseTensor } from '../../tensor/dense.js';
import { elementCount } from '../../tensor/dense.js';
import { dataTypeName } from '../../tensor/dtype.js';
import { allocate, isComplex, numbers, required } from '../lib/alloc.js';
import { broadcastContent, type Known } from '../lib/content.js';
import { broadcastShapes, broadcastStrides, forEachRun } from '../lib/shapes.js';
import type { InferContext, OpDefinition } from '../types.js';
import { EvaluationError } from '../types.js';

/** The chosen element; where the condition is open, both must be the same, or be decided by their values. */
function choose(condition: Known, x: Known, y: Known): Known {
  const chosen = condition instanceof Dim ? condition.value : undefined;
  if (chosen !== undefined) return chosen !== 0 ? x : y;
  return x instanceof Dim && y instanceof Dim && x.equals(y) ? x : undefined;
}

function infer(ctx: InferContext): void {
  const shape = ctx.broadcast([0, 1, 2]);
  const content = broadcastContent(ctx, [0, 1, 2], shape, ([condition, x, y]) => choose(condition, x, y));
  ctx.setTensor(0, ctx.dtype(1) ?? ctx.dtype(2), shape, content);
}

function select(condition: DenseTensor, x: DenseTensor, y: DenseTensor): DenseTensor {
  const { dtype } = x;
  if (y.dtype !== dtype) throw new EvaluationError(`Where of ${dataTypeName(dtype)} and ${dataTypeName(y.dtype)}`);
  if (isComplex(dtype)) throw new EvaluationError('Where is not defined for complex numbers here');
  const shape = broadcastShapes([condition.shape, x.shape, y.shape]);
  const count = elementCount(shape);
  const data = Array.isArray(x.data) ? new Array<string>(count).fill('') : allocate(dtype, count);
  // One loop for all storages: both operands and the target hold the same kind of element.
  const target = data as unknown as unknown[];
  const left = x.data as unknown as readonly unknown[];
  const right = y.data as unknown as readonly unknown[];
  const flags = numbers(condition);
  const strides = [condition, x, y].map((operand) => broadcastStrides(operand.shape, shape));
  forEachRun(shape, strides, (start, length, [c = 0, i = 0, j = 0], [stepC = 0, stepX = 0, stepY = 0]) => {
    for (let k = 0; k < length; k++) {
      target[start + k] = flags[c + k * stepC] ? left[i + k * stepX] : right[j + k * stepY];
    }
  });
  return { dtype, shape, data };
}

/** Selection by a condition. */
export const definitions: readonly OpDefinition[] = [
  {
    name: 'Where',
    infer,
    evaluate: ({ inputs }) => [select(required(inputs, 0), required(inputs, 1), required(inputs, 2))],
  },
];
