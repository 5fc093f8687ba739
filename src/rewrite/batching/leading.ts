import { again, type BatchRule, type Call, onlyFirst, outputsOf, Unbatchable } from './call.js';
import type { Draft, Ref } from './draft.js';
import { type Batched, isBatched, toFront, toKept } from './operand.js';

/** Operators that have a batch axis of their own, the first: Conv, pooling, Resize ... Items join it. */
export const leadingBatch: BatchRule = (call) => {
  const x = onlyFirst(call);
  const others = call.operands.slice(1).map((operand) => operand?.ref);
  if (x.shape[0]?.equals(1)) {
    const kept = toKept(call.draft, x, 0);
    return outputsOf(call, again(call, [kept.ref, ...others]), kept.layout);
  }
  // Items of several rows each: all rows are one batch for the operator, and are parted again after it.
  const front = toFront(call.draft, x);
  const merged = mergeFirst(call.draft, front.ref);
  const outputs = again(call, [merged, ...others]).map((ref) => partFirst(call, ref, front));
  return outputsOf(call, outputs, front.layout);
};

/** Resize by factors that leave the batch as it is. */
export const resize: BatchRule = (call) => {
  const scales = call.constant(call.draft.opset < 11 ? 1 : 2);
  const hasSizes = call.operands[3] !== undefined;
  if (hasSizes || Number(scales?.data[0]) !== 1) throw new Unbatchable('Resize has sizes instead of factors');
  return leadingBatch(call);
};

function mergeFirst(draft: Draft, ref: Ref): Ref {
  return draft.node('Reshape', [ref, draft.list([draft.ints([-1]), tail(draft, ref, 2)])]);
}

function partFirst({ draft }: Call, ref: Ref, { ref: like }: Batched): Ref {
  const items = head(draft, like, 2);
  return draft.node('Reshape', [ref, draft.list([items, tail(draft, ref, 1)])]);
}

/** The sizes of the first axes. */
function head(draft: Draft, ref: Ref, count: number): Ref {
  return sizes(draft, ref, 0, count);
}

/** The sizes of all axes but the first ones. */
function tail(draft: Draft, ref: Ref, from: number): Ref {
  return sizes(draft, ref, from, Number.MAX_SAFE_INTEGER);
}

function sizes(draft: Draft, ref: Ref, from: number, to: number): Ref {
  const shape = draft.node('Shape', [ref]);
  if (draft.opset < 10) return draft.node('Slice', [shape], { starts: { ints: [from] }, ends: { ints: [to] } });
  return draft.node('Slice', [shape, draft.ints([from]), draft.ints([to])]);
}

/** Recurrent layers: their batch axis is the second of the sequence, and the last but one of the states. */
export const recurrent: BatchRule = (call) => {
  const { draft, operands } = call;
  const [x, weights, recurrence, bias, lengths, ...states] = operands;
  const first = call.attributes.layout;
  if (first !== undefined && 'int' in first && Number(first.int) === 1) {
    throw new Unbatchable(`${call.node.opType} has its batch first`);
  }
  if (!isBatched(x) || [weights, recurrence, bias, lengths].some(isBatched) || lengths !== undefined) {
    throw new Unbatchable(`${call.node.opType} reads more than its sequence and states from the items`);
  }
  if (!x.shape[1]?.equals(1)) throw new Unbatchable(`${call.node.opType} has several sequences in an item`);
  const sequence = toKept(draft, x, 1);
  const [h, c, peepholes] = states;
  if (isBatched(peepholes)) throw new Unbatchable('peepholes differ from item to item');
  const batchedStates = [h, c].map((state) => {
    if (state === undefined) return undefined;
    if (isBatched(state)) return toKept(draft, state, 1).ref;
    const count = draft.size(sequence.ref, 1);
    return draft.node('Expand', [state.ref, draft.list([draft.ints([1]), count, draft.ints([1])])]);
  });
  const inputs = [sequence.ref, weights?.ref, recurrence?.ref, bias?.ref, undefined, ...batchedStates, peepholes?.ref];
  const refs = again(call, inputs.slice(0, operands.length));
  return refs.map((ref, i) => ({
    ref,
    layout: { axis: i === 0 ? 2 : 1, kept: true },
    shape: call.outputs[i] ?? [],
  }));
};
