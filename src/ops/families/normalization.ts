import { Dim } from '../../symbolic/dim.js';
import type { DenseTensor } from '../../tensor/dense.js';
import { elementCount } from '../../tensor/dense.js';
import { DataType } from '../../tensor/dtype.js';
import { allocateNumbers, numbers, required } from '../lib/alloc.js';
import { reducedShape } from '../lib/axes.js';
import { mapBinary, roundInPlace } from '../lib/elementwise.js';
import { momentsAt, standardize } from '../lib/moments.js';
import { groupsAlong, shapeWithout } from '../lib/reduce.js';
import { normalizeAxis } from '../lib/shapes.js';
import type { EvalContext, InferContext, OpDefinition, Shape } from '../types.js';
import { EvaluationError } from '../types.js';

const ONE = Dim.of(1);

/** The input's shape, after stating that the tensors of parameters broadcast to it. */
function shapeWithParameters(ctx: InferContext, parameters: readonly number[]): Shape | undefined {
  const shape = ctx.shape(0)?.slice();
  for (const input of parameters) {
    const own = ctx.shape(input);
    if (shape === undefined || own === undefined || own.length > shape.length) continue;
    own.forEach((dim, ownAxis) => {
      const axis = ownAxis + shape.length - own.length;
      if (dim === undefined || dim.value === 1) return;
      shape[axis] = ctx.unify(shape[axis], dim, `parameters of ${ctx.opType}`, [
        { input: 0, axis },
        { input, axis: ownAxis },
      ]);
    });
  }
  return shape;
}

function inferFromAxis(ctx: InferContext): void {
  const shape = shapeWithParameters(ctx, [1, 2]);
  ctx.setTensor(0, ctx.dtype(0), shape);
  const rank = shape?.length ?? 0;
  const first = ctx.attributes.int('axis', -1);
  const axes = axesFrom(first < 0 ? first + rank : first, rank);
  // There is no mean of no elements, and onnxruntime does not run it.
  for (const axis of axes) {
    if (shape?.[axis]?.isZero()) ctx.unify(shape[axis], ONE, `elements of ${ctx.opType}`, [{ input: 0, axis }]);
  }
  const statistics = shape && reducedShape(shape, axes, true);
  const stash = ctx.attributes.int('stash_type', DataType.FLOAT);
  for (const output of [1, 2]) if (ctx.hasOutput(output)) ctx.setTensor(output, stash, statistics);
}

function axesFrom(first: number, rank: number): number[] {
  return Array.from({ length: Math.max(0, rank - first) }, (_, i) => first + i);
}

/** `x * scale + bias`, with parameters that broadcast, rounded once to the type of the input. */
function scaled(opType: string, x: DenseTensor, wide: Float64Array, parameters: readonly (DenseTensor | undefined)[]) {
  let result: DenseTensor = { dtype: DataType.DOUBLE, shape: x.shape, data: wide };
  parameters.forEach((parameter, i) => {
    if (parameter === undefined) return;
    const operand = { dtype: DataType.DOUBLE, shape: parameter.shape, data: Float64Array.from(numbers(parameter)) };
    result = mapBinary(opType, result, operand, { float: i === 0 ? (a, b) => a * b : (a, b) => a + b });
  });
  if (String(result.shape) !== String(x.shape))
    throw new EvaluationError('the parameters do not broadcast to the input');
  return rounded(x.dtype, x.shape, numbers(result));
}

function rounded(dtype: number, shape: readonly number[], values: ArrayLike<number>): DenseTensor {
  const data = allocateNumbers(dtype, values.length);
  data.set(values);
  roundInPlace(data, dtype);
  return { dtype, shape, data };
}

function layerNormalization(ctx: EvalContext): DenseTensor[] {
  const x = required(ctx.inputs, 0);
  const axes = axesFrom(normalizeAxis(ctx.attributes.int('axis', -1), x.shape.length), x.shape.length);
  const epsilon = ctx.attributes.float('epsilon', Math.fround(1e-5));
  const groups = groupsAlong(x.shape, axes);
  const data = numbers(x);
  const means = new Float64Array(groups.bases.length);
  const factors = new Float64Array(groups.bases.length);
  const wide = standardize(data, groups, (base, group) => {
    const { mean, variance } = momentsAt(data, base, groups.offsets);
    means[group] = mean;
    factors[group] = 1 / Math.sqrt(variance + epsilon);
    return { mean, factor: factors[group] as number };
  });
  const stash = ctx.attributes.int('stash_type', DataType.FLOAT);
  const statistics = shapeWithout(x.shape, axes, true);
  return [
    scaled('LayerNormalization', x, wide, [required(ctx.inputs, 1), ctx.inputs[2]]),
    rounded(stash, statistics, means),
    rounded(stash, statistics, factors),
  ];
}

function rmsNormalization(ctx: EvalContext): DenseTensor {
  const x = required(ctx.inputs, 0);
  const axes = axesFrom(normalizeAxis(ctx.attributes.int('axis', -1), x.shape.length), x.shape.length);
  const epsilon = ctx.attributes.float('epsilon', Math.fround(1e-5));
  const groups = groupsAlong(x.shape, axes);
  const data = numbers(x);
  const wide = standardize(data, groups, (base) => {
    const { mean, variance } = momentsAt(data, base, groups.offsets);
    return { mean: 0, factor: 1 / Math.sqrt(variance + mean * mean + epsilon) };
  });
  return scaled('RMSNormalization', x, wide, [required(ctx.inputs, 1)]);
}

