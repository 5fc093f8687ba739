import type { Model } from './model.js';
import type { Value } from './value.js';

/** The inputs that a caller has to feed: those without a default. */
export function callerInputs(model: Model): readonly Value[] {
  return model.graph.inputs.filter((input) => input.initializer === undefined);
}
