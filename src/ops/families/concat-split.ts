import { Dim } from '../../symbolic/dim.js';
import type { DenseTensor } from '../../tensor/dense.js';
import { elementCount } from '../../tensor/dense.js';
import { required } from '../lib/alloc.js';
import { concreteShape } from '../lib/content.js';
import {
  allocateLike,
  type Content,
  contentOf,
  type Elements,
  elementsOf,
  elementsOfContent,
  tensorOf,
} from '../lib/elements.js';
import { axisOf, integerParameter, integersGiven, valid } from '../lib/known.js';
import { movedContent, movedTensor } from '../lib/moved.js';
import { copyRegion, readRegion } from '../lib/movement.js';
import { stridesOf } from '../lib/shapes.js';
import type { EvalContext, InferContext, OpDefinition, Shape } from '../types.js';
import { CONTENT_LIMIT } from '../types.js';

interface Part {
  readonly elements: Elements;
  readonly shape: readonly number[];
}

function concat(parts: readonly Part[], axis: number): { shape: number[]; elements: Elements } {
  const [first] = parts as [Part];
  const shape = [...first.shape];
  shape[axis] = parts.reduce((sum, part) => sum + (part.shape[axis] as number), 0);
  const result = allocateLike(first.elements, elementCount(shape));
  const strides = stridesOf(shape);
  let offset = 0;
  for (const part of parts) {
    const source = { offset: 0, strides: stridesOf(part.shape) };
    copyRegion(result, { offset, strides }, part.elements, source, part.shape);
    offset += (part.shape[axis] as number) * (strides[axis] as number);
  }
  return { shape, elements: result };
}

function inferConcat(ctx: InferContext): void {
  const inputs = Array.from({ length: ctx.inputCount }, (_, i) => i).filter((i) => ctx.hasInput(i));
  const dtype = inputs.map((i) => ctx.dtype(i)).find((type) => type !== undefined);
  const shapes = inputs.map((i) => ctx.shape(i));
  const rank = shapes.find((shape) => shape !== undefined)?.length;
  const axis = rank === undefined ? undefined : axisOf(ctx.attributes.int('axis', 1), rank);
  if (rank === undefined || axis === undefined) {
    ctx.setTensor(0, dtype, undefined);
    return;
  }
  const result: (Dim | undefined)[] = new Array(rank).fill(undefined);
  const sites: (number | undefined)[] = [];
  let total: Dim | undefined = Dim.of(0);
  shapes.forEach((shape, i) => {
    if (shape?.length !== rank) {
      total = undefined;
      return;
    }
    const input = inputs[i] as number;
    shape.forEach((dim, at) => {
      if (at === axis) total = dim && total?.add(dim);
      else {
        const where = [sites[at] ?? input, input].map((site) => ({ input: site, axis: at }));
        result[at] = ctx.unify(result[at], dim, `axis ${at} of Concat`, where);
        if (dim !== undefined) sites[at] ??= input;
      }
    });
  });
  result[axis] = total;
  ctx.setTensor(0, dtype, result, concatContent(ctx, inputs, result, axis));
}

function concatContent(ctx: InferContext, inputs: readonly number[], result: Shape, axis: number): Content | undefined {
  const sizes = concreteShape(result);
  if (sizes === undefined || elementCount(sizes) > CONTENT_LIMIT) return undefined;
  const contents = inputs.map((i) => ctx.content(i));
  if (contents.every((content) => content === undefined)) return undefined;
  if (result.length === 1) return joinVectors(ctx, inputs, contents);
  const parts = inputs.map((input, i) => {
    // Sizes that conflicted were reported; the elements have no place then.
    const shape = concreteShape(ctx.shape(input));
    if (shape === undefined || shape.some((size, at) => at !== axis && size !== sizes[at])) return undefined;
    const content = contents[i] ?? new Array<undefined>(elementCount(shape)).fill(undefined);
    return { shape, elements: elementsOfContent(content) };
  });
  return parts.every((part) => part !== undefined) ? contentOf(concat(parts, axis).elements) : undefined;
}

/** Shapes are put together from vectors. */
function joinVectors(
  ctx: InferContext,
  inputs: readonly number[],
  contents: readonly (Content | undefined)[],
): Content {
  return contents.flatMap((content, i) => {
    if (content !== undefined) return content;
    return new Array<undefined>(ctx.shape(inputs[i] as number)?.[0]?.value ?? 0).fill(undefined);
  });
}

function evaluateConcat({ attributes, inputs }: EvalContext): DenseTensor[] {
  const tensors = inputs.filter((input) => input !== undefined);
  const first = required(tensors, 0);
  const rank = first.shape.length;
  const axis = valid(axisOf(attributes.int('axis', 1), rank), 'the axis of Concat does not exist');
  for (const { shape, dtype } of tensors) {
    const fits = shape.length === rank && shape.every((size, at) => at === axis || size === first.shape[at]);
    valid(fits && dtype === first.dtype ? shape : undefined, `[${shape}] does not fit to [${first.shape}]`);
  }
  const parts = tensors.map((tensor) => ({ shape: tensor.shape, elements: elementsOf(tensor) }));
  const { shape, elements } = concat(parts, axis);
  return [tensorOf(first.dtype, shape, elements)];
}

