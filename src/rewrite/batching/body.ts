import type { Inference } from '../../analysis/infer.js';
import { type Step, stepsOf, type Term } from '../../analysis/unrolled/template.js';
import type { AttributeInput } from '../../model/attribute.js';
import { DataType } from '../../tensor/dtype.js';
import { plainAttributes } from '../plain-attributes.js';
import { type Call, Unbatchable } from './call.js';
import type { Draft } from './draft.js';
import { Leaves } from './leaves.js';
import { isBatched, type Operand } from './operand.js';
import { ruleFor } from './rules.js';

/**
 * The body of a loop, on all items together.
 *
 * @throws Unbatchable when an operator has no rule that fits
 */
export function batchBody(term: Term, draft: Draft, inference: Inference): Operand {
  const body = new Body(draft, inference, term);
  for (const step of stepsOf(term)) body.run(step);
  return body.operand(term);
}

class Body {
  readonly #draft: Draft;
  readonly #inference: Inference;
  readonly #outputs = new Map<Step, readonly Operand[]>();
  readonly #leaves: Leaves;

  constructor(draft: Draft, inference: Inference, term: Term) {
    this.#draft = draft;
    this.#inference = inference;
    this.#leaves = new Leaves(draft, inference, term);
  }

  run(step: Step): void {
    const { node } = step;
    const operands = step.inputs.map((input) => input && this.operand(input));
    if (!operands.some(isBatched)) {
      // Sizes of an item are the same for all items: what is computed from them is done once.
      this.#outputs.set(step, this.#once(step, operands));
      return;
    }
    const rule = ruleFor(node.domain, node.opType);
    if (rule === undefined) throw new Unbatchable(`${node.opType} has no form for many items at once`);
    this.#outputs.set(step, rule(this.#call(step, operands)));
  }

  #call(step: Step, operands: readonly (Operand | undefined)[]): Call {
    const { node } = step;
    const constant = (index: number) => {
      const term = step.inputs[index];
      return term?.kind === 'shared' ? this.#inference.constants.dense(term.value) : undefined;
    };
    const facts = node.outputs[0] && this.#inference.facts(node.outputs[0]);
    const isFloat = facts?.kind === 'tensor' && facts.dtype === DataType.FLOAT;
    const outputs = node.outputs.map((output) => this.#leaves.shape(output));
    return { node, draft: this.#draft, operands, outputs, attributes: attributesOf(step), isFloat, constant };
  }

  #once(step: Step, operands: readonly (Operand | undefined)[]): Operand[] {
    const { node } = step;
    const refs = operands.map((operand) => operand?.ref);
    const made = this.#draft.nodes(node.opType, refs, attributesOf(step), node.outputs.length, node.domain);
    return made.map((ref, i) => ({ ref, layout: undefined, shape: this.#leaves.shape(node.outputs[i]) }));
  }

  operand(term: Term): Operand {
    const { value } = term;
    switch (term.kind) {
      case 'shared':
        return { ref: this.#leaves.shared(value), layout: undefined, shape: this.#leaves.shape(value) };
      case 'rows':
      case 'constants':
        return this.#leaves.of(term);
      case 'computed':
        return this.#outputs.get(term.step)?.[value.outputIndex as number] as Operand;
    }
  }
}

function attributesOf({ node }: Step): Record<string, AttributeInput> {
  try {
    return plainAttributes(node);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new Unbatchable(error.message);
  }
}
