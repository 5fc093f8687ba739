import type { Shape } from '../../ops/types.js';
import {
  again,
  type BatchRule,
  type Call,
  intAttribute,
  listParameter,
  normalized,
  onlyFirst,
  outputsOf,
  Unbatchable,
} from './call.js';
import { type Batched, isBatched, physicalAxis, toFront } from './operand.js';

/** Transpose: the axis of the items stays where it is, an axis of the items' own takes its place along. */
export const transpose: BatchRule = (call) => {
  const x = onlyFirst(call);
  const { layout, shape } = x;
  const given = call.attributes.perm;
  const perm =
    given !== undefined && 'ints' in given ? given.ints.map(Number) : shape.map((_, axis) => shape.length - 1 - axis);
  if (layout.kept) {
    const moved = { axis: perm.indexOf(layout.axis), kept: true };
    return outputsOf(call, [call.draft.transpose(x.ref, perm)], moved);
  }
  const physical = perm.map((axis) => physicalAxis(x, axis));
  physical.splice(layout.axis, 0, layout.axis);
  return outputsOf(call, [call.draft.transpose(x.ref, physical)], layout);
};

/** Unsqueeze: an axis of size 1 where the items' axis is becomes that axis, at no cost. */
export const unsqueeze: BatchRule = (call) => {
  const x = onlyFirst(call);
  const axes = listParameter(call, 'axes', 1) ?? [];
  const rank = x.shape.length + axes.length;
  return [
    unsqueezed(
      call,
      x,
      axes.map((axis) => normalized(axis, rank)),
      call.outputs[0] ?? [],
    ),
  ];
};

function unsqueezed({ draft }: Call, x: Batched, axes: readonly number[], shape: Shape): Batched {
  const { layout } = x;
  // Where the items' axis stands among the axes of the result.
  let axis = layout.axis;
  for (const added of [...axes].sort((a, b) => a - b)) if (added < axis || (layout.kept && added === axis)) axis++;
  if (layout.kept) return { ref: draft.unsqueeze(x.ref, axes), layout: { axis, kept: true }, shape };
  if (axes.includes(axis)) {
    const rest = axes.filter((added) => added !== axis);
    return { ref: draft.unsqueeze(x.ref, rest), layout: { axis, kept: true }, shape };
  }
  const physical = axes.map((added) => (added < axis ? added : added + 1));
  return { ref: draft.unsqueeze(x.ref, physical), layout: { axis, kept: false }, shape };
}

/** Squeeze: the inverse. */
export const squeeze: BatchRule = (call) => {
  const x = onlyFirst(call);
  const given = listParameter(call, 'axes', 1);
  const ones = x.shape.flatMap((dim, axis) => (dim?.equals(1) ? [axis] : []));
  if (given === undefined && !x.shape.every((dim) => dim?.isNumber)) {
    throw new Unbatchable('Squeeze drops axes of sizes that are not known');
  }
  const axes = given?.map((axis) => normalized(axis, x.shape.length)) ?? ones;
  return [squeezed(call, x, axes, call.outputs[0] ?? [])];
};

function squeezed({ draft }: Call, x: Batched, axes: readonly number[], shape: Shape): Batched {
  const { layout } = x;
  const axis = layout.axis - axes.filter((dropped) => dropped < layout.axis).length;
  if (layout.kept) {
    const rest = axes.filter((dropped) => dropped !== layout.axis);
    const kept = rest.length === axes.length;
    return { ref: draft.squeeze(x.ref, rest), layout: { axis, kept }, shape };
  }
  const physical = axes.map((dropped) => physicalAxis(x, dropped));
  return { ref: draft.squeeze(x.ref, physical), layout: { axis, kept: false }, shape };
}

/** Reshape: the sizes are those of one item, so that of the items' axis is put before them. */
export const reshape: BatchRule = (call) => {
  const x = onlyFirst(call);
  const shape = call.outputs[0] ?? [];
  const plain = asUnitAxes(call, x, shape);
  if (plain !== undefined) return [plain];
  const { draft } = call;
  const sizes = listOrNothing(call, 1);
  const asInput = (list: number[]) => again(call, [x.ref, draft.ints(list)]);
  if (x.layout.kept && x.layout.axis === 0 && (sizes?.[0] === 1 || sizes?.[0] === 0) && draft.opset >= 5) {
    return outputsOf(call, asInput([0, ...sizes.slice(1)]), x.layout);
  }
  if (intAttribute(call, 'allowzero', 0) === 1 && (sizes === undefined || sizes.includes(0))) {
    throw new Unbatchable('Reshape means sizes of zero literally');
  }
  const front = toFront(draft, x);
  const target = sizes
    ? draft.ints([0, ...sizes])
    : draft.list([draft.ints([0]), call.operands[1]?.ref ?? draft.ints([])]);
  // A size of 0 copies that of the axis at its place, and both have moved by one.
  const ref = draft.node('Reshape', [front.ref, target]);
  return outputsOf(call, [ref], front.layout);
};

