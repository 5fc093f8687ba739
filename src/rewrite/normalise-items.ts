import type { Value } from '../model/value.js';
import { DataType } from '../tensor/dtype.js';
import type { Builder } from './builder.js';

/** What is to be done to every item of a tensor. */
export interface ItemNormalisation {
  /** Axes that an item's statistics are taken over. */
  readonly axes: readonly number[];
  readonly dtype: number;
  /** Subtract the mean? */
  readonly centre: boolean;
  /** Divide by the deviation, and by this number where the deviation is smaller. */
  readonly leastDeviation?: number;
}

/**
 * `(x - mean(x)) / max(std(x), least)` with statistics of each item. The deviation is that of samples (divided by n - 1),
 * as `torch.std` has it by default; of a single element it is not a number there and here.
 *
 * @param build - writes for opset 11 or later
 */
export function emitNormalisedItems(build: Builder, x: Value, options: ItemNormalisation): Value {
  const { axes, dtype, centre, leastDeviation } = options;
  const centred = build.sub(x, build.reduce('ReduceMean', x, axes, true));
  const numerator = centre ? centred : x;
  if (leastDeviation === undefined) return numerator;
  const squares = build.reduce('ReduceSum', build.mul(centred, centred), axes, true);
  const sizes = build.reduce('ReduceProd', build.gather(build.shape(x), axes, 0), [0], false);
  const others = build.cast(build.sub(sizes, build.scalar(1, DataType.INT64)), dtype);
  const deviation = build.op('Sqrt', [build.div(squares, others)]);
  return build.div(numerator, build.op('Max', [deviation, build.scalar(leastDeviation, dtype)]));
}
