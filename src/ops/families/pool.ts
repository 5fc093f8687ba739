import { Dim } from '../../symbolic/dim.js';
import { DataType } from '../../tensor/dtype.js';
import { dimOf } from '../lib/known.js';
import { kernelSizes, padsOf, spatialSizes, windowedSizes } from '../lib/windows.js';
import type { InferContext, OpDefinition, Shape } from '../types.js';

const ONE = Dim.of(1);

function pooled(ctx: InferContext): Shape | undefined {
  const x = ctx.shape(0);
  const kernel = kernelSizes(ctx);
  const sizes = spatialSizes(x, kernel?.length);
  return sizes && [x?.[0], x?.[1], ...windowedSizes(ctx.attributes, sizes, kernel ?? [])];
}

function inferPool(ctx: InferContext): void {
  const shape = pooled(ctx);
  ctx.setTensor(0, ctx.dtype(0), shape);
  if (ctx.hasOutput(1)) ctx.setTensor(1, DataType.INT64, shape);
}

function inferGlobalPool(ctx: InferContext): void {
  ctx.setTensor(
    0,
    ctx.dtype(0),
    ctx.shape(0)?.map((size, axis) => (axis < 2 ? size : ONE)),
  );
}

/** What input 2 says, else the smallest size that pooling with the same attributes could have started from. */
function inferMaxUnpool(ctx: InferContext): void {
  const wanted = ctx.content(2)?.map(dimOf);
  const x = ctx.shape(0);
  const kernel = kernelSizes(ctx);
  const shape =
    wanted ??
    x?.map((size, axis) => {
      if (axis < 2) return size;
      if (ctx.hasInput(2)) return undefined;
      const i = axis - 2;
      const [head, tail] = padsOf(ctx.attributes, i, x.length - 2);
      const reach = kernel?.[i]?.sub(head + tail);
      return (
        reach &&
        size
          ?.sub(1)
          .mul(ctx.attributes.ints('strides')?.[i] ?? 1)
          .add(reach)
      );
    });
  ctx.setTensor(0, ctx.dtype(0), shape);
}

/** Poolings: a window moved over the spatial axes, channel by channel. */
export const definitions: readonly OpDefinition[] = [
  { name: 'MaxPool', infer: inferPool },
  { name: 'AveragePool', infer: inferPool },
  { name: 'LpPool', infer: inferPool },
  { name: 'GlobalMaxPool', infer: inferGlobalPool },
  { name: 'GlobalAveragePool', infer: inferGlobalPool },
  { name: 'GlobalLpPool', infer: inferGlobalPool },
  { name: 'MaxUnpool', infer: inferMaxUnpool },
];
