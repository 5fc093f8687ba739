import type { Model } from '../../model/model.js';
import type { Value } from '../../model/value.js';
import type { Inference } from '../infer.js';

/** What tells only the shape of what it reads. */
const SHAPE_READERS: ReadonlySet<string> = new Set(['Shape', 'Size']);

/**
 * Inputs that may say how much of every item is data: vectors with a number for each item, and masks with one for each of
 * its positions. What the items themselves are computed from is none.
 */
export function limitingInputs({ graph }: Model, items: Value, inference: Inference): Value[] {
  const data = computedFrom(items);
  return graph.inputs.filter((input) => {
    const shape = inference.shape(input);
    if (shape === undefined) return !data.has(input);
    const isPerItem = (shape.length === 1 || shape.length === 2) && shape.every((dim) => dim?.isNumber !== true);
    return isPerItem && !data.has(input);
  });
}

/** Everything whose elements decide those of a value. */
function computedFrom(value: Value): ReadonlySet<Value> {
  const found = new Set([value]);
  // A set that grows while it is gone through is gone through to its end.
  for (const { producer } of found) {
    if (producer === undefined || SHAPE_READERS.has(producer.opType)) continue;
    for (const input of producer.inputs) if (input !== undefined) found.add(input);
  }
  return found;
}
