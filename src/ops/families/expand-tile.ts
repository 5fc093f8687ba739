import { Dim } from '../../symbolic/dim.js';
import type { DenseTensor } from '../../tensor/dense.js';
import { integers, required } from '../lib/alloc.js';
import { unifyBroadcast } from '../lib/broadcast-dims.js';
import { concreteShape } from '../lib/content.js';
import { allocateLike, copyRun, type Elements } from '../lib/elements.js';
import { axisOf, integerParameter, valid } from '../lib/known.js';
import { movedTensor, setMoved } from '../lib/moved.js';
import { readRegion } from '../lib/movement.js';
import { broadcastShapes, broadcastStrides, stridesOf } from '../lib/shapes.js';
import type { EvalContext, InferContext, OpDefinition, Shape } from '../types.js';

function expand(from: Elements, sizes: readonly number[], to: readonly number[]): Elements {
  return readRegion(from, { offset: 0, strides: broadcastStrides(sizes, to) }, to);
}

/** Both ways: the target may have 1 where the input has more. */
function expandShape(ctx: InferContext): Shape | undefined {
  const target = integerParameter(ctx, undefined, 1);
  const shape = ctx.shape(0);
  if (target === undefined || target === 'absent') {
    ctx.unknown('the target of Expand is not known');
    return undefined;
  }
  if (shape === undefined) return undefined;
  const operands = [
    { input: 0, shape },
    { input: 1, shape: target },
  ];
  return unifyBroadcast(operands, (a, b, where) => ctx.unify(a, b, 'broadcasting of Expand', [...where]) as Dim);
}

function inferExpand(ctx: InferContext): void {
  const result = expandShape(ctx);
  const to = concreteShape(result);
  const from = concreteShape(ctx.shape(0));
  const fits = from?.every((size, axis) => size === 1 || size === to?.[axis + (to.length - from.length)]);
  setMoved(ctx, result, to && fits ? (elements, sizes) => expand(elements, sizes, to) : undefined);
}

function evaluateExpand(ctx: EvalContext): DenseTensor[] {
  const { shape } = required(ctx.inputs, 0);
  const to = broadcastShapes([shape, integers(required(ctx.inputs, 1))]);
  return [movedTensor(ctx, 0, to, (from) => expand(from, shape, to))];
}

/** Repeats a tensor along its axes, from the last one on, so that each step copies long runs. */
function tile(from: Elements, sizes: readonly number[], repeats: readonly number[]): Elements {
  let current = from;
  let block = 1;
  for (let axis = sizes.length - 1; axis >= 0; axis--) {
    const times = repeats[axis] as number;
    block *= sizes[axis] as number;
    if (times !== 1) {
      const blocks = block === 0 ? 0 : current.units.length / current.width / block;
      const next = allocateLike(from, blocks * block * times);
      for (let i = 0; i < blocks * times; i++) copyRun(next, i * block, current, Math.floor(i / times) * block, block);
      current = next;
    }
    block *= times;
  }
  return current === from ? readRegion(from, { offset: 0, strides: stridesOf(sizes) }, sizes) : current;
}

/** How often each axis is repeated; opset 1 repeats one axis (input 2) as often as input 1 says. */
function repeatsOf(ctx: InferContext): Shape | undefined {
  const repeats = integerParameter(ctx, undefined, 1);
  if (repeats === undefined || repeats === 'absent') return undefined;
  if (ctx.opset >= 6) return repeats;
  const rank = ctx.shape(0)?.length;
  const axes = integerParameter(ctx, undefined, 2);
  const given = axes === 'absent' ? undefined : axes?.[0]?.value;
  const axis = rank === undefined || given === undefined ? undefined : axisOf(given, rank);
  if (rank === undefined || axis === undefined) return undefined;
  return new Array<Dim | undefined>(rank).fill(Dim.of(1)).with(axis, repeats[0]);
}

function inferTile(ctx: InferContext): void {
  const shape = ctx.shape(0);
  const repeats = repeatsOf(ctx);
  // There is one repeat an axis, so that either of them tells the rank.
  const rank = shape?.length ?? repeats?.length;
  const result =
    rank === undefined
      ? undefined
      : Array.from({ length: rank }, (_, axis) => {
          const [size, times] = [shape?.[axis], repeats?.[axis]];
          return size && times?.mul(size);
        });
  const times = concreteShape(repeats);
  setMoved(ctx, result, times && times.length === rank ? (from, sizes) => tile(from, sizes, times) : undefined);
}

function evaluateTile(ctx: EvalContext): DenseTensor[] {
  const { shape } = required(ctx.inputs, 0);
  const given = integers(required(ctx.inputs, 1));
  const axis = ctx.opset < 6 ? integers(required(ctx.inputs, 2))[0] : undefined;
  const repeats = axis === undefined ? given : shape.map((_, at) => (at === axis ? (given[0] as number) : 1));
  valid(repeats.length === shape.length ? repeats : undefined, `repeats [${repeats}] do not fit to [${shape}]`);
  const result = shape.map((size, at) => size * (repeats[at] as number));
  return [movedTensor(ctx, 0, result, (from) => tile(from, shape, repeats))];
}

/** Operators that repeat what is there. */
export const definitions: readonly OpDefinition[] = [
  { name: 'Expand', infer: inferExpand, evaluate: evaluateExpand },
  { name: 'Tile', infer: inferTile, evaluate: evaluateTile },
];
