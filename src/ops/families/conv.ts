import { Dim } from '../../symbolic/dim.js';
import { DataType } from '../../tensor/dtype.js';
import { equalAxes } from '../lib/equal-sizes.js';
import { kernelExtent, kernelSizes, padsOf, padsToSame, spatialSizes, windowedSizes } from '../lib/windows.js';
import type { InferContext, OpDefinition, Shape } from '../types.js';

/** Batch, channels of the weight [M, C/group, k...], and one position for each time the kernel fits. */
function convolved(ctx: InferContext, weight: number, bias?: number): Shape | undefined {
  const x = ctx.shape(0);
  const w = ctx.shape(weight);
  const kernel = kernelSizes(ctx, weight);
  const sizes = spatialSizes(x, kernel?.length);
  ctx.unify(x?.[1], w?.[1]?.mul(ctx.attributes.int('group', 1)), `input channels of ${ctx.opType}`, [
    { input: 0, axis: 1 },
    { input: weight, axis: 1 },
  ]);
  const channels = bias === undefined ? w?.[0] : equalAxes(ctx, `bias of ${ctx.opType}`, [weight, 0], [bias, 0]);
  return sizes && [x?.[0], channels, ...windowedSizes(ctx.attributes, sizes, kernel ?? [])];
}

/**
 * `stride * (size - 1) + output_padding + extent - pads`, or what the attribute `output_shape` asks for. Padding to the
 * same size gives `size * stride`; a window smaller than its stride cannot reach the end of that.
 */
function transposedSizes(ctx: InferContext, sizes: Shape, kernel: Shape): Shape {
  const { attributes } = ctx;
  const wanted = attributes.ints('output_shape');
  const offset = (wanted?.length ?? 0) - sizes.length;
  return sizes.map((size, i) => {
    const asked = wanted?.[offset + i];
    if (asked !== undefined) return Dim.of(asked);
    const stride = attributes.ints('strides')?.[i] ?? 1;
    const extent = kernelExtent(attributes, i, kernel[i])?.add(attributes.ints('output_padding')?.[i] ?? 0);
    if (extent === undefined) return undefined;
    if (padsToSame(attributes)) return size?.mul(stride).add(extent.sub(stride).min(0));
    const [head, tail] = padsOf(attributes, i, sizes.length);
    const room = extent.sub(head + tail);
    return size?.sub(1).mul(stride).add(room);
  });
}

/** The weight of ConvTranspose is [C, M/group, k...]. */
function inferConvTranspose(ctx: InferContext): void {
  const x = ctx.shape(0);
  const kernel = kernelSizes(ctx, 1);
  const sizes = spatialSizes(x, kernel?.length);
  equalAxes(ctx, 'input channels of ConvTranspose', [0, 1], [1, 0]);
  const channels = ctx.unify(
    ctx.shape(1)?.[1]?.mul(ctx.attributes.int('group', 1)),
    ctx.shape(2)?.[0],
    'bias of ConvTranspose',
    [
      { input: 1, axis: 1 },
      { input: 2, axis: 0 },
    ],
  );
  const shape = sizes && [x?.[0], channels, ...transposedSizes(ctx, sizes, kernel ?? [])];
  ctx.setTensor(0, ctx.dtype(0) ?? ctx.dtype(1), shape);
}

/** The offsets (input 2) and the mask (input 4) have the batch and the spatial sizes of the output. */
function inferDeformConv(ctx: InferContext): void {
  const shape = convolved(ctx, 1, 3);
  const unified = shape?.map((size, axis) => {
    if (axis === 1) return size;
    let known = size;
    for (const input of [2, 4]) {
      const what = `${input === 2 ? 'offsets' : 'mask'} of DeformConv`;
      known = ctx.unify(known, ctx.shape(input)?.[axis], what, [{ input, axis }]);
    }
    return known;
  });
  ctx.setTensor(0, ctx.dtype(0), unified);
}

/** One kernel a channel, which sees the past only; the state is the last `k - 1` positions. */
function inferCausalConv(ctx: InferContext): void {
  const what = 'channels of CausalConvWithState';
  const batch = equalAxes(ctx, 'batch of CausalConvWithState', [0, 0], [3, 0]);
  const channels = equalAxes(ctx, what, [0, 1], [1, 0], [2, 0], [3, 1]);
  const kernel = ctx.shape(1)?.[2];
  const state = ctx.unify(kernel?.sub(1), ctx.shape(3)?.[2], 'state of CausalConvWithState', [
    { input: 1, axis: 2 },
    { input: 3, axis: 2 },
  ]);
  ctx.setTensor(0, ctx.dtype(0), [batch, channels, ctx.shape(0)?.[2]]);
  if (ctx.hasOutput(1)) ctx.setTensor(1, ctx.dtype(0), [batch, channels, state]);
}

/** Convolutions: channels come from the weight, spatial sizes from the window. */
export const definitions: readonly OpDefinition[] = [
  { name: 'Conv', infer: (ctx) => ctx.setTensor(0, ctx.dtype(0) ?? ctx.dtype(1), convolved(ctx, 1, 2)) },
  { name: 'ConvInteger', infer: (ctx) => ctx.setTensor(0, DataType.INT32, convolved(ctx, 1)) },
  // The output has the type of its zero point (input 7).
  { name: 'QLinearConv', infer: (ctx) => ctx.setTensor(0, ctx.dtype(7), convolved(ctx, 3, 8)) },
  { name: 'ConvTranspose', infer: inferConvTranspose },
  { name: 'DeformConv', infer: inferDeformConv },
  { name: 'CausalConvWithState', infer: inferCausalConv },
];
