import type { Node } from '../model/node.js';
import type { Value } from '../model/value.js';
import type { DenseData, DenseTensor } from '../tensor/dense.js';
import { DataType } from '../tensor/dtype.js';
import type { Emitter } from './emitter.js';
import { indices, type SizeSource, unsqueeze } from './size.js';

/** A band mask to compute: see `BandMask` of the recogniser for the meaning of the bounds. */
export interface BandSpec {
  readonly rows: SizeSource;
  readonly columns: SizeSource;
  readonly chunk: number;
  readonly low: number | undefined;
  readonly high: number | undefined;
  readonly dtype: number;
  readonly inside: number | bigint | string;
  readonly outside: number | bigint | string;
  /** Axes of the result between row and column axis, and after the column axis: sizes 1. */
  readonly gap: number;
  readonly trailing: number;
  /** Rows are the later axis. */
  readonly transposed: boolean;
  /** A constant of the mask's type, from whose storage the fill values are made. */
  readonly like: DenseData;
}

/**
 * Emits the nodes that compute a band mask from two sizes: Range, a comparison of the positions (or of their chunk
 * numbers), and the choice of the fill values. The result has the axes from the earlier of the two on.
 */
export function emitBand(emitter: Emitter, spec: BandSpec, anchor: Node): Value {
  const { low, high } = spec;
  // Indices of the earlier axis need as many trailing 1 axes as lie behind it.
  const lift = (value: Value, count: number) =>
    count === 0 ? value : unsqueeze(emitter, value, range(1, count), anchor);
  const behindColumn = spec.transposed ? spec.gap + 1 + spec.trailing : spec.trailing;
  const behindRow = spec.transposed ? spec.trailing : spec.gap + 1 + spec.trailing;
  const row = lift(blocks(emitter, spec.rows, spec.chunk, anchor), behindRow);
  const column = lift(blocks(emitter, spec.columns, spec.chunk, anchor), behindColumn);
  const compare = (opType: string, left: Value, right: Value) =>
    emitter.node({ opType, inputs: [left, right], hint: 'mask' }, anchor);
  const shifted = (by: number) =>
    by === 0
      ? row
      : emitter.node({ opType: 'Add', inputs: [row, emitter.int64(by, 'offset', anchor)], hint: 'row' }, anchor);

  if (low !== undefined && low === high) {
    return choose(emitter, compare('Equal', column, shifted(low)), spec.inside, spec.outside, spec, anchor);
  }
  // Greater and Less exist for int64 since opset 9, their "or equal" forms only since 12: test for outside.
  const above = high === undefined ? undefined : compare('Greater', column, shifted(high));
  const below = low === undefined ? undefined : compare('Less', column, shifted(low));
  const outside = above && below ? compare('Or', above, below) : (above ?? below);
  if (outside === undefined) throw new RangeError('a band needs at least one bound');
  return choose(emitter, outside, spec.outside, spec.inside, spec, anchor);
}

/** Position, or number of the chunk that the position lies in. */
function blocks(emitter: Emitter, source: SizeSource, chunk: number, anchor: Node): Value {
  const positions = indices(emitter, source, anchor);
  if (chunk === 1) return positions;
  const size = emitter.int64(chunk, 'chunk', anchor);
  return emitter.node({ opType: 'Div', inputs: [positions, size], hint: 'chunks' }, anchor);
}

function choose(
  emitter: Emitter,
  condition: Value,
  whenTrue: BandSpec['inside'],
  whenFalse: BandSpec['inside'],
  spec: BandSpec,
  anchor: Node,
): Value {
  const { dtype } = spec;
  const isOne = (x: BandSpec['inside']) => x === 1 || x === 1n;
  const isZero = (x: BandSpec['inside']) => Object.is(x, 0) || x === 0n;
  if (isOne(whenTrue) && isZero(whenFalse)) {
    if (dtype === DataType.BOOL) return condition;
    return emitter.node({ opType: 'Cast', inputs: [condition], attributes: { to: { int: dtype } }, hint: 'mask' }, anchor);
  }
  if (dtype === DataType.BOOL) return emitter.node({ opType: 'Not', inputs: [condition], hint: 'mask' }, anchor);
  const scalar = (element: BandSpec['inside']) => emitter.constant(scalarOf(element, dtype, spec.like), 'fill', anchor);
  const inputs = [condition, scalar(whenTrue), scalar(whenFalse)];
  return emitter.node({ opType: 'Where', inputs, hint: 'mask' }, anchor);
}

/** A scalar in the storage of another tensor's data. */
export function scalarOf(element: number | bigint | string, dtype: number, like: DenseData): DenseTensor {
  const data = Array.isArray(like) ? [String(element)] : like.slice(0, 1);
  (data as (number | bigint | string)[])[0] = element;
  return { dtype, shape: [], data };
}

function range(start: number, count: number): number[] {
  return Array.from({ length: count }, (_, i) => start + i);
}
