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
 * Whether what a model says elsewhere speaks for hypotheses, all of them together: outputs that are declared with a symbolic
 * size then have it, or operators that could not work then can.
 */
export function isSupported(
  hypotheses: readonly Hypothesis[],
  inference: Inference,
  options: Pick<InferOptions, 'inputShapes'>,
): boolean {
  const assumed = new Map(hypotheses.map(({ value, axis, size }) => [value, { axis, size }]));
  const then = infer(inference.model, { ...options, constants: inference.constants, assumed });
  const [before, after] = [contradictions(inference), contradictions(then)];
  return after < before;
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
