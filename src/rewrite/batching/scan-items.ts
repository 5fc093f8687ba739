import type { Inference } from '../../analysis/infer.js';
import { leavesOf, type Step, stepsOf, type Term } from '../../analysis/unrolled/template.js';
import type { Graph } from '../../model/graph.js';
import type { Value } from '../../model/value.js';
import type { Shape } from '../../ops/types.js';
import { Body } from '../scan/body.js';
import { Unbatchable } from './call.js';
import type { Draft, Ref } from './draft.js';
import { type Leaf, Leaves } from './leaves.js';
import type { Batched } from './operand.js';

/** Scan as it is used here came with this opset. */
const FIRST_SCAN = 9;

/**
 * The body of a loop on one item after the other, by `Scan`: for operators that have no form for many items at once. What
 * the items share is read from outside of the body.
 *
 * @param join - puts the results of all items together; asked before anything is written as well
 * @throws Unbatchable when results of different items may have different shapes, or the body cannot be copied
 */
export function scanItems(
  term: Term,
  graph: Graph,
  draft: Draft,
  inference: Inference,
  join: (items: Batched) => Ref,
): Ref {
  if (term.kind !== 'computed') throw new Unbatchable('nothing is computed');
  if (draft.opset < FIRST_SCAN) throw new Unbatchable(`opset ${draft.opset} has no Scan`);
  const steps = stepsOf(term);
  const holder = steps.find(({ node }) => node.subgraphs.length > 0);
  if (holder !== undefined) throw new Unbatchable(`${holder.node.opType} holds a graph of its own`);
  const leaves = new Leaves(draft, inference, term);
  const shape = leaves.shape(term.value);
  const dtypeOf = (value: Value) => {
    const facts = inference.facts(value);
    return facts?.kind === 'tensor' ? facts.dtype : undefined;
  };
  const dtype = dtypeOf(term.value);
  if (dtype === undefined || !isUniform(shape, term, inference)) {
    throw new Unbatchable('results of different items may have different shapes');
  }
  const read = leavesOf(term).filter((leaf): leaf is Leaf => leaf.kind !== 'shared');
  const wholes = read.map((leaf) => leaves.of(leaf));
  const shared = sharedBy(steps, leaves);
  const items = (ref: Ref): Batched => ({ ref, layout: { axis: 0, kept: false }, shape });
  join(items(draft.ints([])));

  const body = new Body(graph);
  const values = new Map<Term, Value>();
  for (const [i, leaf] of read.entries()) {
    const { layout } = wholes[i] as Batched;
    const row = body.input('item', dtypeOf(leaf.value));
    values.set(leaf, layout.kept ? body.reshape('Unsqueeze', row, layout.axis) : row);
  }
  for (const [leaf, ref] of shared) values.set(leaf, ref.kind === 'value' ? ref.value : body.constant(ref.tensor));
  const copies = new Map<Step, readonly (Value | undefined)[]>();
  const made = (input: Term): Value => {
    const value =
      input.kind === 'computed' ? copies.get(input.step)?.[input.value.outputIndex as number] : values.get(input);
    return value as Value;
  };
  for (const step of steps) {
    const inputs = step.inputs.map((input) => input && made(input));
    copies.set(step, body.copyWith(step.node, inputs).outputs);
  }
  body.output(made(term), dtype);
  const [ref] = draft.nodes(
    'Scan',
    wholes.map((whole) => whole.ref),
    {
      body: { graph: body.graph },
      num_scan_inputs: { int: wholes.length },
      scan_input_axes: { ints: wholes.map(({ layout }) => layout.axis) },
    },
    1,
  );
  return join(items(ref as Ref));
}

/** What the steps read that is the same for all items. */
function sharedBy(steps: readonly Step[], leaves: Leaves): Map<Term, Exclude<Ref, { kind: 'output' }>> {
  const shared = new Map<Term, Exclude<Ref, { kind: 'output' }>>();
  for (const input of steps.flatMap((step) => step.inputs)) {
    if (input?.kind !== 'shared') continue;
    const ref = leaves.shared(input.value);
    if (ref.kind !== 'output') shared.set(input, ref);
  }
  return shared;
}

/** Have results of all items the same shape? Sizes that depend on data are those of what they all read. */
function isUniform(shape: Shape, term: Term, inference: Inference): boolean {
  const read = new Set<string>();
  for (const { value } of leavesOf(term)) {
    for (const dim of inference.shape(value) ?? []) for (const name of dim?.symbols() ?? []) read.add(name);
  }
  return shape.every(
    (dim) => dim !== undefined && (!dim.hasFresh || [...dim.symbols()].every((name) => read.has(name))),
  );
}
