import type { Inference } from '../../analysis/infer.js';
import { leavesOf, type Step, stepsOf, type Term } from '../../analysis/unrolled/template.js';
import type { AttributeInput } from '../../model/attribute.js';
import type { Value } from '../../model/value.js';
import type { Shape } from '../../ops/types.js';
import { Dim } from '../../symbolic/dim.js';
import { DataType } from '../../tensor/dtype.js';
import { plainAttributes } from '../plain-attributes.js';
import { type Call, Unbatchable } from './call.js';
import type { Draft, Ref } from './draft.js';
import { isBatched, type Operand } from './operand.js';
import { ruleFor } from './rules.js';
import { limited, stacked } from './stacked.js';

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
  readonly #leaves = new Map<Term, Operand>();
  /** How many items there are, as a vector of one element. */
  readonly #count: Ref;

  constructor(draft: Draft, inference: Inference, term: Term) {
    this.#draft = draft;
    this.#inference = inference;
    const rows = leavesOf(term).flatMap((leaf) => (leaf.kind === 'rows' ? [leaf.access] : []));
    const free = rows.find(({ source, axis }) => !inference.shape(source)?.[axis]?.isNumber);
    if (free === undefined) throw new Unbatchable('nothing that it reads has a free number of items');
    this.#count = draft.size(draft.value(free.source), free.axis);
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
    const outputs = node.outputs.map((output) => this.#shape(output));
    return { node, draft: this.#draft, operands, outputs, attributes: attributesOf(step), isFloat, constant };
  }

  #once(step: Step, operands: readonly (Operand | undefined)[]): Operand[] {
    const { node } = step;
    const refs = operands.map((operand) => operand?.ref);
    const made = this.#draft.nodes(node.opType, refs, attributesOf(step), node.outputs.length, node.domain);
    return made.map((ref, i) => ({ ref, layout: undefined, shape: this.#shape(node.outputs[i]) }));
  }

  operand(term: Term): Operand {
    const { value } = term;
    switch (term.kind) {
      case 'shared':
        return { ref: this.#shared(value), layout: undefined, shape: this.#shape(value) };
      case 'rows':
      case 'constants': {
        const operand = this.#leaves.get(term) ?? this.#leaf(term);
        this.#leaves.set(term, operand);
        return operand;
      }
      case 'computed':
        return this.#outputs.get(term.step)?.[value.outputIndex as number] as Operand;
    }
  }

  #leaf(term: Extract<Term, { kind: 'rows' | 'constants' }>): Operand {
    const draft = this.#draft;
    if (term.kind === 'constants') {
      const { ref, shape } = stacked(term, draft, this.#inference);
      return { ref: limited(draft, ref, 0, this.#count), layout: { axis: 0, kept: false }, shape };
    }
    const { source, axis, kept } = term.access;
    // What is known of one row may follow from a wrong number of rows.
    const shape = this.#shape(term.value).map((dim, at) => (kept && at === axis ? Dim.of(1) : dim));
    const isFixed = this.#inference.shape(source)?.[axis]?.isNumber === true;
    const whole = draft.value(source);
    const ref = isFixed ? limited(draft, whole, axis, this.#count) : whole;
    return { ref, layout: { axis, kept }, shape };
  }

  /** Constants of a branch of If are not seen outside of it. */
  #shared(value: Value): Ref {
    if (value.graph.parent === undefined) return this.#draft.value(value);
    const dense = this.#inference.constants.dense(value);
    if (dense === undefined) throw new Unbatchable(`${value.name} is computed in a branch`);
    return this.#draft.constant(dense);
  }

  #shape(value: Value | undefined): Shape {
    if (value === undefined) return [];
    const shape = this.#inference.shape(value);
    if (shape === undefined) throw new Unbatchable(`the number of axes of ${value.name} is not known`);
    return shape;
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
