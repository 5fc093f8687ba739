import { stridesOf } from '../../ops/lib/shapes.js';
import type { Element } from '../../rewrite/generators/context.js';
import type { DenseTensor } from '../../tensor/dense.js';

/** Element i, as stored. */
export function elementAt(tensor: DenseTensor, i: number): Element {
  return tensor.data[i] as Element;
}

/** Same bits, as far as JavaScript can tell: -0 differs from 0, NaN equals NaN. */
export function sameElement(a: Element, b: Element): boolean {
  return Object.is(a, b);
}

/** Does the tensor hold the same elements at every index of this axis? (Axes of size 1 do.) */
export function isInvariantAlong(tensor: DenseTensor, axis: number): boolean {
  const size = tensor.shape[axis] as number;
  if (size <= 1) return true;
  const inner = stridesOf(tensor.shape)[axis] as number;
  const { data } = tensor;
  const block = inner * size;
  for (let start = 0; start < data.length; start += block) {
    for (let k = inner; k < block; k++) {
      if (!Object.is(data[start + k], data[start + (k % inner)])) return false;
    }
  }
  return true;
}

/** A two-dimensional constant whose elements take two values, as bits: `bits[i * columns + j]` is 1 where it is `one`. */
export interface BitMatrix {
  readonly rows: number;
  readonly columns: number;
  readonly bits: Uint8Array;
  readonly zero: Element;
  readonly one: Element;
}

/**
 * Reads the plane that two axes span (at index 0 of all others). Undefined when it holds more than two distinct elements
 * or only one.
 */
export function bitMatrix(tensor: DenseTensor, rowAxis: number, columnAxis: number): BitMatrix | undefined {
  const strides = stridesOf(tensor.shape);
  const rowStep = strides[rowAxis] as number;
  const columnStep = strides[columnAxis] as number;
  const rows = tensor.shape[rowAxis] as number;
  const columns = tensor.shape[columnAxis] as number;
  if (rows * columns === 0) return undefined;
  const bits = new Uint8Array(rows * columns);
  const zero = elementAt(tensor, 0);
  let one: Element | undefined;
  for (let i = 0, k = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++, k++) {
      const element = elementAt(tensor, i * rowStep + j * columnStep);
      if (sameElement(element, zero)) continue;
      if (one === undefined) one = element;
      else if (!sameElement(element, one)) return undefined;
      bits[k] = 1;
    }
  }
  return one === undefined ? undefined : { rows, columns, bits, zero, one };
}