/** The sizes that Split gives; undefined where unknown. */
function splitSizes(ctx: InferContext, dim: Dim | undefined, axis: number): Shape {
  const count = ctx.outputCount;
  const given = integerParameter(ctx, 'split', 1);
  if (given === undefined) return new Array<undefined>(count).fill(undefined);
  if (given === 'absent') return equalSizes(ctx, dim, ctx.attributes.int('num_outputs', count));
  const sizes = [...given];
  const unknown = sizes.indexOf(undefined);
  if (unknown < 0) {
    const sum = sizes.reduce<Dim>((total, size) => total.add(size as Dim), Dim.of(0));
    const size = ctx.unify(dim, sum, 'sum of the sizes of Split', [{ input: 0, axis }]);
    if (sizes.length === 1) sizes[0] = size;
  } else if (dim !== undefined && sizes.lastIndexOf(undefined) === unknown) {
    sizes[unknown] = sizes.reduce<Dim>((rest, size) => (size === undefined ? rest : rest.sub(size)), dim);
  }
  return sizes;
}

/** Since opset 18, the last one takes what is left; before, sizes must be equal. */
function equalSizes(ctx: InferContext, dim: Dim | undefined, count: number): Shape {
  if (dim === undefined || !(count > 0 && count <= ctx.outputCount)) return [];
  const exact = dim.exactQuotient(count);
  const size = exact ?? (ctx.opset < 18 ? dim.floorDiv(count) : dim.ceilDiv(count));
  const sizes = new Array<Dim>(count).fill(size);
  if (exact === undefined && ctx.opset >= 18) sizes[count - 1] = dim.sub(size.mul(count - 1));
  return sizes;
}

function inferSplit(ctx: InferContext): void {
  const shape = ctx.shape(0);
  const axis = shape && axisOf(ctx.attributes.int('axis', 0), shape.length);
  const sizes = shape && axis !== undefined ? splitSizes(ctx, shape[axis], axis) : [];
  let offset: number | undefined = 0;
  for (let i = 0; i < ctx.outputCount; i++) {
    if (shape === undefined || axis === undefined) {
      ctx.setTensor(i, ctx.dtype(0), undefined);
      continue;
    }
    const part = shape.with(axis, sizes[i]);
    const to = concreteShape(part);
    const start: number | undefined = offset;
    const isSmall = to !== undefined && start !== undefined && elementCount(to) <= CONTENT_LIMIT;
    ctx.setTensor(
      i,
      ctx.dtype(0),
      part,
      isSmall ? movedContent(ctx, 0, (from, own) => slab(from, own, axis, start, to[axis] as number)) : undefined,
    );
    const size = sizes[i]?.value;
    offset = offset === undefined || size === undefined ? undefined : offset + size;
  }
}

/** The part of a tensor from `start` on along one axis. */
function slab(from: Elements, sizes: readonly number[], axis: number, start: number, length: number): Elements {
  const strides = stridesOf(sizes);
  const offset = start * (strides[axis] as number);
  return readRegion(from, { offset, strides }, sizes.with(axis, Math.min(length, (sizes[axis] as number) - start)));
}

function evaluateSplit(ctx: EvalContext): DenseTensor[] {
  const x = required(ctx.inputs, 0);
  const axis = valid(axisOf(ctx.attributes.int('axis', 0), x.shape.length), 'the axis of Split does not exist');
  const total = x.shape[axis] as number;
  const count = ctx.attributes.int('num_outputs', ctx.outputCount);
  valid(count > 0 && count <= ctx.outputCount ? count : undefined, `${count} parts for ${ctx.outputCount} outputs`);
  const sizes = integersGiven(ctx, 'split', 1) ?? evenly(total, count);
  const sum = sizes.reduce((all, size) => all + size, 0);
  valid(
    sum === total && sizes.every((size) => size >= 0) ? sum : undefined,
    `${total} cannot be split into ${sizes.join(' + ')}`,
  );
  let start = 0;
  return sizes.map((size) => {
    const part = movedTensor(ctx, 0, x.shape.with(axis, size), (from) => slab(from, x.shape, axis, start, size));
    start += size;
    return part;
  });
}

function evenly(total: number, count: number): number[] {
  const size = Math.ceil(total / count);
  return Array.from({ length: count }, (_, i) => Math.min(size, total - i * size));
}

/** Operators that join tensors along an axis, or part them. */
export const definitions: readonly OpDefinition[] = [
  { name: 'Concat', infer: inferConcat, evaluate: evaluateConcat },
  { name: 'Split', infer: inferSplit, evaluate: evaluateSplit },
];
