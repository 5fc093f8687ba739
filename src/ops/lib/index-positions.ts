import { Dim } from '../../symbolic/dim.js';
import { type DenseTensor, elementCount } from '../../tensor/dense.js';
import { EvaluationError } from '../types.js';
import { asNumbers } from './alloc.js';
import type { Content } from './elements.js';
import { stridesOf } from './shapes.js';

/** Positions in a buffer, in elements; below 0 where not known. */
export type Positions = ArrayLike<number>;

/** Indices as numbers, NaN where not known. */
export type Indices = ArrayLike<number>;

/** An index tensor's elements as numbers. Reads int64 by halves, since millions of bigints take seconds. */
export function indicesOfTensor(tensor: DenseTensor): Indices {
  const { data } = tensor;
  if (!(data instanceof BigInt64Array)) return asNumbers(tensor);
  const result = new Float64Array(data.length);
  const halves = new Int32Array(data.buffer, data.byteOffset, 2 * data.length);
  for (let i = 0; i < result.length; i++) {
    result[i] = (halves[2 * i + HIGH] as number) * 2 ** 32 + ((halves[2 * i + 1 - HIGH] as number) >>> 0);
  }
  return result;
}

/** Which half of an int64 holds the sign. */
const HIGH = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1 ? 1 : 0;

/** A boxed array is quicker to make for the few elements of a shape, and slow for millions. */
function positions(count: number): number[] | Float64Array {
  return count > 256 ? new Float64Array(count) : new Array<number>(count);
}

/** What is known of an index tensor. */
export function indicesOfContent(content: Content): number[] {
  return content.map((element) => (element instanceof Dim ? (element.value ?? Number.NaN) : Number.NaN));
}

/**
 * An index counted from the start; -1 when it is not known.
 *
 * @throws EvaluationError when it is out of range.
 */
function normal(index: number, size: number): number {
  if (Number.isNaN(index)) return -1;
  const result = index < 0 ? index + size : index;
  if (result < 0 || result >= size) throw new EvaluationError(`index ${index} is out of range for an axis of ${size}`);
  return result;
}

/** Where the blocks behind `axis` start that Gather reads. */
export function gatherPositions(sizes: readonly number[], axis: number, indices: Indices): Positions {
  const size = sizes[axis] as number;
  const block = elementCount(sizes.slice(axis + 1));
  const outer = elementCount(sizes.slice(0, axis));
  const count = indices.length;
  const result = positions(outer * count);
  for (let j = 0; j < count; j++) {
    const index = normal(indices[j] as number, size);
    for (let i = 0; i < outer; i++) result[i * count + j] = index < 0 ? -1 : (i * size + index) * block;
  }
  return result;
}

/** Where GatherElements reads, and ScatterElements writes, each element. */
export function elementPositions(
  sizes: readonly number[],
  axis: number,
  indices: Indices,
  shape: readonly number[],
): Positions {
  const fits = shape.length === sizes.length && shape.every((n, k) => k === axis || n <= (sizes[k] as number));
  if (!fits) throw new EvaluationError(`indices [${shape}] do not fit to [${sizes}]`);
  const strides = stridesOf(sizes);
  const step = strides[axis] as number;
  const result = positions(indices.length);
  const at = new Array<number>(shape.length).fill(0);
  let base = 0;
  for (let i = 0; i < result.length; i++) {
    const index = normal(indices[i] as number, sizes[axis] as number);
    result[i] = index < 0 ? -1 : base + index * step;
    for (let k = shape.length - 1; k >= 0; k--) {
      const stride = k === axis ? 0 : (strides[k] as number);
      const next = (at[k] as number) + 1;
      if (next < (shape[k] as number)) {
        at[k] = next;
        base += stride;
        break;
      }
      base -= (next - 1) * stride;
      at[k] = 0;
    }
  }
  return result;
}

/** Where the blocks start that GatherND reads and ScatterND writes: one for each vector of indices. */
export function vectorPositions(
  sizes: readonly number[],
  batchDims: number,
  indices: Indices,
  shape: readonly number[],
): Positions {
  const depth = shape[shape.length - 1] ?? 0;
  const fits =
    batchDims < shape.length &&
    batchDims + depth <= sizes.length &&
    sizes.slice(0, batchDims).every((size, axis) => size === shape[axis]);
  if (!fits) throw new EvaluationError(`indices [${shape}] do not fit to [${sizes}]`);
  const strides = stridesOf(sizes);
  const count = elementCount(shape.slice(0, -1));
  const batches = elementCount(sizes.slice(0, batchDims));
  const perBatch = batches === 0 ? 0 : count / batches;
  const batchSize = elementCount(sizes.slice(batchDims));
  const result = positions(count);
  for (let i = 0; i < count; i++) {
    let position = perBatch === 0 ? 0 : Math.floor(i / perBatch) * batchSize;
    for (let k = 0; k < depth; k++) {
      const axis = batchDims + k;
      const index = normal(indices[i * depth + k] as number, sizes[axis] as number);
      position = index < 0 || position < 0 ? -1 : position + index * (strides[axis] as number);
    }
    result[i] = position;
  }
  return result;
}
