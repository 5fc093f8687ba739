import type { Element } from '../../rewrite/generators/context.js';
import type { Generator } from '../../rewrite/generators/generate.js';
import type { PadMask } from '../../rewrite/generators/pad-mask.js';
import type { Sinusoid } from '../../rewrite/generators/sinusoid.js';
import type { DenseTensor } from '../../tensor/dense.js';
import { DataType, isFloat } from '../../tensor/dtype.js';
import { findAlong, fractionOfSize } from './along.js';
import { findJoined } from './joined.js';
import { elementAt, isInvariantAlong } from './matrix.js';
import { once } from './once.js';
import { describePadMask, findPadMask } from './pad-mask.js';
import { findPairs } from './pairs.js';
import { findPeriodic } from './periodic.js';
import { findRamp } from './ramp.js';
import { describeSinusoid, fitSinusoid } from './sinusoid.js';
import { isSmooth } from './smooth.js';

/** What {@link explain} found, or why nothing. */
export type Explanation =
  | { readonly found: true; readonly generator: Generator; readonly name: string }
  | {
      readonly found: false;
      readonly reason: string;
      readonly maskLike: boolean;
      /** What it is, where only lengths at run time are missing. */
      readonly padMask?: PadMask;
    };

/** With as many rows, lengths do not make a band by accident. */
const MOST_LUCKY_ROWS = 4;

/** What is known beyond the constant itself. */
export interface ExplainContext {
  /** The axis that items of a batch lie along: what differs there follows no rule but their lengths. */
  readonly batchAxis?: number | undefined;
  /** Sinusoidal tables of the same model: others may have their frequencies. */
  readonly hints?: readonly Sinusoid[];
}

/**
 * Finds the simplest generator that reproduces a constant exactly along its baked axes (simplest: shortest description);
 * all other axes belong to parameters or are of size 1.
 *
 * @param tensor the constant
 * @param bakedAxes the axes whose size follows a symbolic dimension
 */
export function explain(tensor: DenseTensor, bakedAxes: readonly number[], context: ExplainContext = {}): Explanation {
  if (tensor.data.length === 0) return { found: false, reason: 'it is empty', maskLike: false };
  const varying = tensor.shape.map((_, axis) => axis).filter((axis) => !isInvariantAlong(tensor, axis));
  if (varying.length === 0) {
    const fraction = bakedAxes.map((axis) => fractionOfSize(tensor, Number(elementAt(tensor, 0)), axis)).find(Boolean);
    if (fraction) {
      return { found: true, generator: { kind: 'formula', expression: fraction.expression }, name: fraction.name };
    }
    return { found: true, generator: { kind: 'fill', value: elementAt(tensor, 0) }, name: `all ${show(tensor, 0)}` };
  }
  const { batchAxis } = context;
  const baked = varying.filter((axis) => bakedAxes.includes(axis));
  const maskLike = baked.length === varying.length && distinctElements(tensor, 3).length === 2;
  const hasRows = maskLike && batchAxis !== undefined && varying.includes(batchAxis);
  if (hasRows && baked.length === 2 && (tensor.shape[batchAxis] as number) >= MOST_LUCKY_ROWS) {
    // Models whose first axis is time have a band here.
    const pairs = explainPairs(tensor, baked[0] as number, baked[1] as number, varying, maskLike);
    if (pairs.found && pairs.generator.kind === 'band') return pairs;
  }
  const padMask = findPadMask(tensor, bakedAxes, batchAxis);
  // No rule of positions leaves out the last keys for all queries.
  if (padMask !== undefined) return explainPadMask(padMask, tensor);
  if (hasRows) {
    const reason = 'it is a mask that differs from item to item of a batch, but not in the padding at the end alone';
    return { found: false, reason, maskLike };
  }
  if (baked.length === 1) return explainRows(tensor, bakedAxes, baked[0] as number, varying, maskLike, context);
  if (baked.length > 1) {
    // Coordinates of several axes are told from biases of two by their channels.
    const [channels, ...more] = varying.filter((axis) => !bakedAxes.includes(axis));
    const rows = (table: DenseTensor) => explain(table, [0], { ...context, batchAxis: undefined });
    const joined = channels === undefined || more.length > 0 ? undefined : findJoined(tensor, channels, baked, rows);
    if (joined !== undefined) return { found: true, ...joined };
  }
  if (baked.length === 2) return explainPairs(tensor, baked[0] as number, baked[1] as number, varying, maskLike);
  if (baked.length === 0) {
    const name = `the same along ${bakedAxes.length === 1 ? `axis ${bakedAxes[0]}` : `axes ${bakedAxes.join(', ')}`}`;
    return { found: true, generator: { kind: 'repeated', table: once(tensor, bakedAxes) }, name };
  }
  return { found: false, reason: `its values differ along ${baked.length} baked axes`, maskLike };
}

