import type { DenseTensor } from '../../tensor/dense.js';
import { elementCount } from '../../tensor/dense.js';
import { required } from '../lib/alloc.js';
import { concreteShape } from '../lib/content.js';
import {
  elementPositions,
  gatherPositions,
  type Indices,
  indicesOfContent,
  indicesOfTensor,
  type Positions,
  vectorPositions,
} from '../lib/index-positions.js';
import { axisOf, valid } from '../lib/known.js';
import { movedTensor, setMoved } from '../lib/moved.js';
import { readBlocks } from '../lib/movement.js';
import type { EvalContext, InferContext, OpDefinition, Shape } from '../types.js';
import { CONTENT_LIMIT, EvaluationError } from '../types.js';

/** Where an operator reads blocks of how many elements; the shapes are concrete here. */
interface Reads {
  readonly positions: Positions;
  readonly block: number;
}

type ReadsOf = (sizes: readonly number[], indices: Indices, indexShape: readonly number[]) => Reads;

/** Sets the output of an operator that reads input 0 at the indices of input 1. */
function setGathered(ctx: InferContext, shape: Shape | undefined, readsOf: ReadsOf): void {
  const to = concreteShape(shape);
  const indexShape = concreteShape(ctx.shape(1));
  const isSmall = to !== undefined && indexShape !== undefined && elementCount(to) <= CONTENT_LIMIT;
  // A weight of which rows are taken: whoever wants its content has it folded.
  const content = isSmall && isTracked(ctx) ? ctx.content(1) : undefined;
  const indices = content && indicesOfContent(content);
  const isValid = (fn: () => Reads) => {
    try {
      return fn();
    } catch (error) {
      if (!(error instanceof EvaluationError)) throw error;
      ctx.unknown(error.message);
      return undefined;
    }
  };
  const sizes = concreteShape(ctx.shape(0));
  const reads = indices && sizes && isValid(() => readsOf(sizes, indices, indexShape as number[]));
  setMoved(ctx, shape, reads && ((from) => readBlocks(from, reads.positions, reads.block)));
}

function isTracked(ctx: InferContext): boolean {
  const sizes = concreteShape(ctx.shape(0));
  return sizes !== undefined && elementCount(sizes) <= CONTENT_LIMIT;
}

function evaluateGathered(ctx: EvalContext, shape: readonly number[], readsOf: ReadsOf): DenseTensor[] {
  const x = required(ctx.inputs, 0);
  const indices = required(ctx.inputs, 1);
  const { positions, block } = readsOf(x.shape, indicesOfTensor(indices), indices.shape);
  return [movedTensor(ctx, 0, shape, (from) => readBlocks(from, positions, block))];
}

function inferGather(ctx: InferContext): void {
  const shape = ctx.shape(0);
  const indices = ctx.shape(1);
  const axis = shape && axisOf(ctx.attributes.int('axis', 0), shape.length);
  if (shape === undefined || indices === undefined || axis === undefined) {
    ctx.setTensor(0, ctx.dtype(0), undefined);
    return;
  }
  setGathered(ctx, [...shape.slice(0, axis), ...indices, ...shape.slice(axis + 1)], gatherReads(axis));
}

function gatherReads(axis: number): ReadsOf {
  return (sizes, indices) => ({
    positions: gatherPositions(sizes, axis, indices),
    block: elementCount(sizes.slice(axis + 1)),
  });
}

function evaluateGather(ctx: EvalContext): DenseTensor[] {
  const { shape } = required(ctx.inputs, 0);
  const axis = valid(axisOf(ctx.attributes.int('axis', 0), shape.length), 'the axis of Gather does not exist');
  const result = [...shape.slice(0, axis), ...required(ctx.inputs, 1).shape, ...shape.slice(axis + 1)];
  return evaluateGathered(ctx, result, gatherReads(axis));
}

function elementReads(axis: number): ReadsOf {
  return (sizes, indices, shape) => ({ positions: elementPositions(sizes, axis, indices, shape), block: 1 });
}

function inferGatherElements(ctx: InferContext): void {
  const shape = ctx.shape(1);
  const axis = shape && axisOf(ctx.attributes.int('axis', 0), shape.length);
  if (axis === undefined) ctx.setTensor(0, ctx.dtype(0), shape);
  else setGathered(ctx, shape, elementReads(axis));
}

function evaluateGatherElements(ctx: EvalContext): DenseTensor[] {
  const { shape } = required(ctx.inputs, 1);
  const axis = axisOf(ctx.attributes.int('axis', 0), shape.length);
  return evaluateGathered(ctx, shape, elementReads(valid(axis, 'the axis of GatherElements does not exist')));
}

function vectorReads(batchDims: number): ReadsOf {
  return (sizes, indices, shape) => ({
    positions: vectorPositions(sizes, batchDims, indices, shape),
    block: elementCount(sizes.slice(batchDims + (shape[shape.length - 1] as number))),
  });
}

function inferGatherND(ctx: InferContext): void {
  const shape = ctx.shape(0);
  const indices = ctx.shape(1);
  const batchDims = ctx.attributes.int('batch_dims', 0);
  const depth = indices?.[indices.length - 1]?.value;
  const isValid = depth !== undefined && batchDims >= 0 && batchDims + depth <= (shape?.length ?? 0);
  if (shape === undefined || indices === undefined || !isValid || batchDims >= indices.length) {
    ctx.setTensor(0, ctx.dtype(0), undefined);
    return;
  }
  const result = [...indices.slice(0, -1), ...shape.slice(batchDims + depth)];
  for (let axis = 0; axis < batchDims; axis++) {
    result[axis] = ctx.unify(shape[axis], indices[axis], 'batch axis of GatherND', [
      { input: 0, axis },
      { input: 1, axis },
    ]);
  }
  setGathered(ctx, result, vectorReads(batchDims));
}

function evaluateGatherND(ctx: EvalContext): DenseTensor[] {
  const { shape } = required(ctx.inputs, 0);
  const indices = required(ctx.inputs, 1).shape;
  const batchDims = ctx.attributes.int('batch_dims', 0);
  const depth = valid(indices[indices.length - 1], 'the indices of GatherND are a scalar');
  valid(
    batchDims + depth <= shape.length ? depth : undefined,
    `vectors of ${depth} indices are too long for [${shape}]`,
  );
  return evaluateGathered(ctx, [...indices.slice(0, -1), ...shape.slice(batchDims + depth)], vectorReads(batchDims));
}

/** Operators that read one tensor at the indices of another. */
export const definitions: readonly OpDefinition[] = [
  { name: 'Gather', infer: inferGather, evaluate: evaluateGather },
  { name: 'GatherElements', infer: inferGatherElements, evaluate: evaluateGatherElements },
  { name: 'GatherND', infer: inferGatherND, evaluate: evaluateGatherND },
];
