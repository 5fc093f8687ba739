import { roundToFloat } from '../../ops/lib/rounding.js';
import type { RowValue } from '../../rewrite/generators/row-value.js';
import { DataType, isFloat } from '../../tensor/dtype.js';

/** Numbers further from a count than this are no count of positions. */
const OFFSETS = [0, -1, 1];

/**
 * Explains numbers, one for each item of a batch, by how many positions of it are valid.
 *
 * @param numbers - as stored
 * @param counts - as many
 * @param dtype - element type of the numbers
 */
export function explainRowValue(
  numbers: readonly number[],
  counts: readonly number[],
  dtype: number,
): RowValue | undefined {
  const fits = (at: (count: number) => number) => numbers.every((number, i) => number === at(counts[i] as number));
  for (const by of OFFSETS) if (fits((count) => count + by)) return { kind: 'offset', by };
  // 1 / 1 is a 1 like any other.
  const isReciprocal = isFloat(dtype) && counts.some((count) => count > 1);
  const single = (count: number) => (dtype === DataType.DOUBLE ? 1 / count : Math.fround(1 / count));
  return isReciprocal && fits((count) => roundToFloat(dtype, single(count))) ? { kind: 'reciprocal' } : undefined;
}