/** Only lengths at run time can tell what it is at another size. */
function explainPadMask(padMask: PadMask, tensor: DenseTensor): Explanation {
  const reason = `it is a mask of padding (${describePadMask(padMask, tensor)}); name the input of lengths that it has to follow: --lengths NAME`;
  return { found: false, reason, maskLike: true, padMask };
}

/** Values that depend on one position: tables. */
function explainRows(
  written: DenseTensor,
  bakedAxes: readonly number[],
  axis: number,
  varying: readonly number[],
  maskLike: boolean,
  { hints = [] }: ExplainContext,
): Explanation {
  const tensor = once(written, bakedAxes);
  const periodic = findPeriodic(tensor, axis);
  if (maskLike && periodic === undefined) {
    return { found: false, reason: 'it is a mask of one row that changes more than once', maskLike };
  }
  if (varying.length === 1) {
    const ramp = findRamp(tensor, axis);
    if (ramp) return { found: true, generator: ramp, name: `numbers in steps of ${ramp.step}` };
    const line = findAlong(tensor, axis);
    if (line) return { found: true, generator: { kind: 'formula', expression: line.expression }, name: line.name };
  }
  const isTable = varying.every((other) => other >= axis) && tensor.shape.slice(0, axis).every((size) => size === 1);
  const columns = tensor.shape.slice(axis + 1).reduce((product, size) => product * size, 1);
  const rows = tensor.shape[axis] as number;
  if (isTable && isFloat(tensor.dtype)) {
    const sinusoid = fitSinusoid({ rows, columns, data: tensor.data as Float32Array }, hints);
    if (sinusoid) {
      const name = describeSinusoid(sinusoid);
      return { found: true, generator: { kind: 'sinusoid-table', axis, sinusoid }, name };
    }
  }
  if (periodic) {
    const name = `${periodic.table.shape[axis]} elements repeated along axis ${axis}`;
    return { found: true, generator: periodic, name };
  }
  if (isTable && isFloat(tensor.dtype) && varying.length > 1) {
    if (isSmooth({ rows, columns, data: tensor.data as Float32Array })) {
      const reason = `its ${rows} rows are sinusoidal positions times weights that an optimiser multiplied out: which row is position 0 cannot be told; repair the export before it is optimised`;
      return { found: false, reason, maskLike };
    }
    const name = `table of ${rows} learned positions`;
    return { found: true, generator: { kind: 'prefix-table', axis, rows }, name };
  }
  return { found: false, reason: `its values along axis ${axis} follow no known rule`, maskLike };
}

/** Values that depend on two positions: masks and biases. */
function explainPairs(
  tensor: DenseTensor,
  rowAxis: number,
  columnAxis: number,
  varying: readonly number[],
  maskLike: boolean,
): Explanation {
  const found = findPairs(tensor, rowAxis, columnAxis, varying.length);
  if (found) return { found: true, ...found };
  const what = maskLike ? 'its two values follow no known rule' : 'its values follow no known rule';
  return { found: false, reason: what, maskLike };
}

function distinctElements(tensor: DenseTensor, limit: number): Element[] {
  const seen: Element[] = [];
  for (let i = 0; i < tensor.data.length && seen.length < limit; i++) {
    const element = elementAt(tensor, i);
    if (!seen.some((other) => Object.is(other, element))) seen.push(element);
  }
  return seen;
}

function show(tensor: DenseTensor, i: number): string {
  const element = elementAt(tensor, i);
  if (tensor.dtype === DataType.BOOL) return element === 0 ? 'False' : 'True';
  return Object.is(element, -0) ? '-0' : String(element);
}
