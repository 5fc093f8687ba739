import { Dim } from '../../symbolic/dim.js';
import type { Attributes, InferContext, Shape } from '../types.js';

/** How a window moves along one axis. */
interface Window {
  /** Positions from the first to the last element that one window touches. */
  readonly extent: Dim | undefined;
  readonly stride: number;
  readonly head: number;
  readonly tail: number;
}

/** Padding that depends on the input's size, so that the output has ceil(size / stride) positions. */
export function padsToSame(attributes: Attributes): boolean {
  const mode = attributes.string('auto_pad', 'NOTSET');
  return mode === 'SAME_UPPER' || mode === 'SAME_LOWER';
}

/** Padding before and after axis i of `rank` spatial axes. */
export function padsOf(attributes: Attributes, i: number, rank: number): readonly [head: number, tail: number] {
  const pads = attributes.string('auto_pad') === 'VALID' ? undefined : attributes.ints('pads');
  return [pads?.[i] ?? 0, pads?.[i + rank] ?? 0];
}

/** `dilation * (kernel - 1) + 1`: how far a dilated kernel reaches. */
export function kernelExtent(attributes: Attributes, i: number, kernel: Dim | undefined): Dim | undefined {
  // A kernel is a parameter: where an input's size was frozen, it is never here.
  return kernel
    ?.withoutOrigin()
    .sub(1)
    .mul(attributes.ints('dilations')?.[i] ?? 1)
    .add(1);
}

/**
 * Sizes after a window moved over spatial axes, from the attributes `strides`, `pads`, `dilations`, `auto_pad` and
 * `ceil_mode` of Conv and the poolings: `(size + pads - extent) // stride + 1`.
 *
 * @param sizes - Of the input's spatial axes.
 * @param kernel - Sizes of the window.
 */
export function windowedSizes(attributes: Attributes, sizes: Shape, kernel: Shape): Shape {
  const same = padsToSame(attributes);
  const up = attributes.int('ceil_mode', 0) !== 0;
  return sizes.map((size, i) => {
    const stride = attributes.ints('strides')?.[i] ?? 1;
    if (stride < 1) return undefined;
    if (same) return size?.ceilDiv(stride);
    const [head, tail] = padsOf(attributes, i, sizes.length);
    return positions(size, { extent: kernelExtent(attributes, i, kernel[i]), stride, head, tail }, up);
  });
}

/** How often a window fits: `(size + pads - extent) // stride + 1`, the division rounded up on request. */
function positions(size: Dim | undefined, { extent, stride, head, tail }: Window, up: boolean): Dim | undefined {
  if (size === undefined || extent === undefined) return undefined;
  const room = size.add(head + tail).sub(extent);
  if (!up) return room.floorDiv(stride).add(1);
  // No window may start in the padding at the end, which it could only when the extent leaves it room to: then the last
  // one starts at the last multiple of the stride inside.
  const outside = extent.sub(tail).value;
  if (outside !== undefined && outside < stride)
    return size
      .add(head - 1)
      .floorDiv(stride)
      .add(1);
  return room.ceilDiv(stride).add(1);
}

/** The spatial sizes of an input of batch, channels, spatial axes; unknown ones when its rank is not known. */
export function spatialSizes(shape: Shape | undefined, rank: number | undefined): Shape | undefined {
  if (shape !== undefined) return shape.slice(2);
  return rank === undefined ? undefined : new Array<undefined>(rank).fill(undefined);
}

/** Window sizes: the attribute `kernel_shape`, else those of a weight's spatial axes, which must agree. */
export function kernelSizes(ctx: InferContext, weight?: number): Shape | undefined {
  const given = ctx.attributes.ints('kernel_shape')?.map((size) => Dim.of(size));
  const own = weight === undefined ? undefined : ctx.shape(weight);
  if (own === undefined || weight === undefined) return given;
  return own.slice(2).map((size, i) => {
    const where = [{ input: weight, axis: i + 2 }];
    return given === undefined ? size : ctx.unify(given[i], size, `kernel_shape of ${ctx.opType}`, where);
  });
}
