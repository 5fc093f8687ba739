import { Dim } from '../../symbolic/dim.js';
import type { DenseTensor } from '../../tensor/dense.js';
import { required } from '../lib/alloc.js';
import { checkedCount, type Elements, elementsOf, elementsOfContent, newTensor } from '../lib/elements.js';
import { gatherPositions } from '../lib/index-positions.js';
import { axesOf, integerParameter, integersGiven, numberParameter, valid } from '../lib/known.js';
import { movedTensor, setMixed } from '../lib/moved.js';
import { readBlocks } from '../lib/movement.js';
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

/** Axis by axis: from which position of the axis each position of the result comes, -1 for the constant. */
function pad(
  from: Elements,
  sizes: readonly number[],
  ends: readonly Ends<number>[],
  mode: string,
  value: Elements,
): Elements {
  let current = from;
  const shape = [...sizes];
  ends.forEach(([head, tail], axis) => {
    if (head === 0 && tail === 0) return;
    const sources = sourcesOf(shape[axis] as number, head, tail, mode);
    // To gather, a constant is an index that is not known.
    const positions = gatherPositions(shape, axis, sources);
    const block = shape.slice(axis + 1).reduce((product, size) => product * size, 1);
    current = readBlocks(current, positions, block, mode === 'constant' ? value : undefined);
    shape[axis] = sources.length;
  });
  return current === from ? { units: from.units.slice() as typeof from.units, width: from.width } : current;
}

function sourcesOf(size: number, head: number, tail: number, mode: string): Float64Array {
  // What is cut off is not there to be repeated either.
  const first = Math.max(0, -head);
  const count = size - first - Math.max(0, -tail);
  const length = size + head + tail;
  if (count < 0 || length < 0) throw new EvaluationError(`an axis of ${size} cannot be cut by ${-head} and ${-tail}`);
  checkedCount([length]);
  const source = sourceOf(mode, count);
  return Float64Array.from({ length }, (_, i) => first + source(i - Math.max(0, head)));
}

/** The position in [0, count) that position i, before or after it, repeats; NaN for none. */
function sourceOf(mode: string, count: number): (i: number) => number {
  if (mode !== 'constant' && count <= 0) throw new EvaluationError(`an empty axis cannot be padded by ${mode}`);
  switch (mode) {
    case 'constant':
      return (i) => (i >= 0 && i < count ? i : Number.NaN);
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
