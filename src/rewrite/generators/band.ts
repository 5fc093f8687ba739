import type { Value } from '../../model/value.js';
import type { Dim } from '../../symbolic/dim.js';
import { indices, unsqueeze } from '../size.js';
import { choose } from './choose.js';
import { type Element, type GeneratorContext, integersFrom } from './context.js';

/**
 * A mask by relative position in blocks of `chunk`: element (i, j) is `inside` where
 * `low <= floor(j / chunk) - floor(i / chunk) <= high`, else `outside`. A bound that is undefined is open.
 *
 * - causal: chunk 1, high 0; its complement: chunk 1, low 1
 * - sliding window of w positions: chunk 1, low 1 - w, high 0
 * - band |i - j| <= w: chunk 1, low -w, high w; identity matrix: low 0, high 0
 * - chunks of c frames with n chunks of left context: chunk c, low -n, high 0; block diagonal: chunk c, low 0, high 0
 */
export interface BandMask {
  readonly kind: 'band';
  readonly rowAxis: number;
  readonly columnAxis: number;
  readonly chunk: number;
  readonly low: number | undefined;
  readonly high: number | undefined;
  readonly inside: Element;
  readonly outside: Element;
}

/**
 * Emits the mask from two live sizes: Range, a comparison of the positions (or of their chunk numbers), and the choice of
 * the fill values. The result has the axes from the earlier of the two on; all but those two are 1.
 */
export function emitBand(mask: BandMask, context: GeneratorContext): Value {
  const row = positions(context, mask.rowAxis);
  const column = positions(context, mask.columnAxis);
  const { condition, holdsInside } = bandCondition(mask, row, column, context);
  const [whenTrue, whenFalse] = holdsInside ? [mask.inside, mask.outside] : [mask.outside, mask.inside];
  return choose(condition, whenTrue, whenFalse, context);
}

/**
 * Emits the comparison of positions that tells inside from outside: of positions along rows and columns, int64 and shaped
 * to broadcast against each other.
 */
export function bandCondition(
  { chunk, low, high }: Pick<BandMask, 'chunk' | 'low' | 'high'>,
  rows: Value,
  columns: Value,
  { emitter, anchor }: Pick<GeneratorContext, 'emitter' | 'anchor'>,
): { condition: Value; holdsInside: boolean } {
  const apply = (opType: string, inputs: Value[], hint: string) => emitter.node({ opType, inputs, hint }, anchor);
  const inChunks = (positions: Value) =>
    chunk === 1 ? positions : apply('Div', [positions, emitter.int64(chunk, 'chunk', anchor)], 'chunks');
  const [row, column] = [inChunks(rows), inChunks(columns)];
  const shifted = (by: number) => (by === 0 ? row : apply('Add', [row, emitter.int64(by, 'offset', anchor)], 'row'));
  if (low !== undefined && low === high) {
    return { condition: apply('Equal', [column, shifted(low)], 'mask'), holdsInside: true };
  }
  // Greater and Less exist for int64 since opset 9, their "or equal" forms only since 12: test for outside.
  const above = high === undefined ? undefined : apply('Greater', [column, shifted(high)], 'mask');
  const below = low === undefined ? undefined : apply('Less', [column, shifted(low)], 'mask');
  const condition = above && below ? apply('Or', [above, below], 'mask') : ((above ?? below) as Value);
  return { condition, holdsInside: false };
}

/** Positions along an axis, with axes of size 1 behind. */
function positions({ emitter, sizes, anchor, shape }: GeneratorContext, axis: number): Value {
  const value = indices(emitter, sizes, shape[axis] as Dim, anchor);
  return unsqueeze(emitter, value, integersFrom(1, shape.length - 1 - axis), anchor);
}
