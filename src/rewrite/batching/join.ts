import type { Shape } from '../../ops/types.js';
import { Unbatchable } from './call.js';
import type { Draft, Ref } from './draft.js';
import { type Batched, moving, toFront, toKept } from './operand.js';

/**
 * What joining the items along an axis gives: nothing has to be done where the items' axis is that one already.
 *
 * @param axis - the axis; with `stacked`, one that the items get when they are joined
 */
export function joinItems(draft: Draft, items: Batched, axis: number, isStacked: boolean): Ref {
  const { layout, shape } = items;
  if (isStacked) {
    const at = axis < 0 ? axis + shape.length + 1 : axis;
    const front = layout.kept ? toFront(draft, items) : items;
    return draft.transpose(front.ref, moving(shape.length + 1, front.layout.axis, at));
  }
  const at = axis < 0 ? axis + shape.length : axis;
  if (shape[at]?.equals(1)) return toKept(draft, items, at).ref;
  return merged(draft, toFront(draft, items), at);
}

/** The items from the last to the first. @throws Unbatchable */
export function turned(draft: Draft, items: Batched): Batched {
  if (draft.opset < 10) throw new Unbatchable('before opset 10, Slice cannot go backwards');
  const bounds = [[-1], [-Number.MAX_SAFE_INTEGER], [items.layout.axis], [-1]].map((list) => draft.ints(list));
  return { ...items, ref: draft.node('Slice', [items.ref, ...bounds]) };
}

/** Items of several rows each: the items' axis goes before that of the rows, and both become one. */
function merged(draft: Draft, { ref, shape }: Batched, axis: number): Ref {
  const moved = draft.transpose(ref, moving(shape.length + 1, 0, axis));
  return draft.node('Reshape', [moved, draft.ints(mergedSizes(shape, axis))]);
}

function mergedSizes(shape: Shape, axis: number): number[] {
  return shape.map((dim, at) => {
    if (at === axis) return -1;
    if (at < axis) return 0;
    if (dim?.value === undefined) throw new Unbatchable('the sizes of an item are not known');
    return dim.value;
  });
}
