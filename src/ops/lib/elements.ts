import { Dim } from '../../symbolic/dim.js';
import type { Scalar } from '../../symbolic/scalar.js';
import type { DenseData, DenseTensor } from '../../tensor/dense.js';
import { elementCount } from '../../tensor/dense.js';
import { DataType } from '../../tensor/dtype.js';
import type { EvalContext } from '../types.js';
import { EvaluationError } from '../types.js';
import { allocate, required } from './alloc.js';

/** Storage of elements whose meaning does not matter. */
export type Units = Uint8Array | Uint16Array | Uint32Array | unknown[];

/**
 * Elements as data movement sees them: `width` units make one. Numbers of every type are moved as raw words, strings and
 * symbolic contents as they are, so that one piece of code moves all of them.
 */
export interface Elements {
  readonly units: Units;
  readonly width: number;
}

/** What is known of a tensor's elements, row-major. */
export type Content = readonly (Scalar | undefined)[];

/** A tensor's elements, sharing its storage. */
export function elementsOf({ dtype, data }: DenseTensor): Elements {
  if (Array.isArray(data)) return { units: data, width: 1 };
  const pair = dtype === DataType.COMPLEX64 || dtype === DataType.COMPLEX128 ? 2 : 1;
  switch (data.BYTES_PER_ELEMENT) {
    case 1:
      return { units: new Uint8Array(data.buffer, data.byteOffset, data.length), width: 1 };
    case 2:
      return { units: new Uint16Array(data.buffer, data.byteOffset, data.length), width: 1 };
    case 4:
      return { units: new Uint32Array(data.buffer, data.byteOffset, data.length), width: pair };
    default:
      return { units: new Uint32Array(data.buffer, data.byteOffset, data.length * 2), width: 2 * pair };
  }
}

/** A symbolic content as elements. Unknown ones are moved like any other. */
export function elementsOfContent(content: Content): Elements {
  return { units: content as unknown[], width: 1 };
}

/** The content that {@link elementsOfContent} was the start of. */
export function contentOf(elements: Elements): Content {
  return elements.units as Content;
}

/** The elements of input i for the result to keep or to change: the input's own storage where nobody else reads it. */
export function ownData(ctx: EvalContext, i: number): DenseData {
  const { data } = required(ctx.inputs, i);
  return ctx.mayOverwrite?.(i) ? data : data.slice();
}

/** A mask of 16,384 x 16,384 still fits; what is larger is no constant that anybody wrote. */
const MAX_ELEMENTS = 2 ** 28;

function checkCount(count: number): void {
  if (!(count >= 0 && count <= MAX_ELEMENTS)) throw new EvaluationError(`a tensor of ${count} elements is too large`);
}

/** The number of elements of a shape that evaluation may make. */
export function checkedCount(shape: readonly number[]): number {
  if (!shape.every((size) => Number.isInteger(size) && size >= 0)) throw new EvaluationError(`[${shape}] is no shape`);
  const count = elementCount(shape);
  checkCount(count);
  return count;
}

/** Room for `count` elements of the same kind: zeros, empty strings are up to the caller. */
export function allocateLike({ units, width }: Elements, count: number): Elements {
  checkCount(count);
  const length = count * width;
  if (Array.isArray(units)) return { units: new Array<unknown>(length).fill(undefined), width };
  if (units instanceof Uint8Array) return { units: new Uint8Array(length), width };
  return { units: units instanceof Uint16Array ? new Uint16Array(length) : new Uint32Array(length), width };
}

/** The elements of a new tensor of this type and shape; strings start empty. */
export function newTensor(dtype: number, shape: readonly number[]): { tensor: DenseTensor; elements: Elements } {
  const count = checkedCount(shape);
  const data: DenseData = dtype === DataType.STRING ? new Array<string>(count).fill('') : allocate(dtype, count);
  const tensor = { dtype, shape, data };
  return { tensor, elements: elementsOf(tensor) };
}

/** Elements that {@link allocateLike} made, as a tensor of the type they came from. */
export function tensorOf(dtype: number, shape: readonly number[], { units }: Elements): DenseTensor {
  if (Array.isArray(units)) return { dtype, shape, data: units as string[] };
  const { buffer, byteOffset, byteLength } = units;
  const View = allocate(dtype, 0).constructor as new (
    buffer: ArrayBufferLike,
    byteOffset: number,
    length: number,
  ) => Exclude<DenseData, string[]>;
  const bytes = allocate(dtype, 0).BYTES_PER_ELEMENT;
  return { dtype, shape, data: new View(buffer, byteOffset, byteLength / bytes) };
}

/** Below this many units, a loop is faster than making views. */
const SHORT_RUN = 24;

/** Copies `count` neighbouring elements; positions count elements. */
export function copyRun(to: Elements, at: number, from: Elements, start: number, count: number): void {
  const { width } = from;
  const length = count * width;
  let target = at * width;
  let source = start * width;
  if (length > SHORT_RUN && !Array.isArray(to.units) && !Array.isArray(from.units)) {
    to.units.set(from.units.subarray(source, source + length), target);
    return;
  }
  for (const end = source + length; source < end; source++) to.units[target++] = from.units[source] as never;
}

/** The same storage for every element: what `count` copies of one element are. */
export function fill(to: Elements, value: Elements): void {
  if (value.width === 1) to.units.fill(value.units[0] as never);
  else for (let at = 0; at < to.units.length; at++) to.units[at] = value.units[at % value.width] as never;
}

const ZERO = Dim.of(0);

/** Sets `count` neighbouring elements to zero. */
export function zeroRun({ units, width }: Elements, at: number, count: number): void {
  if (Array.isArray(units)) units.fill(ZERO, at * width, (at + count) * width);
  else units.fill(0, at * width, (at + count) * width);
}
