import type { DenseData, DenseTensor } from '../../tensor/dense.js';
import { elementCount } from '../../tensor/dense.js';
import { DataType } from '../../tensor/dtype.js';
import { required } from '../lib/alloc.js';
import { elementsOf, tensorOf } from '../lib/elements.js';
import { gatherPositions } from '../lib/index-positions.js';
import { axisOf, product, valid } from '../lib/known.js';
import { permute, readBlocks } from '../lib/movement.js';
import type { EvalContext, InferContext, OpDefinition } from '../types.js';
import { EvaluationError } from '../types.js';

function inferUnique(ctx: InferContext): void {
  const shape = ctx.shape(0);
  const given = ctx.attributes.int('axis');
  const axis = given === undefined || shape === undefined ? undefined : axisOf(given, shape.length);
  ctx.unknown('the number of different elements depends on the data');
  const count = ctx.fresh('unique');
  ctx.setTensor(
    0,
    ctx.dtype(0),
    given === undefined ? [count] : axis === undefined ? undefined : shape?.with(axis, count),
  );
  const total = given === undefined ? shape && product(shape) : axis === undefined ? undefined : shape?.[axis];
  [[count], [total], [count]].forEach((own, i) => {
    if (ctx.hasOutput(i + 1)) ctx.setTensor(i + 1, DataType.INT64, own);
  });
}

type Order = (a: number, b: number) => number;

/** Compares rows of `width` elements, lexicographically. */
function orderOfRows(data: DenseData, width: number): Order {
  return (a, b) => {
    for (let k = 0; k < width; k++) {
      const x = data[a * width + k] as number;
      const y = data[b * width + k] as number;
      if (x !== y) return x < y ? -1 : 1;
    }
    return 0;
  };
}

function evaluateUnique({ attributes, inputs }: EvalContext): DenseTensor[] {
  const x = required(inputs, 0);
  const given = attributes.int('axis');
  const axis = given === undefined ? 0 : valid(axisOf(given, x.shape.length), 'the axis of Unique does not exist');
  const shape = given === undefined ? [elementCount(x.shape)] : x.shape;
  const count = shape[axis] as number;
  // Slices along the axis become rows.
  const rows = sliceRows(x, shape, axis);
  const width = count === 0 ? 0 : rows.data.length / count;
  for (const element of rows.data) {
    if (Number.isNaN(element)) throw new EvaluationError('NaN has no order');
  }
  const order = orderOfRows(rows.data, width);
  const sorted = Array.from({ length: count }, (_, i) => i).sort((a, b) => order(a, b) || a - b);
  // Groups of equal rows, each by its first one.
  const firsts: number[] = [];
  const groupOf = new Array<number>(count).fill(0);
  sorted.forEach((row, i) => {
    if (i === 0 || order(row, sorted[i - 1] as number) !== 0) firsts.push(row);
    groupOf[row] = firsts.length - 1;
  });
  const groups = firsts.map((_, group) => group);
  if (attributes.int('sorted', 1) === 0) groups.sort((a, b) => (firsts[a] as number) - (firsts[b] as number));
  const rank = new Array<number>(groups.length).fill(0);
  groups.forEach((group, i) => {
    rank[group] = i;
  });
  const indices = groups.map((group) => firsts[group] as number);
  const inverse = groupOf.map((group) => rank[group] as number);
  const counts = new Array<number>(groups.length).fill(0);
  for (const i of inverse) counts[i] = (counts[i] as number) + 1;
  const block = elementCount(shape.slice(axis + 1));
  const unique = readBlocks(elementsOf(x), gatherPositions(shape, axis, indices), block);
  const vector = (values: number[]) => ({
    dtype: DataType.INT64,
    shape: [values.length],
    data: BigInt64Array.from(values, BigInt),
  });
  return [tensorOf(x.dtype, shape.with(axis, groups.length), unique), vector(indices), vector(inverse), vector(counts)];
}

/** The axis first, so that each slice along it is a run of neighbours. */
function sliceRows(x: DenseTensor, shape: readonly number[], axis: number): DenseTensor {
  if (axis === 0) return x;
  const order = [axis, ...shape.keys()].filter((other, i) => i === 0 || other !== axis);
  return tensorOf(x.dtype, [elementCount(shape)], permute(elementsOf(x), shape, order));
}

/** Unique. */
export const definitions: readonly OpDefinition[] = [{ name: 'Unique', infer: inferUnique, evaluate: evaluateUnique }];
