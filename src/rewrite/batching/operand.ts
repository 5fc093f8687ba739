/** Values that hold what all copies of a loop's body compute, one after the other along an axis, and how that axis moves. */
import type { Shape } from '../../ops/types.js';
import type { Draft, Ref } from './draft.js';

/** Where the axis of the items is: an axis more than each item has, or one that each has with size 1 (`kept`). */
export interface Layout {
  readonly axis: number;
  readonly kept: boolean;
}

/** An input or output of a batched operator. */
export interface Operand {
  readonly ref: Ref;
  /** Undefined where all items have the same value. */
  readonly layout: Layout | undefined;
  /** The shape of one item. */
  readonly shape: Shape;
}

/** An operand that differs from item to item. */
export interface Batched extends Operand {
  readonly layout: Layout;
}

export function isBatched(operand: Operand | undefined): operand is Batched {
  return operand?.layout !== undefined;
}

/** How many axes the value itself has. */
export function physicalRank({ layout, shape }: Operand): number {
  return shape.length + (layout !== undefined && !layout.kept ? 1 : 0);
}

/** Where an axis of the item is in the value. */
export function physicalAxis({ layout }: Operand, axis: number): number {
  return layout === undefined || layout.kept || axis < layout.axis ? axis : axis + 1;
}

/** The permutation that moves one axis. */
export function moving(rank: number, from: number, to: number): number[] {
  const perm = Array.from({ length: rank }, (_, axis) => axis).filter((axis) => axis !== from);
  perm.splice(to, 0, from);
  return perm;
}

/** The same with the axis of the items first, before all axes that an item has. */
export function toFront(draft: Draft, operand: Batched): Batched {
  const { layout, shape } = operand;
  if (!layout.kept && layout.axis === 0) return operand;
  let ref = draft.transpose(operand.ref, moving(physicalRank(operand), layout.axis, 0));
  if (layout.kept) ref = draft.unsqueeze(ref, [layout.axis + 1]);
  return { ref, layout: { axis: 0, kept: false }, shape };
}

/** The same with an axis of the items, which has size 1 in each, as the axis of the items. */
export function toKept(draft: Draft, operand: Batched, axis: number): Batched {
  const { layout, shape } = operand;
  if (layout.kept) {
    if (layout.axis === axis) return operand;
    return toKept(draft, toFront(draft, operand), axis);
  }
  const squeezed = draft.squeeze(operand.ref, [physicalAxis(operand, axis)]);
  const from = axis < layout.axis ? layout.axis - 1 : layout.axis;
  const ref = draft.transpose(squeezed, moving(shape.length, from, axis));
  return { ref, layout: { axis, kept: true }, shape };
}

/** What all items share, once for each item: as many times as another operand has items. */
export function repeated(draft: Draft, operand: Operand, like: Batched): Batched {
  const { shape } = operand;
  const size = draft.size(like.ref, like.layout.axis);
  const times = draft.list([size, draft.ints(shape.map(() => 1))]);
  const ref = draft.node('Expand', [draft.unsqueeze(operand.ref, [0]), times]);
  return { ref, layout: { axis: 0, kept: false }, shape };
}

/** All operands with the axis of the items first; what items share is repeated. */
export function allToFront(draft: Draft, operands: readonly Operand[]): Batched[] {
  const like = operands.find(isBatched) as Batched;
  return operands.map((operand) => (isBatched(operand) ? toFront(draft, operand) : repeated(draft, operand, like)));
}
