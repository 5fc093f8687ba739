import { Dim } from '../../symbolic/dim.js';
import type { DenseTensor } from '../../tensor/dense.js';
import { elementCount } from '../../tensor/dense.js';
import { required } from '../lib/alloc.js';
import { concreteShape } from '../lib/content.js';
import type { Elements } from '../lib/elements.js';
import { axesOf, integerParameter, integersGiven, numberParameter, valid } from '../lib/known.js';
import { movedTensor, setMoved } from '../lib/moved.js';
import { readRegion } from '../lib/movement.js';
import { stridesOf } from '../lib/shapes.js';
import { sliceRange, sliceSize } from '../lib/slice-range.js';
import type { EvalContext, InferContext, OpDefinition, Shape } from '../types.js';

/** What is taken of one axis: parts that are not known are undefined. */
interface Cut {
  readonly axis: number;
  readonly start: Dim | undefined;
  readonly end: Dim | undefined;
  readonly step: Dim | undefined;
}

interface ConcreteCut {
  readonly axis: number;
  readonly start: number;
  readonly length: number;
  readonly step: number;
}

const ONE = Dim.of(1);

/** What Slice takes, axis by axis; undefined when it is not even known of which axes. */
function cutsOf(ctx: InferContext, rank: number): Cut[] | undefined {
  const starts = integerParameter(ctx, 'starts', 1);
  const ends = integerParameter(ctx, 'ends', 2);
  const axes = numberParameter(ctx, 'axes', 3);
  const steps = integerParameter(ctx, undefined, 4);
  const known = (part: Shape | 'absent' | undefined) => (part === 'absent' ? undefined : part);
  const count = (axes === 'absent' ? undefined : axes?.length) ?? known(starts)?.length ?? known(ends)?.length;
  if (axes === undefined || count === undefined) return undefined;
  const normal = axes === 'absent' ? Array.from({ length: count }, (_, i) => i) : axesOf(axes, rank);
  return normal?.map((axis, i) => ({
    axis,
    start: known(starts)?.[i],
    end: known(ends)?.[i],
    step: steps === 'absent' ? ONE : steps?.[i],
  }));
}

function cutSize(ctx: InferContext, size: Dim | undefined, { start, end, step }: Cut): Dim | undefined {
  if (size === undefined) return undefined;
  const stride = step?.value;
  if (start !== undefined && end !== undefined && stride) return sliceSize(size, start, end, stride);
  ctx.unknown('the limits of Slice depend on the data');
  return ctx.fresh('slice');
}

function inferSlice(ctx: InferContext): void {
  const shape = ctx.shape(0);
  const cuts = shape && cutsOf(ctx, shape.length);
  if (shape === undefined || cuts === undefined) {
    ctx.setTensor(0, ctx.dtype(0), shape && new Array<undefined>(shape.length).fill(undefined));
    return;
  }
  const result = [...shape];
  for (const cut of cuts) result[cut.axis] = cutSize(ctx, result[cut.axis], cut);
  const concrete = concreteCuts(cuts, concreteShape(shape));
  setMoved(ctx, result, concrete && ((from, sizes) => slice(from, sizes, concrete)));
}

function concreteCuts(cuts: readonly Cut[], sizes: readonly number[] | undefined): ConcreteCut[] | undefined {
  if (sizes === undefined) return undefined;
  const result: ConcreteCut[] = [];
  for (const { axis, start, end, step } of cuts) {
    const [from, to, stride] = [start?.value, end?.value, step?.value];
    if (from === undefined || to === undefined || !stride) return undefined;
    result.push({ axis, step: stride, ...sliceRange(sizes[axis] as number, from, to, stride) });
  }
  return result;
}

function slice(from: Elements, sizes: readonly number[], cuts: readonly ConcreteCut[]): Elements {
  const strides = stridesOf(sizes);
  const shape = [...sizes];
  let offset = 0;
  for (const { axis, start, length, step } of cuts) {
    shape[axis] = length;
    offset += start * (strides[axis] as number);
    strides[axis] = (strides[axis] as number) * step;
  }
  return readRegion(from, { offset: elementCount(shape) === 0 ? 0 : offset, strides }, shape);
}

function evaluateSlice(ctx: EvalContext): DenseTensor[] {
  const { shape } = required(ctx.inputs, 0);
  const starts = valid(integersGiven(ctx, 'starts', 1), 'no starts');
  const ends = valid(integersGiven(ctx, 'ends', 2), 'no ends');
  const axes = integersGiven(ctx, 'axes', 3) ?? starts.map((_, i) => i);
  const steps = integersGiven(ctx, undefined, 4);
  const normal = valid(axesOf(axes, shape.length), `no axes ${axes} in [${shape}]`);
  const result = [...shape];
  const cuts = normal.map((axis, i) => {
    const step = valid((steps?.[i] ?? 1) || undefined, 'a step of Slice is 0');
    const range = sliceRange(result[axis] as number, starts[i] as number, valid(ends[i], 'too few ends'), step);
    result[axis] = range.length;
    return { axis, step, ...range };
  });
  return [movedTensor(ctx, 0, result, (from) => slice(from, shape, cuts))];
}

/** Slice. */
export const definitions: readonly OpDefinition[] = [{ name: 'Slice', infer: inferSlice, evaluate: evaluateSlice }];
