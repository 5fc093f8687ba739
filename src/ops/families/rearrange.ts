import type { Dim } from '../../symbolic/dim.js';
import type { DenseTensor } from '../../tensor/dense.js';
import { integers, required } from '../lib/alloc.js';
import { allocateLike, copyRun, type Elements, elementsOf, tensorOf, zeroRun } from '../lib/elements.js';
import { axisOf, dimOf, valid } from '../lib/known.js';
import { movedTensor, setMixed, setMoved } from '../lib/moved.js';
import { permute } from '../lib/movement.js';
import type { Attributes, EvalContext, InferContext, OpDefinition, Shape } from '../types.js';

/** The order of axes that Transpose gives; reversed by default. */
function orderOf(attributes: Attributes, rank: number): number[] | undefined {
  const order = attributes.ints('perm');
  if (order === undefined) return Array.from({ length: rank }, (_, axis) => rank - 1 - axis);
  const normal = order.map((axis) => axisOf(axis, rank) ?? -1);
  const isPermutation = normal.length === rank && new Set(normal).size === rank && !normal.includes(-1);
  return isPermutation ? normal : undefined;
}

function inferTranspose(ctx: InferContext): void {
  const shape = ctx.shape(0);
  // The attribute alone gives the rank.
  const rank = shape?.length ?? ctx.attributes.ints('perm')?.length;
  const order = rank === undefined ? undefined : orderOf(ctx.attributes, rank);
  if (order === undefined) {
    if (rank !== undefined) ctx.unknown('perm is no order of the axes');
    ctx.setTensor(0, ctx.dtype(0), undefined);
  } else
    setMoved(
      ctx,
      order.map((axis) => shape?.[axis]),
      (from, sizes) => permute(from, sizes, order),
    );
}

function evaluateTranspose(ctx: EvalContext): DenseTensor[] {
  const { shape } = required(ctx.inputs, 0);
  const order = valid(orderOf(ctx.attributes, shape.length), 'perm is no order of the axes');
  const sizes = order.map((axis) => shape[axis] as number);
  return [movedTensor(ctx, 0, sizes, (from) => permute(from, shape, order))];
}

/** How DepthToSpace and SpaceToDepth see [N, C, H, W], and in what order they read it. */
interface Blocks {
  readonly sizes: readonly number[];
  readonly order: readonly number[];
  readonly shape: readonly number[];
}

function depthToSpace(attributes: Attributes, [n, c, h, w]: readonly number[]): Blocks {
  const b = attributes.int('blocksize', 1);
  const depth = (c as number) / (b * b);
  const shape = [n, depth, (h as number) * b, (w as number) * b] as number[];
  return attributes.string('mode', 'DCR') === 'CRD'
    ? { sizes: [n, depth, b, b, h, w] as number[], order: [0, 1, 4, 2, 5, 3], shape }
    : { sizes: [n, b, b, depth, h, w] as number[], order: [0, 3, 4, 1, 5, 2], shape };
}

function spaceToDepth(attributes: Attributes, [n, c, h, w]: readonly number[]): Blocks {
  const b = attributes.int('blocksize', 1);
  const [rows, columns] = [(h as number) / b, (w as number) / b];
  const shape = [n, (c as number) * b * b, rows, columns] as number[];
  const order = attributes.string('mode', 'DCR') === 'CRD' ? [0, 1, 3, 5, 2, 4] : [0, 3, 5, 1, 2, 4];
  return { sizes: [n, c, rows, b, columns, b] as number[], order, shape };
}

function inferBlocks(ctx: InferContext, toSpace: boolean): void {
  const shape = ctx.shape(0);
  const b = ctx.attributes.int('blocksize', 1);
  const divided = (dim: Dim | undefined, by: number) =>
    by > 0 ? (dim?.exactQuotient(by) ?? dim?.floorDiv(by)) : undefined;
  const [n, c, h, w] = shape ?? [];
  const result: Shape = toSpace
    ? [n, divided(c, b * b), h?.mul(b), w?.mul(b)]
    : [n, c?.mul(b * b), divided(h, b), divided(w, b)];
  ctx.setTensor(0, ctx.dtype(0), result);
}

