import type { Node } from '../model/node.js';
import type { Value } from '../model/value.js';
import type { Facts } from '../ops/types.js';
import { Dim } from '../symbolic/dim.js';

/** Sizes by symbol that hold wherever a branch runs. */
export type Guard = ReadonlyMap<string, Dim>;

/** Operators that hand a single truth on. */
const NAMES: ReadonlySet<string> = new Set(['Cast', 'Identity', 'Reshape', 'Squeeze', 'Unsqueeze']);

/**
 * The sizes at which alone a branch of an `If` runs. Exporters write `x.squeeze(1)` of an axis that may be longer as
 * `If(Equal(size, 1))` with the Squeeze in one branch: it is never run at the sizes that it does not fit.
 * Undefined where the condition settles no size.
 *
 * @param factsOf what is known of a value
 */
export function guardOf(node: Node, branch: string, factsOf: (value: Value) => Facts | undefined): Guard | undefined {
  if (node.opType !== 'If' || node.domain !== '') return undefined;
  let truth = branch === 'then_branch';
  let condition = node.inputs[0]?.producer;
  while (condition !== undefined && condition.domain === '') {
    if (condition.opType === 'Equal') return truth ? settledBy(condition, factsOf) : undefined;
    if (condition.opType === 'Not') truth = !truth;
    else if (!NAMES.has(condition.opType)) return undefined;
    condition = condition.inputs[0]?.producer;
  }
  return undefined;
}

/** The symbol that has to be a number for both inputs to be equal. */
function settledBy(equal: Node, factsOf: (value: Value) => Facts | undefined): Guard | undefined {
  const [left, right] = equal.inputs.map((input) => input && sizeOf(factsOf(input)));
  if (left === undefined || right === undefined) return undefined;
  const difference = left.sub(right);
  for (const name of difference.symbols()) {
    const solution = difference.solveFor(name);
    if (solution?.isNumber) return new Map([[name, solution]]);
  }
  return undefined;
}

function sizeOf(facts: Facts | undefined): Dim | undefined {
  if (facts?.kind !== 'tensor' || facts.content?.length !== 1) return undefined;
  const [element] = facts.content;
  return element instanceof Dim ? element : undefined;
}
