import type { BatchSizes } from '../../analysis/batch-axis.js';
import type { Node } from '../../model/node.js';
import type { Dim } from '../../symbolic/dim.js';
import type { Session } from '../repair-session.js';

/** How the rows of a tensor follow from the items of a batch. */
export interface Rows {
  /** How many axes lie behind that of the rows. */
  readonly behind: number;
  /** Rows of each item: one a head, mostly. */
  readonly times: number;
  /** Do the rows of an item follow each other? */
  readonly each: boolean;
}

/**
 * Tells the rows of an item apart from the items.
 *
 * @param counts - one a row, or a single one for all
 * @param rows - how many rows there are
 * @param times - rows of each item
 */
export function splitRows(
  counts: readonly number[],
  rows: number,
  times: number | undefined,
): { counts: number[]; times: number; each: boolean } | undefined {
  if (times === undefined || rows % times !== 0) return undefined;
  const perRow = counts.length === rows ? counts : Array.from({ length: rows }, () => counts[0] as number);
  const items = rows / times;
  for (const each of [true, false]) {
    const ofItem = Array.from({ length: items }, (_, item) => perRow[each ? item * times : item] as number);
    const itemOf = (row: number) => (each ? Math.floor(row / times) : row % items);
    if (perRow.every((count, row) => count === ofItem[itemOf(row)])) return { counts: ofItem, times, each };
  }
  return undefined;
}

/** How many times the batch this size is; 1 for one that is not symbolic. */
export function multipleOf(size: Dim | undefined, { symbols }: BatchSizes): number | undefined {
  if (size === undefined) return 1;
  const [symbol] = size.symbols();
  if (symbol === undefined || !symbols.includes(symbol)) return undefined;
  const times = size.evaluate({ [symbol]: 1 });
  return times !== undefined && times >= 1 && size.evaluate({ [symbol]: 7 }) === 7 * times ? times : undefined;
}

/** The axis of the batch where the constant has none: that of what its reader makes, counted from the end. */
export function rowsAt(reader: Node, { diagnosis }: Session, batch: BatchSizes): Rows | undefined {
  const [output] = reader.outputs;
  const shape = output && diagnosis.inference.shape(output);
  if (shape === undefined) return undefined;
  for (const [axis, dim] of shape.entries()) {
    const times = dim === undefined || dim.isNumber ? undefined : multipleOf(dim, batch);
    if (times !== undefined) return { behind: shape.length - 1 - axis, times, each: true };
  }
  // A batch that is fixed at one item may lie along any axis of size 1.
  const fixed = batch.symbols.length === 0 && shape[0]?.equals(1);
  return fixed ? { behind: shape.length - 1, times: 1, each: true } : undefined;
}
