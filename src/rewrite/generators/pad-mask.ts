import type { Value } from '../../model/value.js';
import type { Dim } from '../../symbolic/dim.js';
import { indices, opsetOf, unsqueeze } from '../size.js';
import { type BandMask, bandCondition } from './band.js';
import { choose } from './choose.js';
import { type Element, elementTensor, type GeneratorContext, integersFrom } from './context.js';
import { emitRowValue, type RowValue } from './row-value.js';

/**
 * A mask of sequences of different lengths: in row b the first `counts[b]` positions along `keyAxis` hold its valid
 * element, all others `padded`. With a query axis, an element may also depend on the position along that one: rows of
 * padding may be padding throughout, and what is left may be a band (causal).
 */
export interface PadMask {
  /** Axis of the rows; undefined where all rows are the same, mostly because there is one. */
  readonly rowAxis: number | undefined;
  readonly keyAxis: number;
  readonly queryAxis: number | undefined;
  /** Is padding along the query axis masked too? */
  readonly masksQueries: boolean;
  /** What valid positions see of each other; undefined: everything. */
  readonly band: Omit<BandMask, 'kind' | 'rowAxis' | 'columnAxis'> | undefined;
  /** Valid positions, row by row. */
  readonly counts: readonly number[];
  /** Element at valid positions; what follows from the count is 1 / count, in a mask that averages. */
  readonly valid: Element | RowValue;
  readonly padded: Element;
}

/** What a pad mask is computed from. */
export interface PadMaskContext extends Omit<GeneratorContext, 'maxLength'> {
  /** How many positions are valid, an int64 vector with an element a row; within the size where elements follow from it. */
  readonly counts: Value;
  /** How many axes lie behind that of the rows. */
  readonly behindRows: number;
}

/**
 * Emits `position < count` for each row, for the queries too where they are masked, and the choice of the elements.
 * All axes but those of rows, keys and queries are 1; leading ones are missing.
 */
export function emitPadMask(mask: PadMask, context: PadMaskContext): Value {
  const { emitter, sizes, anchor, shape, counts, behindRows } = context;
  const apply = (opType: string, inputs: Value[]) => emitter.node({ opType, inputs, hint: 'mask' }, anchor);
  const rows = unsqueeze(emitter, counts, integersFrom(1, behindRows), anchor);
  const positions = (axis: number) => {
    const range = indices(emitter, sizes, shape[axis] as Dim, anchor);
    return unsqueeze(emitter, range, integersFrom(1, shape.length - 1 - axis), anchor);
  };
  const { keyAxis, queryAxis, masksQueries, band, padded } = mask;
  const keys = positions(keyAxis);
  if (typeof mask.valid === 'object') {
    const weights = emitRowValue(mask.valid, counts, context.tensor.dtype, emitter, anchor);
    const fill = emitter.constant(elementTensor(padded, context.tensor), 'fill', anchor);
    const shaped = unsqueeze(emitter, weights, integersFrom(1, behindRows), anchor);
    return apply('Where', [apply('Less', [keys, rows]), shaped, fill]);
  }
  const { valid } = mask;
  // One node less where it is padding that is marked; the "or equal" comparisons came with opset 12.
  if (queryAxis === undefined && padded === 1 && opsetOf(anchor) >= 12) {
    return choose(apply('GreaterOrEqual', [keys, rows]), padded, valid, context);
  }
  let condition = apply('Less', [keys, rows]);
  if (queryAxis !== undefined) {
    const queries = positions(queryAxis);
    if (masksQueries) condition = apply('And', [condition, apply('Less', [queries, rows])]);
    if (band !== undefined) {
      const { condition: compared, holdsInside } = bandCondition(band, queries, keys, context);
      condition = apply('And', [condition, holdsInside ? compared : apply('Not', [compared])]);
    }
  }
  return choose(condition, valid, padded, context);
}
