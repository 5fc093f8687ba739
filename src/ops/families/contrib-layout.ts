import { Dim } from '../../symbolic/dim.js';
import { CHANNELS_LAST, ruleOf } from '../lib/remap.js';
import type { InferContext, OpDefinition } from '../types.js';
import { definitions as batchNorm } from './batch-norm.js';
import { definitions as conv } from './conv.js';
import { definitions as pool } from './pool.js';
import { definitions as rearrange } from './rearrange.js';

/** Blocks of the "NCHWc" layout have 8 or 16 channels, depending on the processor. */
const LARGEST_BLOCK = 16;

/** [N, channels of whole blocks, spatial ...], from channels first or last. */
function inferReorderInput(ctx: InferContext): void {
  const shape = ctx.shape(0);
  const isLast = ctx.attributes.int('channels_last', 0) !== 0;
  const channels = isLast ? shape?.at(-1) : shape?.[1];
  const isWhole = channels !== undefined && Dim.of(LARGEST_BLOCK).dividesExactly(channels);
  const spatial = isLast ? shape?.slice(1, -1) : shape?.slice(2);
  ctx.setTensor(0, ctx.dtype(0), spatial && [shape?.[0], isWhole ? channels : undefined, ...spatial]);
}

function inferReorderOutput(ctx: InferContext): void {
  const shape = ctx.shape(0);
  const count = ctx.attributes.int('channels');
  const channels = count === undefined ? undefined : Dim.of(count);
  const spatial = shape?.slice(2);
  const isLast = ctx.attributes.int('channels_last', 0) !== 0;
  const result = isLast ? spatial && [shape?.[0], ...spatial, channels] : spatial && [shape?.[0], channels, ...spatial];
  ctx.setTensor(0, ctx.dtype(0), result);
}

function inferUpsample(ctx: InferContext): void {
  const scales = ctx.attributes.ints('scales');
  const shape = ctx.shape(0)?.map((dim, axis) => (scales?.[axis] === undefined ? undefined : dim?.mul(scales[axis])));
  ctx.setTensor(0, ctx.dtype(0), shape);
}

/** One kernel, any order of dilation: the pads are input 2, which need not be known. */
function inferConvTransposeWithPads(ctx: InferContext): void {
  const x = ctx.shape(0);
  const kernel = ctx.shape(1);
  const pads = ctx.content(2)?.map((pad) => (pad instanceof Dim ? pad : undefined));
  const rank = (x?.length ?? 2) - 2;
  const at = (name: string, i: number, otherwise: number) => ctx.attributes.ints(name)?.[i] ?? otherwise;
  const spatial = x?.slice(2).map((size, i) => {
    const [head, tail] = ctx.hasInput(2) ? [pads?.[i], pads?.[i + rank]] : [Dim.of(0), Dim.of(0)];
    const extent = kernel?.[i + 2]
      ?.sub(1)
      .mul(at('dilations', i, 1))
      .add(1);
    if (size === undefined || head === undefined || tail === undefined || extent === undefined) return undefined;
    return size
      .sub(1)
      .mul(at('strides', i, 1))
      .add(at('output_padding', i, 0))
      .add(extent)
      .sub(head)
      .sub(tail);
  });
  const channels = kernel?.[1]?.mul(ctx.attributes.int('group', 1));
  ctx.setTensor(0, ctx.dtype(0), spatial && [x?.[0], channels, ...spatial]);
}

const microsoft: OpDefinition[] = [
  { name: 'FusedConv', infer: ruleOf(conv, 'Conv', { inputs: [0, 1, 2] }) },
  { name: 'NhwcConv', infer: ruleOf(conv, 'Conv', CHANNELS_LAST) },
  { name: 'NhwcFusedConv', infer: ruleOf(conv, 'Conv', { inputs: [0, 1, 2], ...CHANNELS_LAST }) },
  { name: 'NhwcMaxPool', infer: ruleOf(pool, 'MaxPool', CHANNELS_LAST) },
  { name: 'MaxpoolWithMask', infer: ruleOf(pool, 'MaxPool', { inputs: [0] }) },
  { name: 'ConvTransposeWithDynamicPads', infer: inferConvTransposeWithPads },
];

const blocked: OpDefinition[] = [
  { name: 'ReorderInput', infer: inferReorderInput },
  { name: 'ReorderOutput', infer: inferReorderOutput },
  { name: 'Upsample', infer: inferUpsample },
  { name: 'Conv', infer: ruleOf(conv, 'Conv', { inputs: [0, 1, 2] }) },
  ...['MaxPool', 'AveragePool', 'GlobalMaxPool', 'GlobalAveragePool'].map((name) => ({
    name,
    infer: ruleOf(pool, name),
  })),
];

const channelsLast: OpDefinition[] = [
  ...['Conv', 'ConvTranspose', 'QLinearConv'].map((name) => ({ name, infer: ruleOf(conv, name, CHANNELS_LAST) })),
  ...['MaxPool', 'AveragePool', 'LpPool', 'GlobalMaxPool', 'GlobalAveragePool', 'GlobalLpPool'].map((name) => ({
    name,
    infer: ruleOf(pool, name, CHANNELS_LAST),
  })),
  ...['BatchNormalization', 'InstanceNormalization', 'LRN'].map((name) => ({
    name,
    infer: ruleOf(batchNorm, name, CHANNELS_LAST),
  })),
  ...['DepthToSpace', 'SpaceToDepth'].map((name) => ({ name, infer: ruleOf(rearrange, name, CHANNELS_LAST) })),
];

/** Convolutions and poolings in the memory layouts that onnxruntime rewrites graphs to. */
export const definitions: readonly OpDefinition[] = [
  ...microsoft.map((definition) => ({ ...definition, domain: 'com.microsoft' })),
  ...blocked.map((definition) => ({ ...definition, domain: 'com.microsoft.nchwc' })),
  ...channelsLast.map((definition) => ({ ...definition, domain: 'com.ms.internal.nhwc' })),
];
