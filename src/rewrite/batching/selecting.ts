import { DataType } from '../../tensor/dtype.js';
import { areAlike, joined } from './along-axis.js';
import {
  again,
  type BatchRule,
  type Call,
  intAttribute,
  listParameter,
  normalized,
  onlyFirst,
  operandAt,
  outputsOf,
  Unbatchable,
} from './call.js';
import { allToFront, type Batched, isBatched, type Operand, physicalAxis, toFront } from './operand.js';

/** Concat: along an axis of the items' own. */
export const concat: BatchRule = (call) => {
  const operands = call.operands.filter((operand): operand is Operand => operand !== undefined);
  const axis = normalized(intAttribute(call, 'axis', 1), call.outputs[0]?.length ?? 0);
  if (areAlike(operands, axis)) return joined(call, operands as Batched[], axis);
  return joined(call, allToFront(call.draft, operands), axis);
};

/** Slice: along axes of the items' own. */
export const slice: BatchRule = (call) => {
  const x = onlyFirst(call);
  const { draft, operands } = call;
  const rank = x.shape.length;
  const starts = listParameterOrRef(call, 'starts', 1);
  const count = starts ?? operands[1]?.shape[0]?.value;
  if (count === undefined) throw new Unbatchable('Slice has an unknown number of axes');
  const axes = (listParameter(call, 'axes', 3) ?? Array.from({ length: count }, (_, i) => i)).map((axis) =>
    normalized(axis, rank),
  );
  const operand = x.layout.kept && axes.includes(x.layout.axis) ? toFront(draft, x) : x;
  const physical = axes.map((axis) => physicalAxis(operand, axis));
  if ('starts' in call.attributes) {
    return outputsOf(call, again(call, [operand.ref], { axes: { ints: physical } }), operand.layout);
  }
  const refs = [operand.ref, operands[1]?.ref, operands[2]?.ref, draft.ints(physical), operands[4]?.ref];
  return outputsOf(call, again(call, refs.slice(0, Math.max(4, operands.length))), operand.layout);
};

function listParameterOrRef(call: Call, name: string, index: number): number | undefined {
  const attribute = call.attributes[name];
  if (attribute !== undefined && 'ints' in attribute) return attribute.ints.length;
  return call.constant(index)?.data.length;
}

/** Gather: the same elements of every item, or of one table for every item's indices. */
export const gather: BatchRule = (call) => {
  const [data, indices] = [operandAt(call, 0), operandAt(call, 1)];
  const axis = normalized(intAttribute(call, 'axis', 0), data.shape.length);
  const { draft } = call;
  const depth = indices.shape.length;
  if (isBatched(data) && !isBatched(indices)) {
    if (data.layout.kept && data.layout.axis === axis && depth === 0 && isZero(call)) {
      return outputsOf(call, [data.ref], { axis, kept: false });
    }
    const operand = data.layout.kept && data.layout.axis === axis ? toFront(draft, data) : data;
    const { layout } = operand;
    const at = physicalAxis(operand, axis);
    const moved = layout.axis < at ? layout.axis : layout.axis + depth - 1;
    return outputsOf(call, again(call, [operand.ref, indices.ref], { axis: { int: at } }), { ...layout, axis: moved });
  }
  if (!isBatched(data) && isBatched(indices)) {
    const layout = { axis: axis + indices.layout.axis, kept: indices.layout.kept };
    return outputsOf(call, again(call, [data.ref, indices.ref]), layout);
  }
  if (axis !== 0 || draft.opset < 12)
    throw new Unbatchable('Gather reads its items at indices that differ from item to item');
  const [table, places] = allToFront(draft, [data, indices]) as [Batched, Batched];
  const rows = draft.unsqueeze(places.ref, [depth + 1]);
  const ref = draft.node('GatherND', [table.ref, rows], { batch_dims: { int: 1 } });
  return outputsOf(call, [ref], { axis: 0, kept: false });
};

function isZero(call: Call): boolean {
  const dense = call.constant(1);
  return dense?.data.length === 1 && (Number(dense.data[0]) === 0 || Number(dense.data[0]) === -1);
}

/** GatherElements and ScatterElements: all operands have the same axes. */
export const elementsAlong: BatchRule = (call) => {
  const operands = call.operands.filter((operand): operand is Operand => operand !== undefined);
  const axis = normalized(intAttribute(call, 'axis', 0), operandAt(call, 0).shape.length);
  const alike = areAlike(operands, axis) ? (operands as Batched[]) : allToFront(call.draft, operands);
  return joined(call, alike, axis);
};

