import type { Value } from '../../model/value.js';
import type { Dim } from '../../symbolic/dim.js';
import { declaredFacts } from '../declared.js';
import { type Inference, type InferOptions, infer } from '../infer.js';

/** What if an axis of a value had the size of the axis that a loop goes through? */
export interface Hypothesis {
  readonly value: Value;
  readonly axis: number;
  readonly size: Dim;
}

/**
 * How much what a model says elsewhere speaks for hypotheses, all of them together: so many more outputs that are declared
 * with a symbolic size have it, and operators that could not work can. Negative where more contradicts them.
 */
export function support(
  hypotheses: readonly Hypothesis[],
  inference: Inference,
  options: Pick<InferOptions, 'inputShapes'>,
): number {
  const assumed = new Map(hypotheses.map(({ value, axis, size }) => [value, new Map([[axis, size]])]));
  const { model, constants } = inference;
  const then = infer(model, { ...options, constants, assumed, previous: inference });
  return contradictions(inference) - contradictions(then);
}

/** Sizes that cannot be equal, in operators and between what outputs are declared as and what they are. */
function contradictions(inference: Inference): number {
  let count = inference.conflicts.length;
  for (const output of inference.model.graph.outputs) {
    const declared = output.declared && declaredFacts(output.declared);
    const shape = inference.shape(output);
    if (declared?.kind !== 'tensor' || declared.shape?.length !== shape?.length) continue;
    declared.shape?.forEach((dim, axis) => {
      const inferred = shape?.[axis];
      if (dim?.symbolName !== undefined && inferred?.isNumber) count++;
    });
  }
  return count;
}
