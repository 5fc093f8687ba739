import { Dim } from '../../symbolic/dim.js';
import type { DenseTensor } from '../../tensor/dense.js';
import { elementCount } from '../../tensor/dense.js';
import { DataType } from '../../tensor/dtype.js';
import { asNumbers, isComplex, required } from '../lib/alloc.js';
import { concreteShape } from '../lib/content.js';
import {
  type Content,
  checkedCount,
  contentOf,
  type Elements,
  elementsOf,
  elementsOfContent,
  tensorOf,
} from '../lib/elements.js';
import { gatherPositions, type Indices, indicesOfContent } from '../lib/index-positions.js';
import { axisOf, dimOf, product, valid } from '../lib/known.js';
import { movedTensor, setMoved } from '../lib/moved.js';
import { readBlocks } from '../lib/movement.js';
import { stridesOf } from '../lib/shapes.js';
import type { EvalContext, InferContext, OpDefinition, Shape } from '../types.js';
import { CONTENT_LIMIT } from '../types.js';

/** An element as a truth value, where that is decided. */
function isTrue(element: Content[number]): boolean | undefined {
  if (typeof element === 'number') return element !== 0;
  if (!(element instanceof Dim)) return undefined;
  if (element.isZero()) return false;
  return element.differsFrom(0) || undefined;
}

/** Indices of the elements that are true; undefined when one is not decided. */
function trueIndices(content: Content): number[] | undefined {
  const result: number[] = [];
  for (const [i, element] of content.entries()) {
    const truth = isTrue(element);
    if (truth === undefined) return undefined;
    if (truth) result.push(i);
  }
  return result;
}

function trueIndicesOf({ data }: DenseTensor): number[] {
  const result: number[] = [];
  for (let i = 0; i < data.length; i++) {
    const element = data[i];
    if (typeof element === 'string' ? element !== '' : typeof element === 'bigint' ? element !== 0n : element !== 0) {
      result.push(i);
    }
  }
  return result;
}

/** Coordinates of positions in a shape: all of the first axis, then all of the second ... */
function coordinates(positions: readonly number[], shape: readonly number[]): number[] {
  return stridesOf(shape).flatMap((stride, axis) =>
    positions.map((position) => Math.floor(position / stride) % (shape[axis] as number)),
  );
}

function inferNonZero(ctx: InferContext): void {
  const shape = ctx.shape(0);
  const sizes = concreteShape(shape);
  const content = sizes && ctx.content(0);
  const found = content && trueIndices(content);
  const rank = shape && Dim.of(shape.length);
  if (sizes !== undefined && found !== undefined) {
    const positions = coordinates(found, sizes).map((x) => Dim.of(x));
    ctx.setTensor(0, DataType.INT64, [rank, Dim.of(found.length)], positions);
    return;
  }
  // Exporters write NonZero(ConstantOfShape(n)) for 0, 1 ... n - 1.
  const isFilled = isTrue(ctx.tensor(0)?.fill);
  const count = isFilled === undefined ? undefined : isFilled ? shape && product(shape) : Dim.of(0);
  if (count === undefined) ctx.unknown('the number of elements that are not zero depends on the data');
  ctx.setTensor(0, DataType.INT64, [rank, count ?? ctx.fresh('nonzero')]);
}

function evaluateNonZero({ inputs }: EvalContext): DenseTensor[] {
  const x = required(inputs, 0);
  valid(isComplex(x.dtype) ? undefined : x, 'complex numbers are not supported');
  const found = trueIndicesOf(x);
  const data = BigInt64Array.from(coordinates(found, x.shape), BigInt);
  return [{ dtype: DataType.INT64, shape: [x.shape.length, found.length], data }];
}

/** Compress takes the slices of an axis, or of all elements in a row, whose condition is true. */
function compress(
  from: Elements,
  sizes: readonly number[],
  axis: number | undefined,
  kept: readonly number[],
): Elements {
  const shape = axis === undefined ? [elementCount(sizes)] : sizes;
  const at = axis ?? 0;
  return readBlocks(from, gatherPositions(shape, at, kept), elementCount(shape.slice(at + 1)));
}

