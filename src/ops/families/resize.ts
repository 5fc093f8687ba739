import { Dim } from '../../symbolic/dim.js';
import { Rational, type Scalar, scalarFloor, scalarMul, scalarSub, scalarValue } from '../../symbolic/scalar.js';
import { axesOf } from '../lib/known.js';
import type { InferContext, OpDefinition, Shape } from '../types.js';

type Scalars = readonly (Scalar | undefined)[];

/** What decides the sizes of resized axes. */
interface Request {
  /** Input indices of scales and sizes; -1 where there is none. */
  readonly scales: number;
  readonly sizes: number;
}

/** Halves, quarters ... down to this fraction are multiplied without rounding at all sizes that anybody has. */
const FINEST = 256;

/** Is a size times this the same in float32 as it is exactly? */
function isExact(scale: Scalar): boolean {
  if (scale instanceof Dim) return true;
  return scale instanceof Rational ? FINEST % scale.den === 0 : Number.isInteger(scale * FINEST);
}

/** `floor(size * scale)`, multiplied in float32 as onnxruntime does. */
function scaled(ctx: InferContext, size: Dim | undefined, scale: Scalar | undefined): Dim | undefined {
  if (size === undefined || scale === undefined) return undefined;
  const known = scalarValue(scale);
  if (known !== undefined && !(known >= 0 && known < Number.POSITIVE_INFINITY)) return undefined;
  if (size.value !== undefined && known !== undefined) return Dim.of(Math.floor(Math.fround(size.value * known)));
  const result = isExact(scale) ? scalarFloor(scalarMul(size, scale)) : undefined;
  // Times 0.7, it depends on the size whether the product is rounded to the next integer.
  return result instanceof Dim ? result : ctx.fresh(ctx.opType.toLowerCase());
}

/** With a region of interest, the scale refers to `end - start` of the axis. */
function croppedScale(scale: Scalar | undefined, roi: Scalars | undefined, i: number, count: number) {
  const length = scalarSub(roi?.[i + count], roi?.[i]);
  return scalarMul(scale, length);
}

/**
 * All axes scaled alike, so that none (not_larger), or each (not_smaller), gets larger than asked for: by the smallest or
 * largest of `asked / size`. Unknown where the order of two ratios is not proved.
 */
function keepRatio(sizes: Shape, asked: Shape, larger: boolean): Shape {
  const decides = asked.findIndex((target, j) =>
    asked.every((other, i) => {
      if (i === j) return target !== undefined && sizes[j] !== undefined;
      const own = sizes[i] && target?.mul(sizes[i]);
      const theirs = sizes[j] && other?.mul(sizes[j]);
      if (own === undefined || theirs === undefined) return false;
      return larger ? own.isAtLeast(theirs) : own.isAtMost(theirs);
    }),
  );
  const target = asked[decides];
  const from = sizes[decides];
  if (target === undefined || from === undefined) return sizes.map(() => undefined);
  return sizes.map((size, i) => (i === decides ? target : size && inRatio(size, target, from)));
}

/** `size * target / from` to the nearest integer, in float32 as onnxruntime: of symbols only where it is exact. */
function inRatio(size: Dim, target: Dim, from: Dim): Dim | undefined {
  if (from.value === undefined || target.value === undefined || size.value === undefined) {
    return size.mul(target).exactQuotient(from);
  }
  if (from.value === 0) return undefined;
  const ratio = Math.fround(target.value / from.value);
  return Dim.of(Math.floor(Math.fround(ratio * size.value) + 0.5));
}

/** New sizes of the axes that `axes` names, in that order; undefined when nothing is known. */
function resized(ctx: InferContext, sizes: Shape, { scales, sizes: asked }: Request): Shape | undefined {
  const content = ctx.content(asked);
  if (content !== undefined && content.length > 0) {
    const targets = content.map((element) => (element instanceof Dim ? element : undefined));
    const policy = ctx.attributes.string('keep_aspect_ratio_policy', 'stretch');
    return policy === 'stretch' ? targets : keepRatio(sizes, targets, policy === 'not_smaller');
  }
  const factors = ctx.attributes.floats('scales') ?? ctx.content(scales);
  if (factors === undefined || factors.length === 0) return undefined;
  const crops = ctx.attributes.string('coordinate_transformation_mode') === 'tf_crop_and_resize';
  const roi = ctx.content(1);
  return sizes.map((size, i) => {
    const factor = factors[i];
    return scaled(ctx, size, crops ? croppedScale(factor, roi, i, sizes.length) : factor);
  });
}

function setResized(ctx: InferContext, request: Request): void {
  const shape = ctx.shape(0);
  if (shape === undefined) {
    // Without axes there is one size, or one scale, for each.
    const rank = ctx.attributes.has('axes') ? 0 : givenCount(ctx, request);
    ctx.setTensor(0, ctx.dtype(0), rank === 0 ? undefined : new Array<undefined>(rank).fill(undefined));
    return;
  }
  const axes = axesOf(ctx.attributes.ints('axes') ?? shape.map((_, axis) => axis), shape.length);
  const sizes = axes?.map((axis) => shape[axis]);
  const changed = sizes && resized(ctx, sizes, request);
  const result = shape.map((size, axis) => {
    const i = axes?.indexOf(axis) ?? 0;
    return i < 0 ? size : changed?.[i];
  });
  ctx.setTensor(0, ctx.dtype(0), result);
}

function givenCount(ctx: InferContext, { scales, sizes }: Request): number {
  const counts = [ctx.content(sizes)?.length, ctx.content(scales)?.length, ctx.attributes.floats('scales')?.length];
  return counts.find((count) => count !== undefined && count > 0) ?? 0;
}

/** X, scales in opset 10; X, roi, scales, sizes since then, of which an empty one is as good as none. */
function inferResize(ctx: InferContext): void {
  setResized(ctx, ctx.opset < 11 ? { scales: 1, sizes: -1 } : { scales: 2, sizes: 3 });
}

/** Scales are two attributes in opset 1, one in opset 7, an input since 9. */
function inferUpsample(ctx: InferContext): void {
  const height = ctx.attributes.float('height_scale');
  const width = ctx.attributes.float('width_scale');
  if (height === undefined || width === undefined) {
    setResized(ctx, { scales: 1, sizes: -1 });
    return;
  }
  const shape = ctx.shape(0);
  const spatial = [scaled(ctx, shape?.[2], height), scaled(ctx, shape?.[3], width)];
  ctx.setTensor(0, ctx.dtype(0), [shape?.[0], shape?.[1], ...spatial]);
}

/** Operators that resample a grid to another size. */
export const definitions: readonly OpDefinition[] = [
  { name: 'Resize', infer: inferResize },
  { name: 'Upsample', infer: inferUpsample },
];
