import { Dim } from '../../symbolic/dim.js';
import { DataType } from '../../tensor/dtype.js';
import { shapeOfNumbers } from '../lib/known.js';
import type { InferContext, OpDefinition } from '../types.js';

function inferDrawn(ctx: InferContext): void {
  const shape = ctx.attributes.ints('shape');
  ctx.setTensor(0, ctx.attributes.int('dtype', DataType.FLOAT), shape && shapeOfNumbers(shape));
}

function inferDrawnLike(ctx: InferContext): void {
  ctx.setTensor(0, ctx.attributes.int('dtype') ?? ctx.dtype(0), ctx.shape(0));
}

function inferMultinomial(ctx: InferContext): void {
  const samples = Dim.of(ctx.attributes.int('sample_size', 1));
  ctx.setTensor(0, ctx.attributes.int('dtype', DataType.INT32), [ctx.shape(0)?.[0], samples]);
}

/** Operators that draw random numbers. None has an evaluation: a constant that a run draws anew is none. */
export const definitions: readonly OpDefinition[] = [
  { name: 'RandomNormal', infer: inferDrawn },
  { name: 'RandomUniform', infer: inferDrawn },
  { name: 'RandomNormalLike', infer: inferDrawnLike },
  { name: 'RandomUniformLike', infer: inferDrawnLike },
  { name: 'Bernoulli', infer: inferDrawnLike },
  { name: 'Multinomial', infer: inferMultinomial },
];
