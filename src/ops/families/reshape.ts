import { Dim } from '../../symbolic/dim.js';
import type { DenseTensor } from '../../tensor/dense.js';
import { elementCount } from '../../tensor/dense.js';
import { required } from '../lib/alloc.js';
import { ownData } from '../lib/elements.js';
import { axesOf, integerParameter, integersGiven, numberParameter, product, valid } from '../lib/known.js';
import { reshapeDims } from '../lib/reshape-dims.js';
import type { EvalContext, InferContext, OpDefinition, Shape } from '../types.js';
import { EvaluationError } from '../types.js';

const ONE = Dim.of(1);

/** The elements of input 0 in another shape. */
function setReshaped(ctx: InferContext, shape: Shape | undefined): void {
  ctx.setOutput(0, { kind: 'tensor', dtype: ctx.dtype(0), shape, content: ctx.content(0), fill: ctx.tensor(0)?.fill });
}

/** The elements of input 0 in another shape. */
function reshaped(ctx: EvalContext, shape: readonly number[]): DenseTensor[] {
  const x = required(ctx.inputs, 0);
  if (elementCount(shape) !== elementCount(x.shape)) {
    throw new EvaluationError(`[${x.shape}] cannot be reshaped to [${shape}]`);
  }
  return [{ dtype: x.dtype, shape, data: ownData(ctx, 0) }];
}

function reshapeShape(ctx: InferContext): Shape | undefined {
  const target = integerParameter(ctx, 'shape', 1);
  if (target === undefined || target === 'absent') {
    ctx.unknown('the target of Reshape is not known');
    return undefined;
  }
  const input = ctx.shape(0);
  const allowZero = ctx.attributes.int('allowzero', 0) !== 0;
  if (input !== undefined) return reshapeDims(input, target, allowZero, ctx);
  return target.map((dim) => (dim?.value === -1 || (dim?.isZero() && !allowZero) ? undefined : dim));
}

function evaluateReshape(ctx: EvalContext): DenseTensor[] {
  const x = required(ctx.inputs, 0);
  const target = [...valid(integersGiven(ctx, 'shape', 1), 'no target shape')];
  if (ctx.attributes.int('allowzero', 0) === 0) {
    target.forEach((size, i) => {
      if (size === 0) target[i] = valid(x.shape[i], `axis ${i} does not exist in [${x.shape}]`);
    });
  }
  const wildcard = target.indexOf(-1);
  if (wildcard >= 0) {
    target[wildcard] = 1;
    target[wildcard] = elementCount(x.shape) / elementCount(target);
  }
  if (!target.every((size) => Number.isInteger(size) && size >= 0)) {
    throw new EvaluationError(`[${x.shape}] cannot be reshaped to [${target}]`);
  }
  return reshaped(ctx, target);
}

function flattenShape(ctx: InferContext): Shape {
  const shape = ctx.shape(0);
  const axis = ctx.attributes.int('axis', 1);
  if (shape === undefined || axis > shape.length) return [undefined, undefined];
  const at = axis < 0 ? axis + shape.length : axis;
  return [product(shape.slice(0, at)), product(shape.slice(at))];
}

function evaluateFlatten(ctx: EvalContext): DenseTensor[] {
  const x = required(ctx.inputs, 0);
  const axis = ctx.attributes.int('axis', 1);
  const at = axis < 0 ? axis + x.shape.length : axis;
  return reshaped(ctx, [elementCount(x.shape.slice(0, at)), elementCount(x.shape.slice(at))]);
}

function squeezeShape(ctx: InferContext): Shape | undefined {
  const shape = ctx.shape(0);
  const axes = numberParameter(ctx, 'axes', 1);
  if (shape === undefined || axes === undefined) return undefined;
  if (axes === 'absent') {
    // An axis of unknown size may be 1 as well; a symbol is taken not to be.
    if (shape.every((dim) => dim !== undefined)) return shape.filter((dim) => dim?.value !== 1);
    ctx.unknown('which axes are 1 is not known');
    return undefined;
  }
  const dropped = axesOf(axes, shape.length);
  if (dropped === undefined) {
    ctx.unknown(`Squeeze of axes that do not exist: ${axes}`);
    return undefined;
  }
  for (const axis of dropped) ctx.unify(shape[axis], ONE, 'axis removed by Squeeze', [{ input: 0, axis }]);
  return shape.filter((_, axis) => !dropped.includes(axis));
}

function evaluateSqueeze(ctx: EvalContext): DenseTensor[] {
  const x = required(ctx.inputs, 0);
  const axes = integersGiven(ctx, 'axes', 1);
  const dropped = axes && valid(axesOf(axes, x.shape.length), `no axes ${axes} in [${x.shape}]`);
  return reshaped(
    ctx,
    x.shape.filter((size, axis) => (dropped ? !dropped.includes(axis) : size !== 1)),
  );
}

/** The sizes with ones put in, where the axes are counted in the result; undefined when they cannot be put there. */
function insertAxes<T>(sizes: readonly T[], axes: readonly number[], one: T): T[] | undefined {
  const rank = sizes.length + axes.length;
  const added = axesOf(axes, rank);
  if (added === undefined) return undefined;
  const result: T[] = [];
  let next = 0;
  for (let axis = 0; axis < rank; axis++) {
    if (added.includes(axis)) result.push(one);
    else if (next < sizes.length) result.push(sizes[next++] as T);
  }
  // Fewer when an axis was named twice.
  return result.length === rank && next === sizes.length ? result : undefined;
}

function unsqueezeShape(ctx: InferContext): Shape | undefined {
  const shape = ctx.shape(0);
  if (shape === undefined) return undefined;
  const axes = numberParameter(ctx, 'axes', 1);
  if (axes !== undefined && axes !== 'absent') return insertAxes(shape, axes, ONE);
  // How many there are may be known where the axes are not.
  const count = integerParameter(ctx, 'axes', 1);
  if (count === undefined || count === 'absent') return undefined;
  return new Array<undefined>(shape.length + count.length).fill(undefined);
}

function evaluateUnsqueeze(ctx: EvalContext): DenseTensor[] {
  const x = required(ctx.inputs, 0);
  const axes = valid(integersGiven(ctx, 'axes', 1), 'no axes');
  return reshaped(ctx, valid(insertAxes(x.shape, axes, 1), `cannot insert axes ${axes} in [${x.shape}]`));
}

/** Operators that leave the elements in their order and change the shape only. */
export const definitions: readonly OpDefinition[] = [
  { name: 'Reshape', infer: (ctx) => setReshaped(ctx, reshapeShape(ctx)), evaluate: evaluateReshape },
  { name: 'Flatten', infer: (ctx) => setReshaped(ctx, flattenShape(ctx)), evaluate: evaluateFlatten },
  { name: 'Squeeze', infer: (ctx) => setReshaped(ctx, squeezeShape(ctx)), evaluate: evaluateSqueeze },
  { name: 'Unsqueeze', infer: (ctx) => setReshaped(ctx, unsqueezeShape(ctx)), evaluate: evaluateUnsqueeze },
];
