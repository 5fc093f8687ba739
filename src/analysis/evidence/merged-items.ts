import { product } from '../../ops/lib/known.js';
import { Dim } from '../../symbolic/dim.js';
import type { Claim, Scene } from './evidence.js';
import { integersOf, isOp, isWritten, shapeOf } from './look.js';

type Dims = readonly (Dim | undefined)[];

/**
 * A Reshape to [1, -1, 4, 8] of what has `batch * time` rows, in a model that was traced with one item: the 1 was the batch.
 * As it stands, attention would look from one item at another. So is [20, 4, -1] of [time, batch, 32], which leaves the
 * batch to the last axis: the 4 was `4 * batch`.
 */
export function* mergedItems({ inference, traced, nodes }: Scene): Iterable<Claim> {
  const batches = new Set<string>();
  for (const input of inference.model.graph.inputs) {
    for (const dim of inference.shape(input) ?? []) {
      if (dim?.symbolName !== undefined && traced.was(dim, 1)) batches.add(dim.symbolName);
    }
  }
  if (batches.size === 0) return;
  for (const node of nodes) {
    if (!isOp(node, 'Reshape')) continue;
    const shape = shapeOf(inference, node.inputs[0]);
    const result = shapeOf(inference, node.outputs[0]);
    const target = integersOf(inference, node.inputs[1]);
    if (shape === undefined || result === undefined || target === undefined) continue;
    for (const name of batches) {
      const batch = Dim.symbol(name);
      const merged = result.findIndex((dim) => dim !== undefined && !dim.equals(batch) && dim.exactQuotient(batch));
      if (merged < 0 || result.some((dim, i) => i !== merged && dim?.symbols().has(name))) continue;
      // What a number stands for is told by the conflict that it is in.
      if (isWritten(target[merged]) && target[merged]?.value !== -1) continue;
      const at = placeOf(batch, shape, target, merged);
      if (at === undefined) continue;
      const number = target[at] as Dim;
      const what = `Reshape to [${target.join(', ')}] has items one after another in an axis of ${result[merged]}`;
      yield { node, what, left: number, right: batch.mul(number.value as number), needsTraced: true };
    }
  }
}

/** The number in the target that the batch was left out of. */
function placeOf(batch: Dim, shape: Dims, target: Dims, merged: number): number | undefined {
  const axis = shape.findIndex((dim) => dim?.equals(batch));
  if (axis >= 0) {
    // Axes keep their order: what stands before the batch does so in the target, too.
    const before = product(shape.slice(0, axis));
    const at = target.findIndex((_, i) => i < merged && before?.equals(product(target.slice(0, i)) ?? -1));
    return at >= 0 && isWritten(target[at]) && (target[at].value ?? 0) > 0 ? at : undefined;
  }
  const isOne = (dim: Dim | undefined) => isWritten(dim) && dim.value === 1;
  if (isOne(target[merged - 1])) return merged - 1;
  const first = target.findIndex((dim, i) => i < merged && isOne(dim));
  if (first >= 0) return first;
  return isOne(target[merged + 1]) ? merged + 1 : undefined;
}
