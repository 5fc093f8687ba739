import { Dim } from '../../symbolic/dim.js';
import { type DenseTensor, elementCount } from '../../tensor/dense.js';
import { required } from '../lib/alloc.js';
import {
  allocateLike,
  checkedCount,
  type Elements,
  elementsOf,
  elementsOfContent,
  fill,
  newTensor,
} from '../lib/elements.js';
import { gatherPositions } from '../lib/index-positions.js';
import { axesOf, integerParameter, integersGiven, numberParameter, valid } from '../lib/known.js';
import { movedTensor, setMixed } from '../lib/moved.js';
import { copyRegion, readBlocks } from '../lib/movement.js';
import { stridesOf } from '../lib/shapes.js';
import type { EvalContext, InferContext, OpDefinition, Shape } from '../types.js';
import { EvaluationError } from '../types.js';

/** How many positions are added before and after an axis; cut off where negative. */
type Ends<T> = readonly [head: T, tail: T];

const ZERO = Dim.of(0);
const NOTHING: Ends<number> = [0, 0];

/** The attribute that holds the amounts before they became an input. */
function amountsName(opset: number): string {
  return opset < 2 ? 'paddings' : 'pads';
}

/** What is added to every axis; undefined when it is not known to which. */
function endsOf(ctx: InferContext, rank: number): Ends<Dim | undefined>[] | undefined {
  const axes = numberParameter(ctx, undefined, 3);
  const normal = axes === 'absent' ? Array.from({ length: rank }, (_, axis) => axis) : axes && axesOf(axes, rank);
  const amounts = integerParameter(ctx, amountsName(ctx.opset), 1);
  const given: Shape = amounts === undefined || amounts === 'absent' ? [] : amounts;
  return normal && spread<Dim | undefined>(normal, given, rank, ZERO);
}

/** All heads, then all tails, of the axes given. */
function spread<T>(axes: readonly number[], amounts: readonly T[], rank: number, nothing: T): Ends<T>[] {
  const ends = new Array<Ends<T>>(rank).fill([nothing, nothing]);
  axes.forEach((axis, i) => {
    ends[axis] = [amounts[i] as T, amounts[i + axes.length] as T];
  });
  return ends;
}

function inferPad(ctx: InferContext): void {
  const shape = ctx.shape(0);
  const ends = shape && endsOf(ctx, shape.length);
  const result = shape?.map((dim, axis) => {
    const [head, tail] = ends?.[axis] ?? [];
    return dim && head && tail ? dim.add(head).add(tail) : undefined;
  });
  if (shape !== undefined && result?.some((dim, axis) => dim === undefined && shape[axis] !== undefined)) {
    ctx.unknown('the amounts of Pad depend on the data');
  }
  const concrete = ends && concreteEnds(ends);
  setMixed(ctx, result, concrete && ((from, sizes) => pad(from, sizes, concrete, modeOf(ctx), symbolicValue(ctx))));
}

function concreteEnds(ends: readonly Ends<Dim | undefined>[]): Ends<number>[] | undefined {
  const result: Ends<number>[] = [];
  for (const [head, tail] of ends) {
    const [before, after] = [head?.value, tail?.value];
    if (before === undefined || after === undefined) return undefined;
    result.push([before, after]);
  }
  return result;
}

function modeOf({ attributes }: Pick<InferContext, 'attributes'>): string {
  return attributes.string('mode', 'constant');
}

function symbolicValue(ctx: InferContext): Elements {
  if (ctx.hasInput(2)) return elementsOfContent([ctx.content(2)?.[0]]);
  // An attribute is a float, which no size is made of.
  return elementsOfContent([ctx.attributes.float('value', 0) === 0 ? ZERO : undefined]);
}

function pad(
  from: Elements,
  sizes: readonly number[],
  ends: readonly Ends<number>[],
  mode: string,
  value: Elements,
): Elements {
  return mode === 'constant' ? surround(from, sizes, ends, value) : extend(from, sizes, ends, mode);
}

