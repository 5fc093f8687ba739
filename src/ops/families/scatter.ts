import { Dim } from '../../symbolic/dim.js';
import { type Scalar, scalarAdd, scalarMax, scalarMin, scalarMul } from '../../symbolic/scalar.js';
import type { DenseTensor } from '../../tensor/dense.js';
import { elementCount } from '../../tensor/dense.js';
import { DataType, isFloat } from '../../tensor/dtype.js';
import { integers, isBig, required } from '../lib/alloc.js';
import { concreteShape, storedScalar } from '../lib/content.js';
import { type Content, copyRun, elementsOf, ownData } from '../lib/elements.js';
import {
  elementPositions,
  type Indices,
  indicesOfContent,
  indicesOfTensor,
  type Positions,
  vectorPositions,
} from '../lib/index-positions.js';
import { axisOf, valid } from '../lib/known.js';
import { storageRounder } from '../lib/rounding.js';
import type { Attributes, EvalContext, InferContext, OpDefinition, Shape } from '../types.js';
import { CONTENT_LIMIT, EvaluationError } from '../types.js';

/** Where an operator writes the updates, in blocks of how many elements. */
interface Writes {
  readonly positions: Positions;
  readonly block: number;
}

type WritesOf = (sizes: readonly number[], indices: Indices, indexShape: readonly number[]) => Writes;

const REDUCTIONS = ['none', 'add', 'mul', 'min', 'max'] as const;
type Reduction = (typeof REDUCTIONS)[number];

function reductionOf(attributes: Attributes): Reduction {
  const name = attributes.string('reduction', 'none');
  return valid(
    REDUCTIONS.find((reduction) => reduction === name),
    `there is no reduction ${name}`,
  );
}

function setScattered(ctx: InferContext, writesOf: WritesOf): void {
  const shape = ctx.shape(0);
  ctx.setTensor(0, ctx.dtype(0) ?? ctx.dtype(2), shape, scatteredContent(ctx, shape, writesOf));
}

function scatteredContent(ctx: InferContext, shape: Shape | undefined, writesOf: WritesOf): Content | undefined {
  const sizes = concreteShape(shape);
  const indexShape = concreteShape(ctx.shape(1));
  const updateShape = concreteShape(ctx.shape(2));
  if (sizes === undefined || indexShape === undefined || updateShape === undefined) return undefined;
  if (elementCount(sizes) > CONTENT_LIMIT) return undefined;
  const [data, indices, updates] = [ctx.content(0), ctx.content(1), ctx.content(2)];
  if (data === undefined || indices === undefined) return undefined;
  const where = indicesOfContent(indices);
  if (where.some(Number.isNaN)) return undefined;
  try {
    const { positions, block } = writesOf(sizes, where, indexShape);
    if (positions.length * block !== elementCount(updateShape)) return undefined;
    const result = [...data];
    const reduction = reductionOf(ctx.attributes);
    for (let i = 0; i < positions.length * block; i++) {
      const at = (positions[Math.floor(i / block)] as number) + (i % block);
      result[at] = reduceScalars(reduction, result[at], updates?.[i], ctx.dtype(0));
    }
    return result;
  } catch (error) {
    if (!(error instanceof EvaluationError)) throw error;
    ctx.unknown(error.message);
    return undefined;
  }
}

function reduceScalars(
  reduction: Reduction,
  old: Scalar | undefined,
  update: Scalar | undefined,
  dtype: number | undefined,
): Scalar | undefined {
  if (reduction === 'none') return update;
  // Sums and products of floats and bools are not what exact arithmetic gives.
  if (dtype !== DataType.INT64 || !(old instanceof Dim && update instanceof Dim)) return undefined;
  return storedScalar(
    dtype,
    { add: scalarAdd, mul: scalarMul, min: scalarMin, max: scalarMax }[reduction](old, update),
  );
}

function evaluateScattered(ctx: EvalContext, writesOf: WritesOf): DenseTensor[] {
  const x = required(ctx.inputs, 0);
  const indices = required(ctx.inputs, 1);
  const updates = required(ctx.inputs, 2);
  const { positions, block } = writesOf(x.shape, indicesOfTensor(indices), indices.shape);
  if (positions.length * block !== elementCount(updates.shape) || updates.dtype !== x.dtype) {
    throw new EvaluationError(`updates [${updates.shape}] do not fit to [${x.shape}] at indices [${indices.shape}]`);
  }
  const result: DenseTensor = { dtype: x.dtype, shape: x.shape, data: ownData(ctx, 0) };
  const reduction = reductionOf(ctx.attributes);
  if (reduction === 'none') {
    const [to, from] = [elementsOf(result), elementsOf(updates)];
    for (let i = 0; i < positions.length; i++) copyRun(to, positions[i] as number, from, i * block, block);
  } else reduceInto(result, updates, positions, block, reduction);
  return [result];
}

function reduceInto(
  { dtype, data }: DenseTensor,
  updates: DenseTensor,
  positions: Positions,
  block: number,
  reduction: Exclude<Reduction, 'none'>,
): void {
  const run = <T>(target: { [i: number]: T }, source: { readonly [i: number]: T }, combine: (a: T, b: T) => T) => {
    for (let i = 0; i < positions.length; i++) {
      const start = positions[i] as number;
      for (let k = 0; k < block; k++) {
        target[start + k] = combine(target[start + k] as T, source[i * block + k] as T);
      }
    }
  };
  if (Array.isArray(data)) throw new EvaluationError(`${reduction} is not defined for strings`);
  if (isBig(data)) run<bigint>(data, updates.data as BigInt64Array, BIG[reduction]);
  else {
    const combine = (dtype === DataType.BOOL ? BOOL : isFloat(dtype) ? FLOAT : INTEGER)[reduction];
    const round = storageRounder(dtype);
    run<number>(data, updates.data as Float32Array, round ? (a, b) => round(combine(a, b)) : combine);
  }
}

