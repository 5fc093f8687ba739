import { type AxisOfInput, equalAxes } from '../lib/equal-sizes.js';
import type { InferContext, OpDefinition, Shape } from '../types.js';

/** The input's shape, its channels known to be as many as each of the given one-dimensional inputs has elements. */
function perChannel(ctx: InferContext, parameters: readonly number[]): Shape | undefined {
  const shape = ctx.shape(0);
  // A single axis is the batch: there is one channel, which no axis shows.
  if (shape !== undefined && shape.length < 2) return shape;
  const sites = [0, ...parameters].map((input): AxisOfInput => [input, input === 0 ? 1 : 0]);
  const channels = equalAxes(ctx, `channels of ${ctx.opType}`, ...sites);
  return shape?.map((size, axis) => (axis === 1 ? channels : size));
}

/**
 * Statistics of every channel; with `spatial = 0` (before opset 9) of every position of every channel. Beside the result
 * there are up to two outputs since opset 14 (running mean and variance), up to four before, each shaped like the mean.
 */
function inferBatchNormalization(ctx: InferContext): void {
  const spatial = ctx.opset >= 9 || ctx.attributes.int('spatial', 1) !== 0;
  const shape = spatial ? perChannel(ctx, [1, 2, 3, 4]) : ctx.shape(0);
  ctx.setTensor(0, ctx.dtype(0), shape);
  const channels = shape && shape.length > 1 ? shape.slice(1, 2) : undefined;
  const statistics = ctx.shape(3) ?? channels;
  for (let i = 1; i < ctx.outputCount; i++) {
    if (ctx.hasOutput(i)) ctx.setTensor(i, ctx.dtype(3) ?? ctx.dtype(0), statistics);
  }
}

/** Normalizations over batches, instances and neighbouring channels: the shape stays. */
export const definitions: readonly OpDefinition[] = [
  { name: 'BatchNormalization', infer: inferBatchNormalization },
  { name: 'InstanceNormalization', infer: (ctx) => ctx.setTensor(0, ctx.dtype(0), perChannel(ctx, [1, 2])) },
  { name: 'LRN', infer: (ctx) => ctx.setTensor(0, ctx.dtype(0), ctx.shape(0)) },
];