function inferCompress(ctx: InferContext): void {
  const shape = ctx.shape(0);
  const given = ctx.attributes.int('axis');
  const axis = given === undefined || shape === undefined ? undefined : axisOf(given, shape.length);
  const content = ctx.content(1);
  const kept = content && trueIndices(content);
  if (kept === undefined) ctx.unknown('what Compress keeps depends on the data');
  const count = kept === undefined ? ctx.fresh('compress') : Dim.of(kept.length);
  const result = axis === undefined ? (given === undefined ? [count] : undefined) : shape?.with(axis, count);
  const limit = axis === undefined ? product(shape ?? [undefined]) : shape?.[axis];
  const isInside = kept !== undefined && limit?.value !== undefined && kept.every((i) => i < (limit.value as number));
  setMoved(ctx, result, isInside ? (from, sizes) => compress(from, sizes, axis, kept) : undefined);
}

function evaluateCompress(ctx: EvalContext): DenseTensor[] {
  const { shape } = required(ctx.inputs, 0);
  const given = ctx.attributes.int('axis');
  const axis =
    given === undefined ? undefined : valid(axisOf(given, shape.length), 'the axis of Compress does not exist');
  const kept = trueIndicesOf(required(ctx.inputs, 1));
  const result = axis === undefined ? [kept.length] : shape.with(axis, kept.length);
  return [movedTensor(ctx, 0, result, (from, sizes) => compress(from, sizes, axis, kept))];
}

/** Elements of [off, on], the latter where the new axis is at the index; negative indices count from the end. */
function oneHot(values: Elements, indices: Indices, shape: readonly number[], axis: number): Elements {
  const depth = shape[axis] as number;
  const inner = elementCount(shape.slice(axis + 1));
  const positions = new Float64Array(checkedCount(shape));
  for (let i = 0; i < indices.length; i++) {
    const index = Math.trunc(indices[i] as number);
    const hot = index < 0 ? index + depth : index;
    if (hot >= 0 && hot < depth) positions[Math.floor(i / inner) * depth * inner + hot * inner + (i % inner)] = 1;
  }
  return readBlocks(values, positions, 1);
}

function inferOneHot(ctx: InferContext): void {
  const indices = ctx.shape(0);
  const axis = indices && axisOf(ctx.attributes.int('axis', -1), indices.length + 1);
  const depth = ctx.content(1)?.[0];
  const size = typeof depth === 'number' ? Dim.of(Math.trunc(depth)) : dimOf(depth);
  if (size === undefined) ctx.unknown('the depth of OneHot depends on the data');
  const shape = axis === undefined ? undefined : indices?.toSpliced(axis, 0, size ?? ctx.fresh('depth'));
  ctx.setTensor(0, ctx.dtype(2), shape, axis === undefined ? undefined : oneHotContent(ctx, shape, axis));
}

function oneHotContent(ctx: InferContext, shape: Shape | undefined, axis: number): Content | undefined {
  const sizes = concreteShape(shape);
  if (sizes === undefined || elementCount(sizes) > CONTENT_LIMIT) return undefined;
  const [content, values] = [ctx.content(0), ctx.content(2)];
  const indices = content && indicesOfContent(content);
  if (values === undefined || indices === undefined || indices.some(Number.isNaN)) return undefined;
  return contentOf(oneHot(elementsOfContent(values), indices, sizes, axis));
}

function evaluateOneHot({ attributes, inputs }: EvalContext): DenseTensor[] {
  const indices = required(inputs, 0);
  const depth = Math.trunc(asNumbers(required(inputs, 1))[0] as number);
  const values = required(inputs, 2);
  const axis = axisOf(attributes.int('axis', -1), indices.shape.length + 1);
  const at = valid(depth > 0 ? axis : undefined, 'OneHot needs an axis that exists and a positive depth');
  const shape = indices.shape.toSpliced(at, 0, depth);
  return [tensorOf(values.dtype, shape, oneHot(elementsOf(values), asNumbers(indices), shape, at))];
}

/** Operators whose results are as long as the data say, and OneHot. */
export const definitions: readonly OpDefinition[] = [
  { name: 'NonZero', infer: inferNonZero, evaluate: evaluateNonZero },
  { name: 'Compress', infer: inferCompress, evaluate: evaluateCompress },
  { name: 'OneHot', infer: inferOneHot, evaluate: evaluateOneHot },
];