// As onnxruntime compares: a NaN that was there gives way, an update of NaN wins. (Math.min keeps both.)
const smaller = <T>(a: T, b: T) => {
  if (a < b) return a;
  return b;
};
const larger = <T>(a: T, b: T) => {
  if (a > b) return a;
  return b;
};
const FLOAT = { add: (a: number, b: number) => a + b, mul: (a: number, b: number) => a * b, min: smaller, max: larger };
const INTEGER = { ...FLOAT, mul: Math.imul };
const BOOL = { ...FLOAT, add: (a: number, b: number) => a | b, mul: (a: number, b: number) => a & b };
const BIG = { add: (a: bigint, b: bigint) => a + b, mul: (a: bigint, b: bigint) => a * b, min: smaller, max: larger };

function inferScatterElements(ctx: InferContext): void {
  const rank = ctx.shape(0)?.length ?? ctx.shape(1)?.length;
  const axis = rank === undefined ? undefined : axisOf(ctx.attributes.int('axis', 0), rank);
  unifyAxes(ctx, ctx.shape(1), ctx.shape(2), `updates of ${ctx.opType}`);
  if (axis === undefined) ctx.setTensor(0, ctx.dtype(0), ctx.shape(0));
  else setScattered(ctx, elementWrites(axis));
}

function elementWrites(axis: number): WritesOf {
  return (sizes, indices, shape) => ({ positions: elementPositions(sizes, axis, indices, shape), block: 1 });
}

/** The shape that updates should have, against the one they have. */
function unifyAxes(ctx: InferContext, expected: Shape | undefined, updates: Shape | undefined, what: string): void {
  if (expected?.length !== updates?.length) return;
  expected?.forEach((dim, axis) => {
    ctx.unify(dim, updates?.[axis], what, [{ input: 2, axis }]);
  });
}

function evaluateScatterElements(ctx: EvalContext): DenseTensor[] {
  const { shape } = required(ctx.inputs, 0);
  const axis = axisOf(ctx.attributes.int('axis', 0), shape.length);
  return evaluateScattered(ctx, elementWrites(valid(axis, `the axis of ${ctx.opType} does not exist`)));
}

function inferScatterND(ctx: InferContext): void {
  const [shape, indices] = [ctx.shape(0), ctx.shape(1)];
  const depth = indices?.[indices.length - 1]?.value;
  if (shape !== undefined && indices !== undefined && depth !== undefined) {
    unifyAxes(ctx, [...indices.slice(0, -1), ...shape.slice(depth)], ctx.shape(2), 'updates of ScatterND');
  }
  setScattered(ctx, vectorWrites);
}

const vectorWrites: WritesOf = (sizes, indices, shape) => ({
  positions: vectorPositions(sizes, 0, indices, shape),
  block: elementCount(sizes.slice(shape[shape.length - 1])),
});

/** Writes `update` into a cache along one axis, from a position of its own for each batch item. */
function evaluateTensorScatter(ctx: EvalContext): DenseTensor[] {
  const x = required(ctx.inputs, 0);
  const updates = required(ctx.inputs, 1);
  const axis = valid(
    axisOf(ctx.attributes.int('axis', -2), x.shape.length),
    'the axis of TensorScatter does not exist',
  );
  const batches = x.shape[0] as number;
  const starts = ctx.inputs[2] === undefined ? new Array<number>(batches).fill(0) : integers(ctx.inputs[2]);
  const isCircular = ctx.attributes.string('mode', 'linear') === 'circular';
  const result: DenseTensor = { dtype: x.dtype, shape: x.shape, data: ownData(ctx, 0) };
  const [to, from] = [elementsOf(result), elementsOf(updates)];
  const size = x.shape[axis] as number;
  const length = updates.shape[axis] as number;
  const block = elementCount(x.shape.slice(axis + 1));
  const rows = elementCount(x.shape.slice(0, axis));
  for (let row = 0; row < rows; row++) {
    const start = starts[Math.floor((row * batches) / rows)] as number;
    for (let i = 0; i < length; i++) {
      const at = isCircular ? (start + i) % size : start + i;
      valid(at >= 0 && at < size ? at : undefined, `position ${at} is out of range for an axis of ${size}`);
      copyRun(to, (row * size + at) * block, from, (row * length + i) * block, block);
    }
  }
  return [result];
}

/** Operators that write into a copy of a tensor, at the indices of another. */
export const definitions: readonly OpDefinition[] = [
  { name: 'Scatter', infer: inferScatterElements, evaluate: evaluateScatterElements },
  { name: 'ScatterElements', infer: inferScatterElements, evaluate: evaluateScatterElements },
  { name: 'ScatterND', infer: inferScatterND, evaluate: (ctx) => evaluateScattered(ctx, vectorWrites) },
  {
    name: 'TensorScatter',
    infer: (ctx) => ctx.setTensor(0, ctx.dtype(0) ?? ctx.dtype(1), ctx.shape(0)),
    evaluate: evaluateTensorScatter,
  },
];
