import type { Value } from '../../model/value.js';
import type { Dim } from '../../symbolic/dim.js';
import { DataType } from '../../tensor/dtype.js';
import { indices, unsqueeze } from '../size.js';
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
 * the fill values. The result has the axes from the earlier of the two on; all but those two are 1.
 */
export function emitBand(mask: BandMask, context: GeneratorContext): Value {
  const { emitter, anchor } = context;
  const { low, high } = mask;
  const row = positions(context, mask.rowAxis, mask.chunk);
  const column = positions(context, mask.columnAxis, mask.chunk);
  const compare = (opType: string, left: Value, right: Value) =>
    emitter.node({ opType, inputs: [left, right], hint: 'mask' }, anchor);
  const shifted = (by: number) =>
    by === 0
      ? row
      : emitter.node({ opType: 'Add', inputs: [row, emitter.int64(by, 'offset', anchor)], hint: 'row' }, anchor);

  if (low !== undefined && low === high) {
    return choose(compare('Equal', column, shifted(low)), mask.inside, mask.outside, context);
  }
  // Greater and Less exist for int64 since opset 9, their "or equal" forms only since 12: test for outside.
  const above = high === undefined ? undefined : compare('Greater', column, shifted(high));
  const below = low === undefined ? undefined : compare('Less', column, shifted(low));
  const outside = above && below ? compare('Or', above, below) : ((above ?? below) as Value);
  return choose(outside, mask.outside, mask.inside, context);
}

/** Positions along an axis (or the numbers of their chunks), with axes of size 1 behind. */
function positions({ emitter, sizes, anchor, shape }: GeneratorContext, axis: number, chunk: number): Value {
  let value = indices(emitter, sizes, shape[axis] as Dim, anchor);
  if (chunk !== 1) {
    const inputs = [value, emitter.int64(chunk, 'chunk', anchor)];
    value = emitter.node({ opType: 'Div', inputs, hint: 'chunks' }, anchor);
  }
  // A size of 1 for each axis behind.
  return unsqueeze(emitter, value, integersFrom(1, shape.length - 1 - axis), anchor);
}

function choose(condition: Value, whenTrue: Element, whenFalse: Element, context: GeneratorContext): Value {
  const { emitter, anchor, tensor } = context;
  const { dtype } = tensor;
  const isOne = (x: Element) => x === 1 || x === 1n;
  const isZero = (x: Element) => Object.is(x, 0) || x === 0n;
  if (isOne(whenTrue) && isZero(whenFalse)) {
    if (dtype === DataType.BOOL) return condition;
    return emitter.node(
      { opType: 'Cast', inputs: [condition], attributes: { to: { int: dtype } }, hint: 'mask' },
      anchor,
    );
  }
  if (dtype === DataType.BOOL) return emitter.node({ opType: 'Not', inputs: [condition], hint: 'mask' }, anchor);
  const scalar = (element: Element) => emitter.constant(elementTensor(element, tensor), 'fill', anchor);
  const inputs = [condition, scalar(whenTrue), scalar(whenFalse)];
  return emitter.node({ opType: 'Where', inputs, hint: 'mask' }, anchor);
}
