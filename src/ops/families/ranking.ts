import { Dim } from '../../symbolic/dim.js';
import type { DenseTensor } from '../../tensor/dense.js';
import { elementCount } from '../../tensor/dense.js';
import { DataType } from '../../tensor/dtype.js';
import { allocate, integers, type NumericData, numeric, required } from '../lib/alloc.js';
import { reducedShape } from '../lib/axes.js';
import { evaluateContents, setEvaluated } from '../lib/fold-content.js';
import { axisOf } from '../lib/known.js';
import { groupsAlong, shapeWithout } from '../lib/reduce.js';
import { normalizeAxis } from '../lib/shapes.js';
import type { EvalContext, InferContext, OpDefinition } from '../types.js';
import { EvaluationError } from '../types.js';

/** ArgMax and ArgMin: the first (or last) index of the extreme element along an axis. */
function extremeIndices(ctx: EvalContext): DenseTensor {
  const x = required(ctx.inputs, 0);
  const data = numeric(x);
  const axis = normalizeAxis(ctx.attributes.int('axis', 0), x.shape.length);
  const keepDims = ctx.attributes.int('keepdims', 1) !== 0;
  const last = ctx.attributes.int('select_last_index', 0) !== 0;
  const wantsMax = ctx.opType === 'ArgMax';
  const { bases, offsets } = groupsAlong(x.shape, [axis]);
  if (offsets.length === 0) throw new EvaluationError('no elements to choose from');
  const beats = (a: number | bigint, b: number | bigint) => (wantsMax ? a > b : a < b) || (last && a === b);
  const indices = BigInt64Array.from(bases, (base) => {
    let best = 0;
    for (let k = 1; k < offsets.length; k++) {
      const candidate = data[base + (offsets[k] as number)] as number | bigint;
      if (beats(candidate, data[base + (offsets[best] as number)] as number | bigint)) best = k;
    }
    return BigInt(best);
  });
  return { dtype: DataType.INT64, shape: shapeWithout(x.shape, [axis], keepDims), data: indices };
}

function inferExtreme(ctx: InferContext): void {
  const outputs = evaluateContents(ctx, (site) => [extremeIndices(site)]);
  if (outputs !== undefined) {
    setEvaluated(ctx, outputs);
    return;
  }
  const shape = ctx.shape(0);
  const axis = shape && axisOf(ctx.attributes.int('axis', 0), shape.length);
  const keepDims = ctx.attributes.int('keepdims', 1) !== 0;
  ctx.setTensor(0, DataType.INT64, axis === undefined ? undefined : shape && reducedShape(shape, [axis], keepDims));
}

/** K: an attribute in opset 1, an input since. */
function evaluatedCount({ inputs, attributes }: EvalContext): number {
  const k = inputs[1] === undefined ? attributes.int('k') : integers(inputs[1])[0];
  if (k === undefined || !(Number.isInteger(k) && k >= 0)) throw new EvaluationError('K is no number of elements');
  return k;
}

/** Equal elements keep the order of their indices. */
function topK(ctx: EvalContext): DenseTensor[] {
  const x = required(ctx.inputs, 0);
  const source = numeric(x);
  const rank = x.shape.length;
  const axis = normalizeAxis(ctx.attributes.int('axis', -1), rank);
  const k = evaluatedCount(ctx);
  const size = x.shape[axis] as number;
  if (k > size) throw new EvaluationError(`the top ${k} of ${size} elements`);
  const largest = ctx.attributes.int('largest', 1) !== 0;
  const shape = x.shape.map((n, i) => (i === axis ? k : n));
  const values: NumericData = allocate(x.dtype, elementCount(shape));
  const indices = new BigInt64Array(elementCount(shape));
  const groups = groupsAlong(x.shape, [axis]);
  const targets = groupsAlong(shape, [axis]);
  const order = new Array<number>(size);
  groups.bases.forEach((base, g) => {
    for (let i = 0; i < size; i++) order[i] = i;
    const at = (i: number) => source[base + (groups.offsets[i] as number)] as number | bigint;
    order.sort((i, j) => {
      const a = at(i);
      const b = at(j);
      return (largest ? a > b : a < b) ? -1 : a === b ? i - j : 1;
    });
    const start = targets.bases[g] as number;
    for (let i = 0; i < k; i++) {
      const target = start + (targets.offsets[i] as number);
      values[target] = at(order[i] as number);
      indices[target] = BigInt(order[i] as number);
    }
  });
  return [
    { dtype: x.dtype, shape, data: values },
    { dtype: DataType.INT64, shape, data: indices },
  ];
}

function inferTopK(ctx: InferContext): void {
  const outputs = evaluateContents(ctx, topK);
  if (outputs !== undefined) {
    setEvaluated(ctx, outputs);
    return;
  }
  const shape = ctx.shape(0);
  const axis = shape && axisOf(ctx.attributes.int('axis', -1), shape.length);
  const count = ctx.attributes.int('k');
  const k = count === undefined ? ctx.content(1)?.[0] : Dim.of(count);
  let size = k instanceof Dim ? k : undefined;
  if (size === undefined) {
    ctx.unknown('K depends on data');
    size = ctx.fresh('topk');
  }
  const result = axis === undefined ? undefined : shape?.map((dim, i) => (i === axis ? size : dim));
  ctx.setTensor(0, ctx.dtype(0), result);
  if (ctx.hasOutput(1)) ctx.setTensor(1, DataType.INT64, result);
}

/** Operators that order elements along an axis. */
export const definitions: readonly OpDefinition[] = [
  { name: 'ArgMax', infer: inferExtreme, evaluate: (ctx) => [extremeIndices(ctx)] },
  { name: 'ArgMin', infer: inferExtreme, evaluate: (ctx) => [extremeIndices(ctx)] },
  { name: 'TopK', infer: inferTopK, evaluate: topK },
];
