import { Dim } from '../../symbolic/dim.js';
import type { DenseTensor } from '../../tensor/dense.js';
import { DataType } from '../../tensor/dtype.js';
import { asNumbers, required } from '../lib/alloc.js';
import { castTensor } from '../lib/convert.js';
import { axisOf, dimOf, valid } from '../lib/known.js';
import { type CosineTerms, cosineWindow, melWeights, WINDOWS } from '../lib/signal-tables.js';
import type { EvalContext, InferContext, OpDefinition } from '../types.js';
import { EvaluationError } from '../types.js';

const ONE = Dim.of(1);
/** Real and imaginary part. */
const COMPLEX = Dim.of(2);

/** A scalar input as a size. */
function scalarInput(ctx: InferContext, i: number): Dim | undefined {
  return dimOf(ctx.content(i)?.[0]);
}

/** Frequencies of a transform: all, or those of a real signal that are not the conjugate of another. */
function bins(length: Dim | undefined, onesided: boolean): Dim | undefined {
  return onesided ? length?.floorDiv(2).add(1) : length;
}

/** The axis is an attribute before opset 20 (default 1), an input since then (default -2). */
function dftAxis(ctx: InferContext): number | undefined {
  if (ctx.opset < 20) return ctx.attributes.int('axis', 1);
  return ctx.hasInput(2) ? scalarInput(ctx, 2)?.value : -2;
}

function inferDft(ctx: InferContext): void {
  const shape = ctx.shape(0);
  const axis = dftAxis(ctx);
  const at = shape === undefined || axis === undefined ? undefined : axisOf(axis, shape.length);
  const onesided = ctx.attributes.int('onesided', 0) !== 0;
  const toReal = onesided && ctx.attributes.int('inverse', 0) !== 0;
  const result = shape?.map((size, i) => {
    if (i === shape.length - 1) return toReal ? ONE : COMPLEX;
    if (at === undefined || i !== at) return at === undefined ? undefined : size;
    if (ctx.hasInput(1)) return bins(scalarInput(ctx, 1), onesided && !toReal);
    return toReal ? size?.sub(1).mul(2) : bins(size, onesided);
  });
  ctx.setTensor(0, ctx.dtype(0), result);
}

/** Signal [B, length, 1 or 2] to [B, frames, bins, 2], with `frames = (length - frame_length) // frame_step + 1`. */
function inferStft(ctx: InferContext): void {
  const signal = ctx.shape(0);
  const step = scalarInput(ctx, 1);
  const window = ctx.shape(2)?.[0];
  const given = ctx.hasInput(3) ? scalarInput(ctx, 3) : undefined;
  const neither = !ctx.hasInput(2) && !ctx.hasInput(3);
  const length = neither ? signal?.[1] : ctx.unify(given, window, 'window of STFT', [{ input: 2, axis: 0 }]);
  const usable = length !== undefined && step !== undefined && !step.isZero();
  const frames = usable ? signal?.[1]?.sub(length).floorDiv(step).add(1) : undefined;
  const onesided = ctx.attributes.int('onesided', 1) !== 0;
  ctx.setTensor(0, ctx.dtype(0), [signal?.[0], frames, bins(length, onesided), COMPLEX]);
}

function inferWindow(ctx: InferContext): void {
  ctx.setTensor(0, ctx.attributes.int('output_datatype', DataType.FLOAT), [scalarInput(ctx, 0)]);
}

/** Doubles as the type that `output_datatype` asks for. */
function typed({ attributes }: EvalContext, shape: readonly number[], data: Float64Array): DenseTensor[] {
  const result = { dtype: DataType.DOUBLE, shape, data };
  return [castTensor(result, attributes.int('output_datatype', DataType.FLOAT))];
}

function evaluateWindow(ctx: EvalContext): DenseTensor[] {
  const size = scalarOf(ctx, 0);
  if (size < 0) throw new EvaluationError(`a window of ${size} elements`);
  const periodic = ctx.attributes.int('periodic', 1) !== 0;
  return typed(ctx, [size], cosineWindow(size, periodic, WINDOWS[ctx.opType] as CosineTerms));
}

function scalarOf({ inputs }: EvalContext, i: number): number {
  return valid(asNumbers(required(inputs, i))[0], `input ${i} is empty`);
}

function inferMelWeightMatrix(ctx: InferContext): void {
  const shape = [bins(scalarInput(ctx, 1), true), scalarInput(ctx, 0)];
  ctx.setTensor(0, ctx.attributes.int('output_datatype', DataType.FLOAT), shape);
}

function evaluateMelWeightMatrix(ctx: EvalContext): DenseTensor[] {
  const bands = scalarOf(ctx, 0);
  const dftLength = scalarOf(ctx, 1);
  const [sampleRate, lowest, highest] = [scalarOf(ctx, 2), scalarOf(ctx, 3), scalarOf(ctx, 4)];
  const weights = melWeights({ bands, dftLength, sampleRate, lowest, highest });
  return typed(ctx, [Math.floor(dftLength / 2) + 1, bands], weights);
}

/** Signal processing (opset 17). */
export const definitions: readonly OpDefinition[] = [
  { name: 'DFT', infer: inferDft },
  { name: 'STFT', infer: inferStft },
  { name: 'HannWindow', infer: inferWindow, evaluate: evaluateWindow },
  { name: 'HammingWindow', infer: inferWindow, evaluate: evaluateWindow },
  { name: 'BlackmanWindow', infer: inferWindow, evaluate: evaluateWindow },
  { name: 'MelWeightMatrix', infer: inferMelWeightMatrix, evaluate: evaluateMelWeightMatrix },
];