/** GatherND: one more axis that data and indices have in common. */
export const gatherND: BatchRule = (call) => {
  if (call.draft.opset < 12) throw new Unbatchable('GatherND has no batches before opset 12');
  const operands = call.operands.filter((operand): operand is Operand => operand !== undefined);
  const refs = allToFront(call.draft, operands).map(({ ref }) => ref);
  const changed = { batch_dims: { int: intAttribute(call, 'batch_dims', 0) + 1 } };
  return outputsOf(call, again(call, refs, changed), { axis: 0, kept: false });
};

/** Pad: nothing before and after the items. */
export const pad: BatchRule = (call) => {
  const x = onlyFirst(call);
  const { draft, operands } = call;
  const rank = x.shape.length;
  const front = toFront(draft, x);
  if (operands[3] !== undefined) {
    const axes = (listParameter(call, 'axes', 3) ?? []).map((axis) => physicalAxis(x, normalized(axis, rank)));
    const isClear = !x.layout.kept || !axes.includes(x.layout.axis);
    const operand = isClear ? x : front;
    const moved = isClear ? axes : axes.map((axis) => axis + 1);
    return outputsOf(
      call,
      again(call, [operand.ref, operands[1]?.ref, operands[2]?.ref, draft.ints(moved)]),
      operand.layout,
    );
  }
  const pads = listParameter(call, 'pads', 1);
  if (pads === undefined) throw new Unbatchable('Pad lacks its amounts');
  if (x.layout.kept && pads[x.layout.axis] === 0 && pads[x.layout.axis + rank] === 0) {
    return outputsOf(call, again(call, [x.ref, ...operands.slice(1).map((operand) => operand?.ref)]), x.layout);
  }
  const wider = [0, ...pads.slice(0, rank), 0, ...pads.slice(rank)];
  const refs = 'pads' in call.attributes ? [front.ref] : [front.ref, draft.ints(wider), operands[2]?.ref];
  const changed: Call['attributes'] = 'pads' in call.attributes ? { pads: { ints: wider } } : {};
  return outputsOf(call, again(call, refs.slice(0, Math.max(1, operands.length)), changed), front.layout);
};

/** OneHot: a new axis among those of the items' own. */
export const oneHot: BatchRule = (call) => {
  const x = onlyFirst(call);
  const axis = normalized(intAttribute(call, 'axis', -1), x.shape.length + 1);
  const front = toFront(call.draft, x);
  const others = call.operands.slice(1).map((operand) => operand?.ref);
  return outputsOf(call, again(call, [front.ref, ...others], { axis: { int: axis + 1 } }), front.layout);
};

/** Trilu works on the last two axes. */
export const trilu: BatchRule = (call) => {
  const front = toFront(call.draft, onlyFirst(call));
  return outputsOf(call, again(call, [front.ref, call.operands[1]?.ref].slice(0, call.operands.length)), front.layout);
};

/** Shape: what one item has, which is the same for all of them. */
export const shapeOf: BatchRule = (call) => {
  const x = onlyFirst(call);
  const { draft } = call;
  const rank = x.shape.length;
  const clamp = (axis: number) => Math.min(Math.max(normalized(axis, rank), 0), rank);
  const from = clamp(intAttribute(call, 'start', 0));
  const to = Math.max(from, clamp(intAttribute(call, 'end', rank)));
  const shape = call.outputs[0] ?? [];
  const sizes = x.shape.slice(from, to).map((dim, i) => ({ dim, axis: from + i }));
  const whole = draft.node('Shape', [x.ref]);
  const parts = sizes.map(({ dim, axis }) => {
    if (x.layout.kept && axis === x.layout.axis) return draft.ints([1]);
    if (dim?.value !== undefined && dim.value >= 0) return draft.ints([dim.value]);
    return draft.node('Gather', [whole, draft.ints([physicalAxis(x, axis)])], { axis: { int: 0 } });
  });
  const ref =
    parts.length === 0
      ? draft.constant({ dtype: DataType.INT64, shape: [0], data: new BigInt64Array() })
      : draft.list(parts);
  return [{ ref, layout: undefined, shape }];
};
