import type { Node } from '../../model/node.js';
import type { Value } from '../../model/value.js';
import { DataType } from '../../tensor/dtype.js';
import type { Emitter } from '../emitter.js';

/** A number for each item of a batch that follows from how many positions are valid: `count + by`, or `1 / count`. */
export type RowValue = { readonly kind: 'offset'; readonly by: number } | { readonly kind: 'reciprocal' };

/**
 * Emits the numbers for a vector of counts.
 *
 * @param counts - int64, one an item
 * @param dtype - element type of the result; half precision is computed in single, as kernels for it are rare
 */
export function emitRowValue(value: RowValue, counts: Value, dtype: number, emitter: Emitter, anchor: Node): Value {
  const cast = (input: Value, to: number) =>
    emitter.node({ opType: 'Cast', inputs: [input], attributes: { to: { int: to } }, hint: 'counts' }, anchor);
  if (value.kind === 'offset') {
    const shifted =
      value.by === 0
        ? counts
        : emitter.node(
            { opType: 'Add', inputs: [counts, emitter.int64(value.by, 'offset', anchor)], hint: 'counts' },
            anchor,
          );
    return dtype === DataType.INT64 ? shifted : cast(shifted, dtype);
  }
  const wide = dtype === DataType.DOUBLE ? DataType.DOUBLE : DataType.FLOAT;
  const result = emitter.node({ opType: 'Reciprocal', inputs: [cast(counts, wide)], hint: 'weights' }, anchor);
  return wide === dtype ? result : cast(result, dtype);
}
