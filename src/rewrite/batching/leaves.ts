import type { Inference } from '../../analysis/infer.js';
import { leavesOf, type Term } from '../../analysis/unrolled/template.js';
import type { Value } from '../../model/value.js';
import type { Shape } from '../../ops/types.js';
import { Dim } from '../../symbolic/dim.js';
import { Unbatchable } from './call.js';
import type { Draft, Ref } from './draft.js';
import type { Batched } from './operand.js';
import { limited, stacked } from './stacked.js';

/** What differs from item to item before anything is computed. */
export type Leaf = Extract<Term, { kind: 'rows' | 'constants' }>;

/** What the body of a loop reads, for all items together. */
export class Leaves {
  readonly #draft: Draft;
  readonly #inference: Inference;
  readonly #known = new Map<Leaf, Batched>();
  /** How many items there are, as a vector of one element. */
  readonly #count: Ref;

  /** @throws Unbatchable where nothing says how many items there are */
  constructor(draft: Draft, inference: Inference, body: Term) {
    this.#draft = draft;
    this.#inference = inference;
    const rows = leavesOf(body).flatMap((leaf) => (leaf.kind === 'rows' ? [leaf.access] : []));
    const free = rows.find(({ source, axis }) => !inference.shape(source)?.[axis]?.isNumber);
    if (free === undefined) throw new Unbatchable('nothing that it reads has a free number of items');
    this.#count = draft.size(draft.value(free.source), free.axis);
  }

  /** What all items read where one of them reads the leaf. */
  of(leaf: Leaf): Batched {
    const known = this.#known.get(leaf) ?? this.#make(leaf);
    this.#known.set(leaf, known);
    return known;
  }

  #make(term: Leaf): Batched {
    const draft = this.#draft;
    if (term.kind === 'constants') {
      const { ref, shape } = stacked(term, draft, this.#inference);
      return { ref: limited(draft, ref, 0, this.#count), layout: { axis: 0, kept: false }, shape };
    }
    const { source, axis, kept } = term.access;
    // What is known of one row may follow from a wrong number of rows.
    const shape = this.shape(term.value).map((dim, at) => (kept && at === axis ? Dim.of(1) : dim));
    const isFixed = this.#inference.shape(source)?.[axis]?.isNumber === true;
    const whole = draft.value(source);
    const ref = isFixed ? limited(draft, whole, axis, this.#count) : whole;
    return { ref, layout: { axis, kept }, shape };
  }

  /** What is the same for all items. Constants of a branch of If are not seen outside of it. */
  shared(value: Value): Ref {
    if (value.graph.parent === undefined) return this.#draft.value(value);
    const dense = this.#inference.constants.dense(value);
    if (dense === undefined) throw new Unbatchable(`${value.name} is computed in a branch`);
    return this.#draft.constant(dense);
  }

  /** The shape of one item. @throws Unbatchable when the number of its axes is not known */
  shape(value: Value | undefined): Shape {
    if (value === undefined) return [];
    const shape = this.#inference.shape(value);
    if (shape === undefined) throw new Unbatchable(`the number of axes of ${value.name} is not known`);
    return shape;
  }
}