/** What is left of the input after cutting, amid copies of a value. */
function surround(from: Elements, sizes: readonly number[], ends: readonly Ends<number>[], value: Elements): Elements {
  const inside = sizes.map((size, axis) => insideOf(size, ends[axis] as Ends<number>));
  const shape = sizes.map((size, axis) => size + (ends[axis] as Ends<number>)[0] + (ends[axis] as Ends<number>)[1]);
  const result = allocateLike(from, checkedCount(shape));
  fill(result, value);
  const region = (of: readonly number[], starts: readonly number[]) => {
    const strides = stridesOf(of);
    return { offset: starts.reduce((offset, start, axis) => offset + start * (strides[axis] as number), 0), strides };
  };
  const target = region(
    shape,
    ends.map(([head]) => Math.max(0, head)),
  );
  const source = region(
    sizes,
    inside.map(({ first }) => first),
  );
  copyRegion(
    result,
    target,
    from,
    source,
    inside.map(({ count }) => count),
  );
  return result;
}

/** Axis by axis: from which position of the axis each position of the result comes. */
function extend(from: Elements, sizes: readonly number[], ends: readonly Ends<number>[], mode: string): Elements {
  let current = from;
  const shape = [...sizes];
  ends.forEach((own, axis) => {
    if (own[0] === 0 && own[1] === 0) return;
    const sources = sourcesOf(shape[axis] as number, own, mode);
    const block = elementCount(shape.slice(axis + 1));
    current = readBlocks(current, gatherPositions(shape, axis, sources), block);
    shape[axis] = sources.length;
  });
  return current === from ? { units: from.units.slice() as typeof from.units, width: from.width } : current;
}

/** What is cut off is not there to be repeated either. */
function insideOf(size: number, [head, tail]: Ends<number>): { first: number; count: number } {
  const first = Math.max(0, -head);
  const count = size - first - Math.max(0, -tail);
  if (count < 0) throw new EvaluationError(`an axis of ${size} cannot be cut by ${-head} and ${-tail}`);
  return { first, count };
}

function sourcesOf(size: number, ends: Ends<number>, mode: string): Float64Array {
  const { first, count } = insideOf(size, ends);
  const [head, tail] = ends;
  if (count === 0) throw new EvaluationError(`an empty axis cannot be padded by ${mode}`);
  const source = sourceOf(mode, count);
  const length = checkedCount([size + head + tail]);
  return Float64Array.from({ length }, (_, i) => first + source(i - Math.max(0, head)));
}

/** The position in [0, count) that position i, before or after it, repeats. */
function sourceOf(mode: string, count: number): (i: number) => number {
  switch (mode) {
    case 'edge':
      return (i) => Math.min(Math.max(i, 0), count - 1);
    case 'wrap':
      return (i) => ((i % count) + count) % count;
    case 'reflect': {
      const period = Math.max(1, 2 * (count - 1));
      return (i) => {
        const at = ((i % period) + period) % period;
        return at < count ? at : period - at;
      };
    }
    default:
      throw new EvaluationError(`Pad has no mode ${mode}`);
  }
}

function evaluatePad(ctx: EvalContext): DenseTensor[] {
  const { shape, dtype } = required(ctx.inputs, 0);
  const amounts = valid(integersGiven(ctx, amountsName(ctx.opset), 1), 'no amounts');
  const axes = valid(axesOf(integersGiven(ctx, undefined, 3) ?? shape.map((_, i) => i), shape.length), 'no such axes');
  valid(amounts.length === 2 * axes.length ? amounts : undefined, `${amounts.length} amounts for ${axes.length} axes`);
  const ends = spread(axes, amounts, shape.length, 0);
  const result = shape.map((size, axis) => {
    const [head, tail] = ends[axis] ?? NOTHING;
    return size + head + tail;
  });
  const value = fillOf(ctx, dtype);
  return [movedTensor(ctx, 0, result, (from) => pad(from, shape, ends, modeOf(ctx), value))];
}

function fillOf(ctx: EvalContext, dtype: number): Elements {
  const given = ctx.inputs[2];
  if (given !== undefined) return elementsOf(given);
  const { tensor, elements } = newTensor(dtype, []);
  const value = ctx.attributes.float('value', 0);
  if (value !== 0) (tensor.data as Float32Array)[0] = value;
  return elements;
}

/** Pad. */
export const definitions: readonly OpDefinition[] = [{ name: 'Pad', infer: inferPad, evaluate: evaluatePad }];
