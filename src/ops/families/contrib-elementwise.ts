import { Dim } from '../../symbolic/dim.js';
import { DataType } from '../../tensor/dtype.js';
import { equalAxes } from '../lib/equal-sizes.js';
import { product } from '../lib/known.js';
import { ruleOf } from '../lib/remap.js';
import type { InferContext, OpDefinition, Shape } from '../types.js';
import { definitions as normalization } from './normalization.js';

const DOMAIN = 'com.microsoft';
const ONE = Dim.of(1);

/** Output 0 has type and shape of input 0. */
const SAME = [
  'BranchwiseRMSNorm',
  'CausalConvWithState',
  'FastGelu',
  'GatedRMSNorm',
  'Gelu',
  'GroupNorm',
  'HyperConnectionPostMix',
  'Inverse',
  'MoE',
  'QMoE',
  'QOrderedGelu',
  'QOrderedLayerNormalization',
  'QuickGelu',
  'SampleOp',
  'ScaledSiLU',
];

function inferSame(ctx: InferContext): void {
  ctx.setTensor(0, ctx.dtype(0), ctx.shape(0));
}

/** Operands that broadcast to the first one. */
function inferBroadcast(ctx: InferContext): void {
  ctx.setTensor(0, ctx.dtype(0), ctx.broadcast());
}

/** The bias, scale or weight input of the last axis. */
function unifyLast(ctx: InferContext, inputs: readonly number[]): Shape | undefined {
  let shape = ctx.shape(0);
  for (const input of inputs) {
    const own = ctx.shape(input);
    if (shape === undefined || shape.length === 0 || own?.length !== 1) continue;
    const where = [
      { input: 0, axis: shape.length - 1 },
      { input, axis: 0 },
    ];
    shape = shape.with(-1, ctx.unify(shape.at(-1), own[0], `parameters of ${ctx.opType}`, where));
  }
  return shape;
}

/** The sum of input and skip (1, without a batch or [1, ...]), normalized; on request also its statistics and the sum. */
function inferSkipNormalization(ctx: InferContext): void {
  const parameters = Array.from({ length: ctx.inputCount - 2 }, (_, i) => i + 2).filter((i) => ctx.hasInput(i));
  const normalized = unifyLast(ctx, parameters);
  const sum = ctx.hasInput(1) ? ctx.broadcast([0, 1]) : undefined;
  const rank = normalized?.length;
  const shape = normalized?.map((dim, axis) => (axis === (rank ?? 0) - 1 ? dim : (sum?.[axis] ?? dim)));
  ctx.setTensor(0, ctx.dtype(0), shape);
  const statistics = shape && (shape.length > 0 ? shape.with(-1, ONE) : shape);
  for (const i of [1, 2]) if (ctx.hasOutput(i)) ctx.setTensor(i, DataType.FLOAT, statistics);
  if (ctx.hasOutput(3)) ctx.setTensor(3, ctx.dtype(0), shape);
}

function inferSkipGroupNorm(ctx: InferContext): void {
  for (const i of [0, 1]) if (ctx.hasOutput(i)) ctx.setTensor(i, ctx.dtype(0), ctx.shape(0));
}

/** Token ids [B, S] looked up in tables [V, H]; the mask is counted per row. */
function inferEmbedNormalization(ctx: InferContext): void {
  const isQuantized = ctx.opType.startsWith('Q');
  const batch = equalAxes(ctx, `batch of ${ctx.opType}`, [0, 0], [1, 0]);
  const sequence = equalAxes(ctx, `sequence of ${ctx.opType}`, [0, 1], [1, 1]);
  const hidden = equalAxes(ctx, `hidden size of ${ctx.opType}`, [2, 1], [3, 1], [4, 1], [5, 0], [6, 0]);
  const dtype = isQuantized ? ctx.dtype(8) : ctx.dtype(2);
  const shape = [batch, sequence, hidden];
  ctx.setTensor(0, dtype, shape);
  if (ctx.hasOutput(1)) ctx.setTensor(1, ctx.dtype(0), [batch]);
  if (ctx.hasOutput(2)) ctx.setTensor(2, dtype, shape);
}

/** Output 1 is the mask: a bool an element, or a bit an element in 32-bit words. */
function inferDropout(ctx: InferContext): void {
  const shape = ctx.shape(0);
  ctx.setTensor(0, ctx.dtype(0), shape);
  if (!ctx.hasOutput(1)) return;
  if (ctx.opType.startsWith('Bitmask')) ctx.setTensor(1, DataType.UINT32, shape && [product(shape)?.ceilDiv(32)]);
  else ctx.setTensor(1, DataType.BOOL, shape);
}

/** Gated: half of the channels gate the other half. */
function inferBiasSplitGelu(ctx: InferContext): void {
  const shape = unifyLast(ctx, [1]);
  ctx.setTensor(0, ctx.dtype(0), shape?.with(-1, shape.at(-1)?.floorDiv(2)));
}

const contrib: OpDefinition[] = [
  ...SAME.map((name) => ({ name, infer: inferSame })),
  { name: 'BiasAdd', infer: (ctx) => ctx.setTensor(0, ctx.dtype(0), unifyLast(ctx, [1])) },
  { name: 'BiasGelu', infer: (ctx) => ctx.setTensor(0, ctx.dtype(0), unifyLast(ctx, [1])) },
  { name: 'BiasSplitGelu', infer: inferBiasSplitGelu },
  { name: 'BiasSoftmax', infer: inferSame },
  { name: 'GatedAdd', infer: inferSame },
  { name: 'ComplexMul', infer: inferBroadcast },
  { name: 'ComplexMulConj', infer: inferBroadcast },
  { name: 'BiasDropout', infer: inferDropout },
  { name: 'BitmaskDropout', infer: inferDropout },
  { name: 'BitmaskBiasDropout', infer: inferDropout },
  { name: 'IsAllFinite', infer: (ctx) => ctx.setTensor(0, DataType.BOOL, []) },
  {
    name: 'MurmurHash3',
    infer: (ctx) =>
      ctx.setTensor(0, ctx.attributes.int('positive', 1) === 1 ? DataType.UINT32 : DataType.INT32, ctx.shape(0)),
  },
  { name: 'SkipLayerNormalization', infer: inferSkipNormalization },
  { name: 'SkipSimplifiedLayerNormalization', infer: inferSkipNormalization },
  { name: 'SkipGroupNorm', infer: inferSkipGroupNorm },
  { name: 'EmbedLayerNormalization', infer: inferEmbedNormalization },
  { name: 'QEmbedLayerNormalization', infer: inferEmbedNormalization },
];

/** Element by element, and normalizations: what exporters and onnxruntime's optimizer fuse. */
export const definitions: readonly OpDefinition[] = [
  ...contrib.map((definition) => ({ ...definition, domain: DOMAIN })),
  // onnxruntime puts these into the standard domain.
  { name: 'SimplifiedLayerNormalization', infer: ruleOf(normalization, 'RMSNormalization') },
  { name: 'MemcpyFromHost', infer: (ctx) => ctx.setOutput(0, ctx.input(0)) },
  { name: 'MemcpyToHost', infer: (ctx) => ctx.setOutput(0, ctx.input(0)) },
  // Removed from the standard after version 1, still in old files.
  ...['Affine', 'ImageScaler', 'ParametricSoftplus', 'Scale', 'ScaledTanh'].map((name) => ({ name, infer: inferSame })),
];
