import { Dim } from '../../symbolic/dim.js';
import { DataType } from '../../tensor/dtype.js';
import { kernelExtent, kernelSizes, padsOf, padsToSame, spatialSizes, windowedSizes } from '../lib/windows.js';
import type { InferContext, OpDefinition, Shape } from '../types.js';

/** Which inputs are the data, the weight and the bias, where they differ. */
interface Operands {
  readonly weight: number;
  readonly bias?: number;
}

/** States that the bias has one element an output channel. */
function unifyBias(ctx: InferContext, channels: Dim | undefined, weight: number, axis: number, bias?: number): void {
  if (bias === undefined) return;
  ctx.unify(channels, ctx.shape(bias)?.[0], `bias of ${ctx.opType}`, [
    { input: weight, axis },
    { input: bias, axis: 0 },
  ]);
}

/** Batch, channels of the weight [M, C/group, k...], and one position for each time the kernel fits. */
function convolved(ctx: InferContext, { weight, bias }: Operands): Shape | undefined {
  const x = ctx.shape(0);
  const w = ctx.shape(weight);
  const kernel = kernelSizes(ctx, weight);
  const sizes = spatialSizes(x, kernel?.length);
  ctx.unify(x?.[1], w?.[1]?.mul(ctx.attributes.int('group', 1)), `input channels of ${ctx.opType}`, [
    { input: 0, axis: 1 },
    { input: weight, axis: 1 },
  ]);
  unifyBias(ctx, w?.[0], weight, 0, bias);
  return sizes && [x?.[0], w?.[0], ...windowedSizes(ctx.attributes, sizes, kernel ?? [])];
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
    return size
      ?.sub(1)
      .mul(stride)
      .add(extent)
      .sub(head + tail);
  });
}

/** The weight of ConvTranspose is [C, M/group, k...]. */
function inferConvTranspose(ctx: InferContext): void {
  const x = ctx.shape(0);
  const w = ctx.shape(1);
  const kernel = kernelSizes(ctx, 1);
  const sizes = spatialSizes(x, kernel?.length);
  const channels = w?.[1]?.mul(ctx.attributes.int('group', 1));
  ctx.unify(x?.[1], w?.[0], 'input channels of ConvTranspose', [
    { input: 0, axis: 1 },
    { input: 1, axis: 0 },
  ]);
  unifyBias(ctx, channels, 1, 1, 2);
  ctx.setTensor(
    0,
    ctx.dtype(0) ?? ctx.dtype(1),
    sizes && [x?.[0], channels, ...transposedSizes(ctx, sizes, kernel ?? [])],
  );
}

/** The offsets (input 2) and the mask (input 4) have the spatial sizes of the output. */
function inferDeformConv(ctx: InferContext): void {
  const shape = convolved(ctx, { weight: 1, bias: 3 });
  const unified = shape?.map((size, axis) => {
    if (axis < 2) return size;
    let known = size;
    for (const [input, what] of [
      [2, 'offsets of DeformConv'],
      [4, 'mask of DeformConv'],
    ] as const) {
      known = ctx.unify(known, ctx.shape(input)?.[axis], what, [{ input, axis }]);
    }
    return known;
  });
  ctx.setTensor(0, ctx.dtype(0), unified);
}

/** Convolutions: channels come from the weight, spatial sizes from the window. */
export const definitions: readonly OpDefinition[] = [
  {
    name: 'Conv',
    infer: (ctx) => ctx.setTensor(0, ctx.dtype(0) ?? ctx.dtype(1), convolved(ctx, { weight: 1, bias: 2 })),
  },
  { name: 'ConvInteger', infer: (ctx) => ctx.setTensor(0, DataType.INT32, convolved(ctx, { weight: 1 })) },
  // The output has the type of its zero point (input 7).
  { name: 'QLinearConv', infer: (ctx) => ctx.setTensor(0, ctx.dtype(7), convolved(ctx, { weight: 3, bias: 8 })) },
  { name: 'ConvTranspose', infer: inferConvTranspose },
  { name: 'DeformConv', infer: inferDeformConv },
];
