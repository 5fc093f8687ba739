import type { Value } from '../../model/value.js';
import type { Inference } from '../infer.js';
import type { Accesses } from '../unrolled/accesses.js';
import { integersOf } from '../unrolled/numbers.js';

/** A part of a tensor along one axis, at a place that is written down: `x[i]`, `x[:, 4:8]`. */
export interface Window {
  readonly source: Value;
  readonly axis: number;
  readonly start: number;
  /** Number of rows as written; what there is may be fewer. Infinite for `x[8:]`. */
  readonly size: number;
  /** Is the axis kept? */
  readonly kept: boolean;
}

/** How the value is a part of another one; undefined when it is something else. */
export function windowOf(value: Value, accesses: Accesses, inference: Inference): Window | undefined {
  const row = accesses.of(value);
  if (row !== undefined) return { source: row.source, axis: row.axis, start: row.index, size: 1, kept: row.kept };
  const node = value.producer;
  if (node?.opType !== 'Slice' || node.domain !== '' || inference.constants.isConstant(value)) return undefined;
  const [source, startsInput, endsInput, axesInput, stepsInput] = node.inputs;
  const list = (name: string, input: Value | undefined) =>
    node.attributes.get(name)?.asInts()?.map(Number) ?? integersOf(input, inference);
  const starts = list('starts', startsInput);
  const ends = list('ends', endsInput);
  const axes = list('axes', axesInput) ?? (axesInput === undefined ? [0] : undefined);
  const steps = stepsInput === undefined ? [1] : integersOf(stepsInput, inference);
  const [start, end, axis] = [starts?.[0], ends?.[0], axes?.[0]];
  if (source === undefined || start === undefined || end === undefined || axis === undefined) return undefined;
  if (starts?.length !== 1 || axes?.length !== 1 || steps?.length !== 1 || steps[0] !== 1) return undefined;
  const rank = inference.shape(source)?.length;
  const at = axis < 0 ? axis + (rank ?? Number.NaN) : axis;
  if (!(at >= 0) || start < 0 || end <= start) return undefined;
  const size = end >= OPEN_END ? Number.POSITIVE_INFINITY : end - start;
  return { source, axis: at, start, size, kept: true };
}

/** Ends from here on mean the end of the axis, however long it is. */
const OPEN_END = 2 ** 31 - 1;
