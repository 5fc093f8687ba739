import { Dim } from '../../symbolic/dim.js';
import { equalAxes, equalSizes, type ShownSize } from '../lib/equal-sizes.js';
import type { InferContext, OpDefinition } from '../types.js';

const [Q, K, V, MASK, PAST_KEY, PAST_VALUE, LENGTHS] = [0, 1, 2, 3, 4, 5, 6] as const;

/** Queries, keys or values by what their axes mean. */
interface Heads {
  readonly batch: ShownSize;
  readonly heads: ShownSize;
  readonly sequence: ShownSize;
  /** Elements of one head. */
  readonly size: ShownSize;
  /** Is the shape [batch, sequence, heads * size], not [batch, heads, sequence, size]? */
  readonly packed: boolean;
}

function headsOf(ctx: InferContext, input: number, attribute: string): Heads {
  const shape = ctx.shape(input);
  const at = (axis: number, size = shape?.[axis]): ShownSize => ({ size, input, axis });
  if (shape?.length !== 3) return { batch: at(0), heads: at(1), sequence: at(2), size: at(3), packed: false };
  const count = ctx.attributes.int(attribute);
  const heads = count === undefined ? undefined : Dim.of(count);
  // Heads are equally large, so that nothing is cut off.
  const size = count === undefined || count === 0 ? undefined : shape[2]?.floorDiv(count);
  return {
    batch: at(0),
    heads: { size: heads, input, axis: 2 },
    sequence: at(1),
    size: { size, input, axis: 2 },
    packed: true,
  };
}

/** Several heads side by side in one axis; as many as it was split into give back its size, divisible or not. */
function packed(ctx: InferContext, values: Heads, size: Dim | undefined, heads: Dim | undefined): Dim | undefined {
  const own = values.heads.size;
  if (values.packed && heads !== undefined && own?.equals(heads)) return ctx.shape(values.size.input)?.[2];
  return heads && size?.mul(heads);
}

/** All of `shown` that the mask has no other choice than to be as large as. */
function unifyMask(ctx: InferContext, sizes: readonly (Dim | undefined)[]): void {
  const mask = ctx.shape(MASK);
  mask?.forEach((own, axis) => {
    const size = sizes[sizes.length - mask.length + axis];
    if (own === undefined || own.value === 1 || size === undefined) return;
    // Since opset 24 a mask that ends early hides the rest.
    if (ctx.opset >= 24 && axis === mask.length - 1 && own.isAtMost(size)) return;
    ctx.unify(own, size, 'mask of Attention', [{ input: MASK, axis }]);
  });
}

/**
 * Q [B, Hq, S, D], K [B, Hkv, L, D] and V [B, Hkv, L, Dv], or packed with the heads in the last axis; keys and values are
 * put behind those of the past. Source: https://onnx.ai/onnx/operators/onnx__Attention.html
 */
function inferAttention(ctx: InferContext): void {
  const q = headsOf(ctx, Q, 'q_num_heads');
  const k = headsOf(ctx, K, 'kv_num_heads');
  const v = headsOf(ctx, V, 'kv_num_heads');
  const past = (input: number, axis: number): ShownSize => ({ size: ctx.shape(input)?.[axis], input, axis });
  const batches = [q.batch, k.batch, v.batch, past(PAST_KEY, 0), past(PAST_VALUE, 0), past(LENGTHS, 0)];
  const batch = equalSizes(ctx, 'batch of Attention', batches);
  const heads = [k.heads, v.heads, past(PAST_KEY, 1), past(PAST_VALUE, 1)];
  const kvHeads = equalSizes(ctx, 'key and value heads of Attention', heads);
  const size = equalSizes(ctx, 'head size of Attention', [q.size, k.size, past(PAST_KEY, 3)]);
  const valueSize = equalSizes(ctx, 'value head size of Attention', [v.size, past(PAST_VALUE, 3)]);
  const sequence = equalSizes(ctx, 'keys and values of Attention', [k.sequence, v.sequence]);
  const pastSequence = equalAxes(ctx, 'past of Attention', [PAST_KEY, 2], [PAST_VALUE, 2]);
  const total = ctx.hasInput(PAST_KEY) ? pastSequence && sequence?.add(pastSequence) : sequence;
  const scores = [batch, q.heads.size, q.sequence.size, total];
  unifyMask(ctx, scores);

  const known = ctx.shape(Q) !== undefined;
  const hidden = packed(ctx, v, valueSize, q.heads.size);
  const y = q.packed ? [batch, q.sequence.size, hidden] : [batch, q.heads.size, q.sequence.size, valueSize];
  ctx.setTensor(0, ctx.dtype(Q), known ? y : undefined);
  if (ctx.hasOutput(1)) ctx.setTensor(1, ctx.dtype(K), [batch, kvHeads, total, size]);
  if (ctx.hasOutput(2)) ctx.setTensor(2, ctx.dtype(V), [batch, kvHeads, total, valueSize]);
  if (ctx.hasOutput(3)) ctx.setTensor(3, ctx.dtype(Q), scores);
}

