import { Dim } from '../../symbolic/dim.js';
import { DataType } from '../../tensor/dtype.js';
import { equalAxes } from '../lib/equal-sizes.js';
import { axesOf, dimOf, product, shapeOfNumbers } from '../lib/known.js';
import { windowedSizes } from '../lib/windows.js';
import type { InferContext, OpDefinition, Shape } from '../types.js';

/** An operator whose output has the type of input 0. */
function withShape(name: string, shapeOf: (ctx: InferContext) => Shape | undefined): OpDefinition {
  return { name, infer: (ctx) => ctx.setTensor(0, ctx.dtype(0), shapeOf(ctx)) };
}

/** X [N, C, d1 ... dr] sampled at the places of a grid [N, e1 ... er, r]. */
function gridSampleShape(ctx: InferContext): Shape | undefined {
  const x = ctx.shape(0);
  const grid = ctx.shape(1);
  const rank = x?.length ?? grid?.length;
  const batch = equalAxes(ctx, 'batch of GridSample', [0, 0], [1, 0]);
  if (rank === undefined) return undefined;
  const where = [{ input: 1, axis: rank - 1 }];
  ctx.unify(grid?.[rank - 1], Dim.of(rank - 2), 'coordinates of GridSample', where);
  const sizes = Array.from({ length: rank - 2 }, (_, i) => grid?.[i + 1]);
  return [batch, x?.[1], ...sizes];
}

/** An affine map is of the plane or of space. */
const RANKS = [2, 3];

/** Matrices [N, r, r + 1] and a size N, C, d1 ... dr to a grid [N, d1 ... dr, r]. */
function affineGridShape(ctx: InferContext): Shape | undefined {
  const size = ctx.content(1)?.map(dimOf);
  const rows = ctx.shape(0)?.[1]?.value;
  const rank = size === undefined ? RANKS.find((r) => r === rows) : size.length - 2;
  const batch = ctx.unify(ctx.shape(0)?.[0], size?.[0], 'batch of AffineGrid', [{ input: 0, axis: 0 }]);
  if (rank === undefined || rank < 0) return undefined;
  const sizes = Array.from({ length: rank }, (_, i) => size?.[i + 2]);
  return [batch, ...sizes, Dim.of(rank)];
}

function roiAlignShape(ctx: InferContext): Shape | undefined {
  const regions = equalAxes(ctx, 'regions of RoiAlign', [1, 0], [2, 0]);
  const size = ['output_height', 'output_width'].map((name) => Dim.of(ctx.attributes.int(name, 1)));
  return [regions, ctx.shape(0)?.[1], ...size];
}

function maxRoiPoolShape(ctx: InferContext): Shape | undefined {
  const size = shapeOfNumbers(ctx.attributes.ints('pooled_shape') ?? []);
  return [ctx.shape(1)?.[0], ctx.shape(0)?.[1], size[0], size[1]];
}

/** Height, width, channels: only the channels are not in the data. */
function inferImageDecoder(ctx: InferContext): void {
  const channels = ctx.attributes.string('pixel_format', 'RGB') === 'Grayscale' ? 1 : 3;
  ctx.setTensor(0, DataType.UINT8, [ctx.fresh('height'), ctx.fresh('width'), Dim.of(channels)]);
}

function centerCropPadShape(ctx: InferContext): Shape | undefined {
  const shape = ctx.shape(0);
  const target = ctx.content(1)?.map(dimOf);
  const axes = ctx.attributes.ints('axes');
  if (shape === undefined) return axes === undefined ? target : undefined;
  const changed = axesOf(axes ?? shape.map((_, axis) => axis), shape.length);
  return shape.map((size, axis) => {
    const i = changed?.indexOf(axis) ?? 0;
    return i < 0 ? size : target?.[i];
  });
}

/** Columns [N, C * block elements, blocks] to an image [N, C, d1 ... dr]. */
function col2ImShape(ctx: InferContext): Shape | undefined {
  const image = ctx.content(1)?.map(dimOf);
  const block = ctx.content(2)?.map(dimOf);
  const rank = image?.length ?? block?.length;
  const x = ctx.shape(0);
  const elements = block && product(block);
  if (rank === undefined) return undefined;
  if (image !== undefined && block !== undefined) {
    const what = 'blocks of Col2Im';
    ctx.unify(x?.[2], product(windowedSizes(ctx.attributes, image, block)), what, [{ input: 0, axis: 2 }]);
  }
  const isGiven = elements !== undefined && !elements.isZero();
  const channels = isGiven ? (x?.[1]?.exactQuotient(elements) ?? x?.[1]?.floorDiv(elements)) : undefined;
  return [x?.[0], channels, ...(image ?? new Array<undefined>(rank).fill(undefined))];
}

/** Boxes [N, boxes, 4] and scores [N, classes, boxes] to as many [batch, class, box] as are left. */
function inferNonMaxSuppression(ctx: InferContext): void {
  equalAxes(ctx, 'batch of NonMaxSuppression', [0, 0], [1, 0]);
  equalAxes(ctx, 'boxes of NonMaxSuppression', [0, 1], [1, 2]);
  ctx.setTensor(0, DataType.INT64, [ctx.fresh('boxes'), Dim.of(3)]);
}

/** Operators on images and regions of them. */
export const definitions: readonly OpDefinition[] = [
  withShape('GridSample', gridSampleShape),
  withShape('AffineGrid', affineGridShape),
  withShape('RoiAlign', roiAlignShape),
  withShape('MaxRoiPool', maxRoiPoolShape),
  { name: 'ImageDecoder', infer: inferImageDecoder },
  withShape('CenterCropPad', centerCropPadShape),
  withShape('Col2Im', col2ImShape),
  { name: 'NonMaxSuppression', infer: inferNonMaxSuppression },
];
