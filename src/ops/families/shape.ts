import { Dim } from '../../symbolic/dim.js';
import { elementCount } from '../../tensor/dense.js';
import { DataType } from '../../tensor/dtype.js';
import { required } from '../lib/alloc.js';
import { ownData } from '../lib/elements.js';
import { product } from '../lib/known.js';
import type { Attributes, EvalContext, InferContext, OpDefinition } from '../types.js';

const SCALAR = [] as const;

/** The axes that Shape gives: all, or since opset 15 a range with Python's slice semantics. */
function range(attributes: Attributes, rank: number): [start: number, end: number] {
  const clamp = (axis: number) => Math.min(Math.max(axis < 0 ? axis + rank : axis, 0), rank);
  const start = clamp(attributes.int('start', 0));
  return [start, Math.max(start, clamp(attributes.int('end', rank)))];
}

function inferShape(ctx: InferContext): void {
  const shape = ctx.shape(0);
  if (shape === undefined) {
    ctx.setTensor(0, DataType.INT64, [undefined]);
    return;
  }
  const sizes = shape.slice(...range(ctx.attributes, shape.length));
  ctx.setTensor(0, DataType.INT64, [Dim.of(sizes.length)], sizes);
}

function inferSize(ctx: InferContext): void {
  const shape = ctx.shape(0);
  ctx.setTensor(0, DataType.INT64, SCALAR, [shape && product(shape)]);
}

function evaluateShape({ attributes, inputs }: EvalContext) {
  const { shape } = required(inputs, 0);
  const sizes = shape.slice(...range(attributes, shape.length));
  return [{ dtype: DataType.INT64, shape: [sizes.length], data: BigInt64Array.from(sizes, BigInt) }];
}

/** Operators that look at a shape, or at nothing at all. */
export const definitions: readonly OpDefinition[] = [
  { name: 'Shape', infer: inferShape, evaluate: evaluateShape },
  {
    name: 'Size',
    infer: inferSize,
    evaluate: ({ inputs }) => [
      { dtype: DataType.INT64, shape: SCALAR, data: BigInt64Array.of(BigInt(elementCount(required(inputs, 0).shape))) },
    ],
  },
  {
    name: 'Identity',
    infer: (ctx) => ctx.setOutput(0, ctx.input(0)),
    evaluate: (ctx) => [{ ...required(ctx.inputs, 0), data: ownData(ctx, 0) }],
  },
];
