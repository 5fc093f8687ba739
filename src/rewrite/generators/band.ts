import type { Value } from '../../model/value.js';
import type { Dim } from '../../symbolic/dim.js';
import { DataType } from '../../tensor/dtype.js';
import { indices, opsetOf, unsqueeze } from '../size.js';
import { choose } from './choose.js';
import { type Element, elementTensor, type GeneratorContext, integersFrom } from './context.js';

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
 * the fill values; where all that stays is a triangle, Trilu of a filled matrix. The result has the axes from the earlier of
 * the two on; all but those two are 1.
 */
export function emitBand(mask: BandMask, context: GeneratorContext): Value {
  const triangle = triangleOf(mask, context);
  if (triangle !== undefined) return emitTriangle(triangle, mask, context);
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

/** Elements of one value on one side of a diagonal, zeros on the other. */
interface Triangle {
  readonly value: Element;
  readonly upper: boolean;
  /** The diagonal nearest to the zeros: the elements at `column - row = diagonal` are the last ones of the value. */
  readonly diagonal: number;
}

/** Types that onnxruntime's CPU kernel of Trilu takes. */
const TRIANGULAR: ReadonlySet<number> = new Set([DataType.FLOAT, DataType.DOUBLE, DataType.INT64]);

/** The mask as what Trilu gives, if it is that. */
function triangleOf(
  { rowAxis, columnAxis, chunk, low, high, inside, outside }: BandMask,
  { tensor, shape, anchor }: GeneratorContext,
): Triangle | undefined {
  const isLast = rowAxis === shape.length - 2 && columnAxis === shape.length - 1;
  if (!isLast || chunk !== 1 || opsetOf(anchor) < 14 || !TRIANGULAR.has(tensor.dtype)) return undefined;
  const isZero = (element: Element) => Object.is(element, 0) || element === 0n;
  if (isZero(outside)) {
    if (low === undefined && high !== undefined) return { value: inside, upper: false, diagonal: high };
    if (low !== undefined && high === undefined) return { value: inside, upper: true, diagonal: low };
  } else if (isZero(inside)) {
    if (low === undefined && high !== undefined) return { value: outside, upper: true, diagonal: high + 1 };
    if (low !== undefined && high === undefined) return { value: outside, upper: false, diagonal: low - 1 };
  }
  return undefined;
}

function emitTriangle({ value, upper, diagonal }: Triangle, mask: BandMask, context: GeneratorContext): Value {
  const { emitter, sizes, anchor, shape, tensor } = context;
  const size = sizes.shape([shape[mask.rowAxis] as Dim, shape[mask.columnAxis] as Dim], anchor);
  const fill = { value: { tensor: elementTensor(value, tensor, [1]) } };
  const filled = emitter.node({ opType: 'ConstantOfShape', inputs: [size], attributes: fill, hint: 'mask' }, anchor);
  const attributes = { upper: { int: Number(upper) } };
  const inputs = diagonal === 0 ? [filled] : [filled, emitter.int64(diagonal, 'diagonal', anchor)];
  return emitter.node({ opType: 'Trilu', inputs, attributes, hint: 'mask' }, anchor);
}

/** Positions along an axis, with axes of size 1 behind. */
function positions({ emitter, sizes, anchor, shape }: GeneratorContext, axis: number): Value {
  const value = indices(emitter, sizes, shape[axis] as Dim, anchor);
  return unsqueeze(emitter, value, integersFrom(1, shape.length - 1 - axis), anchor);
}