/** Each group of channels is standardized; scale and bias belong to channels (to groups before opset 21). */
function groupNormalization(ctx: EvalContext): DenseTensor {
  const x = required(ctx.inputs, 0);
  const [batch, channels] = x.shape;
  const count = ctx.attributes.int('num_groups', 0);
  if (batch === undefined || channels === undefined || count < 1 || channels % count !== 0) {
    throw new EvaluationError(`[${x.shape}] has no ${count} groups of channels`);
  }
  const epsilon = ctx.attributes.float('epsilon', Math.fround(1e-5));
  const data = numbers(x);
  const groups = groupsAlong([batch * count, data.length / (batch * count)], [1]);
  const wide = standardize(data, groups, (base) => {
    const { mean, variance } = momentsAt(data, base, groups.offsets);
    return { mean, factor: 1 / Math.sqrt(variance + epsilon) };
  });
  const parameter = (i: number): DenseTensor => {
    const own = required(ctx.inputs, i);
    const values = numbers(own);
    const repeat = values.length === channels ? 1 : channels / count;
    const spread = Float64Array.from({ length: channels }, (_, c) => values[Math.floor(c / repeat)] as number);
    const shape = [channels, ...x.shape.slice(2).map(() => 1)];
    return { dtype: DataType.DOUBLE, shape, data: spread };
  };
  return scaled('GroupNormalization', x, wide, [parameter(1), parameter(2)]);
}

function inferGroupNormalization(ctx: InferContext): void {
  const shape = ctx.shape(0)?.slice();
  if (shape !== undefined && shape.length > 1 && ctx.opset >= 21) {
    for (const input of [1, 2]) {
      shape[1] = ctx.unify(shape[1], ctx.shape(input)?.[0], 'channels of GroupNormalization', [
        { input: 0, axis: 1 },
        { input, axis: 0 },
      ]);
    }
  }
  ctx.setTensor(0, ctx.dtype(0), shape);
}

/** Zero mean and unit variance along axes (default: all but the channels). */
function meanVarianceNormalization(ctx: EvalContext): DenseTensor {
  const x = required(ctx.inputs, 0);
  const axes = (ctx.attributes.ints('axes') ?? [0, 2, 3]).map((axis) => normalizeAxis(axis, x.shape.length));
  const groups = groupsAlong(x.shape, axes);
  const data = numbers(x);
  const wide = standardize(data, groups, (base) => {
    const { mean, variance } = momentsAt(data, base, groups.offsets);
    return { mean, factor: 1 / (Math.sqrt(variance) + 1e-9) };
  });
  return rounded(x.dtype, x.shape, wide);
}

/** Divides each line along an axis by its L1 or L2 norm; a norm of 0 leaves zeros. */
function lpNormalization(ctx: EvalContext): DenseTensor {
  const x = required(ctx.inputs, 0);
  const p = ctx.attributes.int('p', 2);
  const groups = groupsAlong(x.shape, [normalizeAxis(ctx.attributes.int('axis', -1), x.shape.length)]);
  const data = numbers(x);
  const wide = standardize(data, groups, (base) => {
    let norm = 0;
    for (const offset of groups.offsets) {
      const element = data[base + offset] as number;
      norm += p === 1 ? Math.abs(element) : element * element;
    }
    if (p !== 1) norm = Math.sqrt(norm);
    return { mean: 0, factor: norm === 0 ? 0 : 1 / norm };
  });
  return rounded(x.dtype, x.shape, wide);
}

function inferSame(ctx: InferContext): void {
  ctx.setTensor(0, ctx.dtype(0), ctx.shape(0));
}

function dropout(ctx: EvalContext): DenseTensor[] {
  const x = required(ctx.inputs, 0);
  const ratio = ctx.opset < 12 ? 0 : Number(ctx.inputs[1]?.data[0] ?? 0.5);
  const training = ctx.opset < 7 ? ctx.attributes.int('is_test', 0) === 0 : Number(ctx.inputs[2]?.data[0] ?? 0) !== 0;
  if (training && (ratio > 0 || ctx.opset < 7)) throw new EvaluationError('Dropout in training is random');
  const maskType = ctx.opset < 10 ? x.dtype : DataType.BOOL;
  const data = allocateNumbers(maskType, elementCount(x.shape)).fill(1);
  return [x, { dtype: maskType, shape: x.shape, data }];
}

function inferDropout(ctx: InferContext): void {
  ctx.setTensor(0, ctx.dtype(0), ctx.shape(0));
  if (ctx.hasOutput(1)) ctx.setTensor(1, ctx.opset < 10 ? ctx.dtype(0) : DataType.BOOL, ctx.shape(0));
}

/** Normalizations over axes of one sample, and Dropout. */
export const definitions: readonly OpDefinition[] = [
  { name: 'LayerNormalization', infer: inferFromAxis, evaluate: layerNormalization },
  { name: 'RMSNormalization', infer: inferFromAxis, evaluate: (ctx) => [rmsNormalization(ctx)] },
  { name: 'GroupNormalization', infer: inferGroupNormalization, evaluate: (ctx) => [groupNormalization(ctx)] },
  { name: 'MeanVarianceNormalization', infer: inferSame, evaluate: (ctx) => [meanVarianceNormalization(ctx)] },
  { name: 'LpNormalization', infer: inferSame, evaluate: (ctx) => [lpNormalization(ctx)] },
  { name: 'Dropout', infer: inferDropout, evaluate: dropout },
];
