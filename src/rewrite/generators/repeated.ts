import type { Value } from '../../model/value.js';
import type { DenseTensor } from '../../tensor/dense.js';
import type { GeneratorContext } from './context.js';

/** The same elements at every index of the baked axes: one token for every position, one table for every item. */
export interface Repeated {
  readonly kind: 'repeated';
  /** The elements once: the constant's rank, size 1 along the baked axes. */
  readonly table: DenseTensor;
}

/** One constant that broadcasts along the baked axes. */
export function emitRepeated({ table }: Repeated, { emitter, anchor }: GeneratorContext): Value {
  return emitter.constant(table, 'once', anchor);
}