/** A change of shape that only adds and drops axes of size 1, as what is known of the sizes shows; else undefined. */
export function asUnitAxes(call: Call, x: Batched, shape: Shape): Batched | undefined {
  if (!isKnown(x.shape) || !isKnown(shape)) return undefined;
  const dropped = x.shape.flatMap((dim, axis) => (dim?.equals(1) ? [axis] : []));
  const added = shape.flatMap((dim, axis) => (dim?.equals(1) ? [axis] : []));
  const kept = x.shape.filter((dim) => !dim?.equals(1));
  const left = shape.filter((dim) => !dim?.equals(1));
  if (kept.length !== left.length || !kept.every((dim, i) => left[i] !== undefined && dim?.equals(left[i])))
    return undefined;
  if (`${x.shape}` === `${shape}`) return { ...x, shape };
  const middle = squeezed(call, x, dropped, kept);
  return unsqueezed(call, middle, added, shape);
}

function isKnown(shape: Shape): boolean {
  return shape.every((dim) => dim !== undefined && !dim.hasFresh);
}

/** Flatten makes a matrix of each item. */
export const flatten: BatchRule = (call) => {
  const x = onlyFirst(call);
  const { draft } = call;
  const axis = normalized(intAttribute(call, 'axis', 1), x.shape.length);
  if (x.layout.kept && x.layout.axis === 0 && axis === 1) return outputsOf(call, again(call, [x.ref]), x.layout);
  const front = toFront(draft, x);
  const sizes = [x.shape.slice(0, axis), x.shape.slice(axis)].map((part) => {
    return part.every((dim) => dim?.value !== undefined) ? part.reduce((n, dim) => n * (dim?.value ?? 1), 1) : -1;
  });
  if (axis === 1) sizes[0] = 0;
  if (sizes[0] === -1 && sizes[1] === -1) throw new Unbatchable('Flatten has two sizes that are not known');
  return outputsOf(call, [draft.node('Reshape', [front.ref, draft.ints([0, ...sizes])])], front.layout);
};

/** Expand: the sizes are those of one item. */
export const expand: BatchRule = (call) => {
  const x = onlyFirst(call);
  const shape = call.outputs[0] ?? [];
  const { draft } = call;
  const isSame = isKnown(x.shape) && isKnown(shape) && `${x.shape}` === `${shape}`;
  if (isSame) return [{ ...x, shape }];
  const front = toFront(draft, x);
  const missing = Array.from({ length: shape.length - x.shape.length }, (_, i) => i + 1);
  const sizes = call.operands[1];
  if (sizes === undefined || isBatched(sizes)) throw new Unbatchable('Expand has sizes that differ from item to item');
  // Sizes may be fewer than the axes that they broadcast with.
  const length = sizes.shape[0]?.value;
  if (length === undefined) throw new Unbatchable('Expand has an unknown number of sizes');
  const ones = draft.ints(Array.from({ length: shape.length + 1 - length }, () => 1));
  const known = listOrNothing(call, 1);
  const target = draft.list([ones, known ? draft.ints(known) : sizes.ref]);
  return outputsOf(call, [draft.node('Expand', [draft.unsqueeze(front.ref, missing), target])], front.layout);
};

function listOrNothing(call: Call, index: number): number[] | undefined {
  const dense = call.constant(index);
  return dense && Array.from(dense.data as ArrayLike<bigint>, Number);
}

/** Tile: the items' axis is not repeated. */
export const tile: BatchRule = (call) => {
  const x = onlyFirst(call);
  const { draft, operands } = call;
  const known = listOrNothing(call, 1);
  if (x.layout.kept && known?.[x.layout.axis] === 1)
    return outputsOf(call, again(call, [x.ref, draft.ints(known)]), x.layout);
  const front = toFront(draft, x);
  const times = known ? draft.ints(known) : operands[1]?.ref;
  if (times === undefined) throw new Unbatchable('Tile lacks its repeats');
  return outputsOf(call, again(call, [front.ref, draft.list([draft.ints([1]), times])]), front.layout);
};
