import type { Node } from '../../model/node.js';
import type { Dim } from '../../symbolic/dim.js';
import type { DenseData, DenseTensor } from '../../tensor/dense.js';
import type { Emitter } from '../emitter.js';
import type { Sizes } from '../size.js';

/** One element of a tensor, as stored. */
export type Element = number | bigint | string;

/** What a generator needs to take a constant's place at one of its readers. */
export interface GeneratorContext {
  readonly emitter: Emitter;
  readonly sizes: Sizes;
  /** The reader: what is emitted stands before it. */
  readonly anchor: Node;
  /** The constant as it is in the file. */
  readonly tensor: DenseTensor;
  /** Live sizes of the constant's axes; numbers where an axis is not baked. */
  readonly shape: readonly Dim[];
  /** Positional tables serve at least this many positions. */
  readonly maxLength: number;
  /** Compute values at run time rather than keeping a long table of them, where there is a choice. */
  readonly computed?: boolean;
}

/** A tensor of one element, in the storage of another one's data. */
export function elementTensor(element: Element, like: DenseTensor, shape: readonly number[] = []): DenseTensor {
  const data: DenseData = Array.isArray(like.data) ? [String(element)] : like.data.slice(0, 1);
  (data as Element[])[0] = element;
  return { dtype: like.dtype, shape, data };
}

/** `count` integers from `start` on. */
export function integersFrom(start: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => start + i);
}
