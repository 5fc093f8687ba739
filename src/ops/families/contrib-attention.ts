import { Dim } from '../../symbolic/dim.js';
import { DataType } from '../../tensor/dtype.js';
import { equalAxes } from '../lib/equal-sizes.js';
import { dimOf } from '../lib/known.js';
import type { InferContext, OpDefinition, Shape } from '../types.js';

const DOMAIN = 'com.microsoft';

function heads(ctx: InferContext, attribute = 'num_heads'): Dim | undefined {
  const count = ctx.attributes.int(attribute);
  return count === undefined || count < 1 ? undefined : Dim.of(count);
}

function sharesBuffer(ctx: InferContext): boolean {
  return ctx.attributes.int('past_present_share_buffer', 0) !== 0;
}

/** Size of all value heads: the attribute's third, or a third of the merged weights' columns. */
function valueSize(ctx: InferContext, weights: number, bias: number): Dim | undefined {
  const own = ctx.attributes.ints('qkv_hidden_sizes')?.[2];
  if (own !== undefined && own > 0) return Dim.of(own);
  const merged = equalAxes(ctx, `merged weights of ${ctx.opType}`, [weights, 1], [bias, 0]);
  return merged?.floorDiv(3);
}

/**
 * Input [B, S, H] with merged weights [H, 3*H]: output [B, S, Hv]. Past and present are [2, B, N, P, H/N], present longer
 * by S, unless both are one buffer.
 */
function inferMerged(past: number, dtypeFrom: number) {
  return (ctx: InferContext) => {
    const shape = ctx.shape(0);
    const dtype = ctx.dtype(dtypeFrom) ?? ctx.dtype(0);
    equalAxes(ctx, `input size of ${ctx.opType}`, [0, 2], [1, 0]);
    const size = valueSize(ctx, 1, 2);
    ctx.setTensor(0, dtype, shape?.with(-1, size));
    if (!ctx.hasOutput(1)) return;
    const before = ctx.shape(past);
    const count = heads(ctx);
    const length = ctx.hasInput(past)
      ? sharesBuffer(ctx)
        ? before?.[3]
        : before?.[3] && shape?.[1]?.add(before[3])
      : shape?.[1];
    const each = before?.[4] ?? (count && size?.floorDiv(count));
    ctx.setTensor(1, dtype, [Dim.of(2), shape?.[0], count, length, each]);
  };
}

/** Hidden size of the values, whatever the layout of query, key and value. */
function valueHidden(ctx: InferContext): Dim | undefined {
  const [q, k, v] = [ctx.shape(0), ctx.shape(1), ctx.shape(2)];
  if (q?.length === 5) return q[2] && q[4]?.mul(q[2]); // all packed: [B, S, N, 3, H]
  if (v?.length === 4) return v[1] && v[3]?.mul(v[1]); // a cache: [B, N, L, H]
  if (v?.length === 3) return v[2];
  return k?.length === 5 ? q?.[2] : undefined; // keys and values packed: [B, L, N, 2, H]
}

/** Length of keys and values that are new in this call. */
function newLength(ctx: InferContext): Dim | undefined {
  const [q, k, v] = [ctx.shape(0), ctx.shape(1), ctx.shape(2)];
  if (q?.length === 5) return q[1];
  if (k?.length === 5) return k[1];
  return v?.length === 4 ? v[2] : equalAxes(ctx, `keys and values of ${ctx.opType}`, [1, 1], [2, 1]);
}

/** Query [B, S, H], keys and values in one of several layouts; past and present [B, N, L, H/N]. */
function inferMultiHead(past: number) {
  return (ctx: InferContext) => {
    const q = ctx.shape(0);
    const dtype = ctx.dtype(0);
    const count = heads(ctx);
    const hidden = valueHidden(ctx);
    const batch = equalAxes(ctx, `batch of ${ctx.opType}`, [0, 0], [1, 0], [2, 0], [past, 0]);
    ctx.setTensor(0, dtype, q && [batch, q[1], hidden]);
    const added = newLength(ctx);
    const before = ctx.shape(past);
    const isCache = ctx.shape(1)?.length === 4;
    const grows = ctx.hasInput(past) && !sharesBuffer(ctx) && !ctx.hasInput(8);
    const length = !ctx.hasInput(past) || isCache ? added : grows ? before?.[2] && added?.add(before[2]) : before?.[2];
    const keySize = before?.[3] ?? (q?.length === 5 ? q[4] : count && q?.[2]?.floorDiv(count));
    if (ctx.hasOutput(1)) ctx.setTensor(1, dtype, [batch, count, length, keySize]);
    const ownSize = ctx.shape(past + 1)?.[3] ?? (count && hidden?.floorDiv(count));
    if (ctx.hasOutput(2)) ctx.setTensor(2, dtype, [batch, count, length, ownSize]);
    if (ctx.hasOutput(3)) ctx.setTensor(3, dtype, [batch, count, q?.[1], length]);
  };
}

/** Every group of query heads shares a key head; the cache is [B, Nkv, max length, H/N]. */
function inferGroupQuery(ctx: InferContext): void {
  const q = ctx.shape(0);
  const dtype = ctx.dtype(0);
  const [count, own] = [heads(ctx), heads(ctx, 'kv_num_heads')];
  const isPacked = !ctx.hasInput(2);
  const all = count && own && (isPacked ? count.add(own.mul(2)) : count);
  const size = all && q?.[2]?.floorDiv(all);
  ctx.setTensor(0, dtype, q && [q[0], q[1], isPacked ? size && count?.mul(size) : q[2]]);
  const past = ctx.shape(3);
  const total = ctx.opType === 'GroupQueryAttention' ? dimOf(ctx.content(6)?.[0]) : undefined;
  const isWindowed = ctx.opType === 'SparseAttention' || ctx.attributes.int('sliding_window_cache', 0) === 1;
  const length = !ctx.hasInput(3) ? total : isWindowed ? past?.[2] : past?.[2] && total?.max(past[2]);
  for (const i of [1, 2]) {
    if (ctx.hasOutput(i)) ctx.setTensor(i, ctx.dtype(2 + i) ?? dtype, [q?.[0], own, length, past?.[3] ?? size]);
  }
  if (ctx.hasOutput(3)) ctx.setTensor(3, dtype, [q?.[0], count, q?.[1], total]);
}

