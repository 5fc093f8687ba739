import type { Value } from '../../model/value.js';
import type { Facts } from '../../ops/types.js';
import type { DenseTensor } from '../../tensor/dense.js';

/** What is known of the model while operators are lowered. */
export interface Knowledge {
  facts(value: Value): Facts | undefined;
  /** The elements of a value that is the same in every run. */
  constant(value: Value): DenseTensor | undefined;
}

/** What values stand for since their operators were lowered. */
export interface Meanings {
  /** Values that hold complex numbers: a last axis of real and imaginary part. */
  readonly complex: Set<Value>;
  /** The tensors in a list that an operator made. */
  readonly lists: Map<Value, readonly Value[]>;
}