/** Packed as Attention, with a state [B, Hkv, D, Dv] in place of past keys and values. */
function inferLinearAttention(ctx: InferContext): void {
  const STATE = 3;
  const q = headsOf(ctx, Q, 'q_num_heads');
  const k = headsOf(ctx, K, 'kv_num_heads');
  const v = headsOf(ctx, V, 'kv_num_heads');
  const past = (axis: number): ShownSize => ({ size: ctx.shape(STATE)?.[axis], input: STATE, axis });
  const gates = (axis: number) => [4, 5].map((input) => ({ size: ctx.shape(input)?.[axis], input, axis }));
  const batches = [q.batch, k.batch, v.batch, past(0), ...gates(0)];
  const batch = equalSizes(ctx, 'batch of LinearAttention', batches);
  const sequences = [q.sequence, k.sequence, v.sequence, ...gates(1)];
  const sequence = equalSizes(ctx, 'sequence of LinearAttention', sequences);
  const heads = equalSizes(ctx, 'heads of LinearAttention', [k.heads, past(1)]);
  const size = equalSizes(ctx, 'head size of LinearAttention', [q.size, k.size, past(2)]);
  const valueSize = equalSizes(ctx, 'value head size of LinearAttention', [v.size, past(3)]);
  ctx.setTensor(0, ctx.dtype(Q), [batch, sequence, packed(ctx, v, valueSize, q.heads.size)]);
  if (ctx.hasOutput(1)) ctx.setTensor(1, ctx.dtype(STATE) ?? ctx.dtype(Q), [batch, heads, size, valueSize]);
}

/** [B, Hq, S, D] with keys and values [B, Hkv, L, D]; the subgraphs that modify scores keep their shape. */
function inferFlexAttention(ctx: InferContext): void {
  const batch = equalAxes(ctx, 'batch of FlexAttention', [Q, 0], [K, 0], [V, 0]);
  equalAxes(ctx, 'heads of FlexAttention', [K, 1], [V, 1]);
  equalAxes(ctx, 'keys and values of FlexAttention', [K, 2], [V, 2]);
  equalAxes(ctx, 'head size of FlexAttention', [Q, 3], [K, 3]);
  const q = ctx.shape(Q);
  ctx.setTensor(0, ctx.dtype(Q), [batch, q?.[1], q?.[2], ctx.shape(V)?.[3]]);
}

/** Positions turn each pair of elements: the shape stays. Without position ids, the tables are [B, S, D/2]. */
function inferRotaryEmbedding(ctx: InferContext): void {
  const shape = ctx.shape(0);
  const sequenceAxis = shape?.length === 3 ? 1 : 2;
  const tables = ctx.hasInput(3) ? [3] : [1, 2];
  const sized = (axis: number, own: number): ShownSize[] => [
    { size: shape?.[axis], input: 0, axis },
    ...tables
      .map((input) => ({ size: ctx.shape(input)?.[own], input, axis: own }))
      .filter(({ size }) => size?.value !== 1),
  ];
  const batch = equalSizes(ctx, 'batch of RotaryEmbedding', sized(0, 0));
  const sequence = equalSizes(ctx, 'positions of RotaryEmbedding', sized(sequenceAxis, 1));
  const result = shape?.map((size, axis) => (axis === 0 ? batch : axis === sequenceAxis ? sequence : size));
  ctx.setTensor(0, ctx.dtype(0), result);
}

/** Attention and what belongs to it, as operators of their own (opset 23 and later). */
export const definitions: readonly OpDefinition[] = [
  { name: 'Attention', infer: inferAttention },
  { name: 'LinearAttention', infer: inferLinearAttention },
  { name: 'FlexAttention', domain: 'ai.onnx.preview', infer: inferFlexAttention },
  { name: 'RotaryEmbedding', infer: inferRotaryEmbedding },
];
