import type { Value } from '../../model/value.js';
import type { Dim } from '../../symbolic/dim.js';
import { slice } from '../size.js';
import type { GeneratorContext } from './context.js';

/** The first rows of a table that nobody can extend: a learned one. Serves as many positions as it has rows. */
export interface PrefixTable {
  readonly kind: 'prefix-table';
  readonly axis: number;
  readonly rows: number;
}

/** Emits one Slice of the constant itself. Beyond its rows the reader fails, as it should. */
export function emitPrefix({ axis }: PrefixTable, { emitter, sizes, anchor, shape, tensor }: GeneratorContext): Value {
  const table = emitter.constant(tensor, 'table', anchor);
  const end = sizes.vector(shape[axis] as Dim, anchor);
  return slice(emitter, table, axis, emitter.int64([0], 'start', anchor), end, anchor, 'positions');
}
