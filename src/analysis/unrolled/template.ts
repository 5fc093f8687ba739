import type { Node } from '../../model/node.js';
import type { Value } from '../../model/value.js';
import type { Access } from './accesses.js';

/** What the copies of a loop's body have in common, as a graph over the rows that they read. */
export type Term =
  /** The same in every copy. */
  | { readonly kind: 'shared'; readonly value: Value }
  /** Row i of a tensor in copy i. */
  | { readonly kind: 'rows'; readonly value: Value; readonly access: Access }
  /** A constant that every copy has of its own. */
  | { readonly kind: 'constants'; readonly value: Value; readonly copies: readonly Value[] }
  /** Computed in every copy by the same operator. */
  | { readonly kind: 'computed'; readonly value: Value; readonly step: Step };

/** One operator of the body. `node` and the terms' values are those of the first copy. */
export interface Step {
  readonly node: Node;
  readonly inputs: readonly (Term | undefined)[];
}

/** Why values are not copies of one computation. */
export class Mismatch {
  constructor(readonly reason: string) {}
}

/** The steps that a term needs, each after those that it reads. */
export function stepsOf(root: Term): Step[] {
  const steps = new Set<Step>();
  const visited = new Set<Step>();
  const stack = root.kind === 'computed' ? [root.step] : [];
  while (stack.length > 0) {
    const step = stack[stack.length - 1] as Step;
    const missing = visited.has(step) ? [] : step.inputs.flatMap((input) => stepOf(input, steps));
    visited.add(step);
    if (missing.length > 0) stack.push(...missing);
    else {
      stack.pop();
      steps.add(step);
    }
  }
  return [...steps];
}

function stepOf(term: Term | undefined, done: ReadonlySet<Step>): Step[] {
  return term?.kind === 'computed' && !done.has(term.step) ? [term.step] : [];
}

/** All terms that are not computed: what the body reads. */
export function leavesOf(root: Term): Exclude<Term, { kind: 'computed' }>[] {
  const inputs = root.kind === 'computed' ? stepsOf(root).flatMap((step) => step.inputs) : [root];
  const leaves = new Set<Exclude<Term, { kind: 'computed' }>>();
  for (const input of inputs) if (input !== undefined && input.kind !== 'computed') leaves.add(input);
  return [...leaves];
}