function evaluateBlocks(blocksOf: (attributes: Attributes, shape: readonly number[]) => Blocks) {
  return (ctx: EvalContext): DenseTensor[] => {
    const { shape } = required(ctx.inputs, 0);
    const blocks = valid(shape.length === 4 ? blocksOf(ctx.attributes, shape) : undefined, 'four axes are expected');
    valid(blocks.shape.every(Number.isInteger) ? blocks : undefined, `[${shape}] is not made of blocks`);
    return [movedTensor(ctx, 0, blocks.shape, (from) => permute(from, blocks.sizes, blocks.order))];
  };
}

/** A copy of matrices with the part above (or below) the diagonal k set to zero. */
function trilu(from: Elements, sizes: readonly number[], k: number, upper: boolean): Elements {
  const [rows, columns] = sizes.slice(-2) as [number, number];
  const count = from.units.length / from.width;
  const result = allocateLike(from, count);
  copyRun(result, 0, from, 0, count);
  if (rows * columns === 0) return result;
  for (let start = 0; start < count; start += rows * columns) {
    for (let row = 0; row < rows; row++) {
      const kept = Math.min(Math.max(upper ? row + k : row + k + 1, 0), columns);
      const at = start + row * columns;
      if (upper) zeroRun(result, at, kept);
      else zeroRun(result, at + kept, columns - kept);
    }
  }
  return result;
}

function inferTrilu(ctx: InferContext): void {
  const k = ctx.hasInput(1) ? dimOf(ctx.content(1)?.[0])?.value : 0;
  const upper = ctx.attributes.int('upper', 1) !== 0;
  setMixed(ctx, ctx.shape(0), k === undefined ? undefined : (from, sizes) => trilu(from, sizes, k, upper));
}

function evaluateTrilu(ctx: EvalContext): DenseTensor[] {
  const { shape } = required(ctx.inputs, 0);
  valid(shape.length >= 2 ? shape : undefined, 'Trilu takes matrices');
  const k = ctx.inputs[1] === undefined ? 0 : (integers(ctx.inputs[1])[0] as number);
  const upper = ctx.attributes.int('upper', 1) !== 0;
  return [movedTensor(ctx, 0, shape, (from) => trilu(from, shape, k, upper))];
}

function evaluateReverseSequence({ attributes, inputs }: EvalContext): DenseTensor[] {
  const x = required(inputs, 0);
  const lengths = integers(required(inputs, 1));
  const isTimeFirst = attributes.int('time_axis', 0) === 0;
  const [outer, inner] = x.shape as [number, number];
  valid(
    x.shape.length >= 2 && lengths.length === (isTimeFirst ? inner : outer) ? x : undefined,
    'ReverseSequence takes one length for each batch item',
  );
  const longest = lengths.reduce((most, length) => Math.max(most, length), 0);
  valid(longest <= (isTimeFirst ? outer : inner) ? longest : undefined, `a sequence of ${longest} is too long`);
  const from = elementsOf(x);
  const block = x.data.length === 0 ? 0 : from.units.length / from.width / (outer * inner);
  const result = allocateLike(from, outer * inner * block);
  for (let i = 0; i < outer; i++) {
    for (let j = 0; j < inner; j++) {
      const [time, length] = isTimeFirst ? [i, lengths[j] as number] : [j, lengths[i] as number];
      const reversed = time < length ? length - 1 - time : time;
      const source = isTimeFirst ? reversed * inner + j : i * inner + reversed;
      copyRun(result, (i * inner + j) * block, from, source * block, block);
    }
  }
  return [tensorOf(x.dtype, x.shape, result)];
}

/** Operators that put the elements in another order, or blank some of them. */
export const definitions: readonly OpDefinition[] = [
  { name: 'Transpose', infer: inferTranspose, evaluate: evaluateTranspose },
  { name: 'DepthToSpace', infer: (ctx) => inferBlocks(ctx, true), evaluate: evaluateBlocks(depthToSpace) },
  { name: 'SpaceToDepth', infer: (ctx) => inferBlocks(ctx, false), evaluate: evaluateBlocks(spaceToDepth) },
  { name: 'Trilu', infer: inferTrilu, evaluate: evaluateTrilu },
  {
    name: 'ReverseSequence',
    infer: (ctx) => ctx.setTensor(0, ctx.dtype(0), ctx.shape(0)),
    evaluate: evaluateReverseSequence,
  },
];