/** Only tokens that are not padding: [tokens, H]. */
function inferPacked(ctx: InferContext): void {
  ctx.setTensor(0, ctx.dtype(0), ctx.shape(0)?.with(-1, valueSize(ctx, 1, 2)));
}

/** Query [tokens, H], or all packed: [tokens, N, 3, H/N]. */
function inferPackedMultiHead(ctx: InferContext): void {
  const q = ctx.shape(0);
  const hidden = q?.length === 4 ? q[1] && q[3]?.mul(q[1]) : ctx.shape(2)?.[1];
  ctx.setTensor(0, ctx.dtype(0), q && [q[0], hidden]);
}

/** [S, B, H] of a decoder, with caches [B, N, L, H/N] that grow by an amount known at run time. */
function inferDecoder(ctx: InferContext): void {
  const q = ctx.shape(0);
  const count = heads(ctx);
  ctx.setTensor(0, ctx.dtype(0), q);
  const cache: Shape = [q?.[1], count, undefined, count && q?.[2]?.floorDiv(count)];
  for (const i of [1, 2]) if (ctx.hasOutput(i)) ctx.setTensor(i, ctx.dtype(0), cache);
}

function inferRelativeBias(ctx: InferContext): void {
  const [rows, columns] = [1, 2].map((input) => dimOf(ctx.content(input)?.[0]));
  ctx.setTensor(0, ctx.dtype(0), [Dim.of(1), ctx.shape(0)?.[1], rows, columns]);
}

function inferGatedRelativeBias(ctx: InferContext): void {
  const positions = equalAxes(ctx, `positions of ${ctx.opType}`, [2, 2], [2, 3]);
  const batch = ctx.hasInput(6) ? ctx.shape(6)?.[0] : ctx.shape(0)?.[0];
  ctx.setTensor(0, ctx.dtype(0), [batch, heads(ctx), positions, positions]);
}

function inferRemovePadding(ctx: InferContext): void {
  const shape = ctx.shape(0);
  const dtype = ctx.dtype(1);
  ctx.setTensor(0, ctx.dtype(0), [ctx.fresh('tokens'), shape?.[2]]);
  if (ctx.hasOutput(1)) ctx.setTensor(1, dtype, [shape?.[0], shape?.[1]]);
  if (ctx.hasOutput(2)) ctx.setTensor(2, dtype, [shape?.[0]?.add(1)]);
  if (ctx.hasOutput(3)) ctx.setTensor(3, dtype, [Dim.of(1)]);
}

function inferRestorePadding(ctx: InferContext): void {
  const offsets = ctx.shape(1);
  ctx.setTensor(0, ctx.dtype(0), [offsets?.[0], offsets?.[1], ctx.shape(0)?.[1]]);
}

/** Output i has type and shape of an input. */
function sameAs(...inputs: readonly number[]) {
  return (ctx: InferContext) => {
    inputs.forEach((input, i) => {
      if (ctx.hasOutput(i)) ctx.setTensor(i, ctx.dtype(input), ctx.shape(input));
    });
  };
}

/** Attention as onnxruntime fuses it: its own operators, several layouts each. */
export const definitions: readonly OpDefinition[] = [
  { name: 'Attention', infer: inferMerged(4, 0) },
  { name: 'DecoderMaskedSelfAttention', infer: inferMerged(4, 0) },
  { name: 'QAttention', infer: inferMerged(8, 2) },
  { name: 'PackedAttention', infer: inferPacked },
  { name: 'MultiHeadAttention', infer: inferMultiHead(6) },
  { name: 'DecoderMaskedMultiHeadAttention', infer: inferMultiHead(5) },
  { name: 'PackedMultiHeadAttention', infer: inferPackedMultiHead },
  { name: 'GroupQueryAttention', infer: inferGroupQuery },
  { name: 'SparseAttention', infer: inferGroupQuery },
  { name: 'DecoderAttention', infer: inferDecoder },
  { name: 'LongformerAttention', infer: sameAs(0) },
  { name: 'QOrderedLongformerAttention', infer: sameAs(0) },
  {
    name: 'QOrderedAttention',
    infer: (ctx: InferContext) => {
      const own = ctx.attributes.ints('qkv_hidden_sizes')?.[2];
      const size = own === undefined ? ctx.shape(7)?.[1] : Dim.of(own);
      ctx.setTensor(0, ctx.dtype(0) ?? DataType.INT8, ctx.shape(0)?.with(-1, size));
    },
  },
  { name: 'RotaryEmbedding', infer: sameAs(0) },
  { name: 'MRotaryEmbedding', infer: sameAs(0) },
  { name: 'GemmaRotaryEmbedding', infer: sameAs(1, 3) },
  { name: 'RelativePositionBias', infer: inferRelativeBias },
  { name: 'GatedRelativePositionBias', infer: inferGatedRelativeBias },
  { name: 'RemovePadding', infer: inferRemovePadding },
  { name: 'RestorePadding', infer: inferRestorePadding },
].map((definition) => ({ ...definition, domain: DOMAIN }));
