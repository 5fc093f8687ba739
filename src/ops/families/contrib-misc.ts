import { Dim } from '../../symbolic/dim.js';
import { DataType } from '../../tensor/dtype.js';
import { axisOf, dimOf } from '../lib/known.js';
import { evaluationOf, ruleOf } from '../lib/remap.js';
import type { InferContext, OpDefinition } from '../types.js';
import { definitions as creation } from './creation.js';
import { definitions as gather } from './gather.js';
import { definitions as pad } from './pad.js';
import { definitions as rearrange } from './rearrange.js';

const DOMAIN = 'com.microsoft';
const ONE = Dim.of(1);

/** Standard operators that had a home here before. */
function standard(definitions: readonly OpDefinition[], name: string) {
  return { name, infer: ruleOf(definitions, name), evaluate: evaluationOf(definitions, name) };
}

function inferExpandDims(ctx: InferContext): void {
  const shape = ctx.shape(0);
  const axis = dimOf(ctx.content(1)?.[0])?.value;
  const at = shape && axis !== undefined ? axisOf(axis, shape.length + 1) : undefined;
  ctx.setTensor(0, ctx.dtype(0), at === undefined ? undefined : shape?.toSpliced(at, 0, ONE), ctx.content(0));
}

function inferEmbedding(ctx: InferContext): void {
  const indices = ctx.shape(1);
  ctx.setTensor(0, ctx.dtype(0), indices && [...indices, ctx.shape(0)?.[1]]);
}

/** Windows of `size` every `step` along an axis, which become a last axis. */
function inferUnfold(ctx: InferContext): void {
  const shape = ctx.shape(0);
  const size = ctx.attributes.int('size');
  const axis = shape && axisOf(ctx.attributes.int('dim', -1), shape.length);
  if (shape === undefined || size === undefined || axis === undefined) {
    ctx.setTensor(0, ctx.dtype(0), undefined);
    return;
  }
  const count = shape[axis]?.sub(size).floorDiv(ctx.attributes.int('step', 1)).add(1);
  ctx.setTensor(0, ctx.dtype(0), [...shape.with(axis, count), Dim.of(size)]);
}

/** Real and imaginary parts stand in a last axis of 2; one-sided, the last of the transformed axes is half as long. */
function inferRfft(ctx: InferContext): void {
  const shape = ctx.shape(0);
  const last = ctx.attributes.int('onesided', 1) !== 0 ? shape?.at(-1)?.floorDiv(2).add(1) : shape?.at(-1);
  ctx.setTensor(0, ctx.dtype(0), shape && [...shape.with(-1, last), Dim.of(2)]);
}

function inferIrfft(ctx: InferContext): void {
  const shape = ctx.shape(0)?.slice(0, -1);
  const last = ctx.attributes.int('onesided', 1) !== 0 ? shape?.at(-1)?.sub(1).mul(2) : shape?.at(-1);
  ctx.setTensor(0, ctx.dtype(0), shape && shape.length > 0 ? shape.with(-1, last) : undefined);
}

/** X [N, C, H, W], one crop a region: [regions, C, height, width]. */
function inferCropAndResize(ctx: InferContext): void {
  const size = ctx.content(3);
  ctx.setTensor(0, ctx.dtype(0), [ctx.shape(1)?.[0], ctx.shape(0)?.[1], dimOf(size?.[0]), dimOf(size?.[1])]);
}

/** Beams [B, returned, max length]; their scores; the scores of all tokens at each step. */
function inferBeamSearch(ctx: InferContext): void {
  const batch = ctx.shape(0)?.[0];
  const [length, beams, returned] = [1, 3, 4].map((input) => dimOf(ctx.content(input)?.[0]));
  ctx.setTensor(0, DataType.INT32, [batch, returned, length]);
  const dtype = ctx.dtype(5);
  if (ctx.hasOutput(1)) ctx.setTensor(1, dtype, [batch, returned]);
  const vocabulary = ctx.attributes.int('vocab_size', -1);
  const steps =
    ctx.opType === 'BeamSearch' ? length && ctx.shape(0)?.[1] && length.sub(ctx.shape(0)?.[1] as Dim) : undefined;
  if (ctx.hasOutput(2)) ctx.setTensor(2, dtype, [steps, batch, beams, vocabulary > 0 ? Dim.of(vocabulary) : undefined]);
}

function inferGreedySearch(ctx: InferContext): void {
  ctx.setTensor(0, DataType.INT32, [ctx.shape(0)?.[0], dimOf(ctx.content(1)?.[0])]);
}

/** Distinct values, for each element where its value stands among them, and how often each occurs. */
function inferUnique(ctx: InferContext): void {
  const count = ctx.fresh('unique');
  ctx.setTensor(0, ctx.dtype(0), [count]);
  if (ctx.hasOutput(1)) ctx.setTensor(1, DataType.INT64, ctx.shape(0));
  if (ctx.hasOutput(2)) ctx.setTensor(2, DataType.INT64, [count]);
}

/** A list of tokens for each string. */
function inferTokenizer(ctx: InferContext): void {
  const shape = ctx.shape(0);
  ctx.setTensor(0, DataType.STRING, shape && [...shape, ctx.fresh('tokens')]);
}

/** Other operators of onnxruntime's own domain. */
export const definitions: readonly OpDefinition[] = [
  standard(rearrange, 'Trilu'),
  standard(creation, 'Range'),
  standard(gather, 'GatherND'),
  standard(pad, 'Pad'),
  { name: 'Unique', infer: inferUnique },
  { name: 'ExpandDims', infer: inferExpandDims },
  { name: 'TorchEmbedding', infer: inferEmbedding },
  { name: 'UnfoldTensor', infer: inferUnfold },
  { name: 'Rfft', infer: inferRfft },
  { name: 'Irfft', infer: inferIrfft },
  { name: 'CropAndResize', infer: inferCropAndResize },
  {
    name: 'GridSample',
    infer: (ctx: InferContext) => {
      const [x, grid] = [ctx.shape(0), ctx.shape(1)];
      ctx.setTensor(0, ctx.dtype(0), x && grid && [x[0], x[1], ...grid.slice(1, -1)]);
    },
  },
  { name: 'NGramRepeatBlock', infer: (ctx: InferContext) => ctx.setTensor(0, ctx.dtype(1), ctx.shape(1)) },
  {
    name: 'DynamicTimeWarping',
    infer: (ctx: InferContext) => ctx.setTensor(0, DataType.INT32, [Dim.of(2), ctx.fresh('path')]),
  },
  { name: 'BeamSearch', infer: inferBeamSearch },
  { name: 'WhisperBeamSearch', infer: inferBeamSearch },
  { name: 'GreedySearch', infer: inferGreedySearch },
  { name: 'Sampling', infer: inferGreedySearch },
  { name: 'Tokenizer', infer: inferTokenizer },
].map((definition) => ({ ...definition, domain: DOMAIN }));
