import { Dim } from '../symbolic/dim.js';
import type { Scalar } from '../symbolic/scalar.js';
import { Rational } from '../symbolic/scalar.js';
import { type DenseTensor, elementCount } from '../tensor/dense.js';
import { unifyBroadcast } from './lib/broadcast-dims.js';
import { settledValue, usualValue } from './lib/settled-value.js';
import type { Attributes, Facts, InferContext, Shape, SubgraphInference, TensorFacts } from './types.js';
import { CONTENT_LIMIT } from './types.js';

/** Where two sizes come from: axes of inputs. */
export type Sites = readonly { readonly input: number; readonly axis: number }[];

/** What a {@link RuleContext} needs to know of a node, and whom it tells what the rule finds. */
export interface RuleContextOptions {
  readonly opType: string;
  readonly domain: string;
  readonly opset: number;
  readonly attributes: Attributes;
  /** Facts by input; undefined where nothing is known or the input is absent. */
  readonly inputs: readonly (Facts | undefined)[];
  /** Something truthy for every input that is given; default: those with facts. */
  readonly inputPresent?: readonly unknown[];
  /** Something truthy for every output that is named. */
  readonly outputPresent: readonly unknown[];
  /** Input i as a constant of any size. */
  readonly constant?: (i: number) => DenseTensor | undefined;
  readonly subgraph?: (attribute: string) => SubgraphInference | undefined;
  /** Two sizes must be equal and provably are not. */
  readonly onConflict?: (a: Dim, b: Dim, what: string, where: Sites) => void;
  /** Two expressions must be equal, which nothing proves or refutes. */
  readonly onEqual?: (a: Dim, b: Dim, what: string, where: Sites) => void;
  /** A fresh symbol turned out to be this size. */
  readonly bind?: (symbol: string, dim: Dim) => void;
  /** Replaces fresh symbols that were bound; undefined while none is. */
  readonly resolve?: ((dim: Dim) => Dim) | undefined;
  readonly fresh?: (hint: string) => Dim;
  readonly onUnknown?: (reason: string) => void;
  /**
   * Of a literal and an expression that meet, go on with the literal: what every run that works has, also where the
   * expression is 1 and broadcasts. Default: the expression, so that one wrong literal does not hide the next one.
   */
  readonly preferLiterals?: boolean;
}

/** One visit of a shape rule to one node: unification, broadcasting and access to contents over given facts. */
export class RuleContext implements InferContext {
  readonly inputCount: number;
  readonly outputCount: number;
  /** What the rule said of each output so far. */
  readonly outputs: (Facts | undefined)[] = [];
  readonly #options: RuleContextOptions;

  constructor(options: RuleContextOptions) {
    this.#options = options;
    this.inputCount = options.inputPresent?.length ?? options.inputs.length;
    this.outputCount = options.outputPresent.length;
    for (let i = 0; i < this.outputCount; i++) this.outputs.push(undefined);
  }

  get opType(): string {
    return this.#options.opType;
  }

  get domain(): string {
    return this.#options.domain;
  }

  get opset(): number {
    return this.#options.opset;
  }

  get attributes(): Attributes {
    return this.#options.attributes;
  }

  hasInput(i: number): boolean {
    const { inputPresent, inputs } = this.#options;
    return inputPresent === undefined ? inputs[i] !== undefined : Boolean(inputPresent[i]);
  }

  hasOutput(i: number): boolean {
    return Boolean(this.#options.outputPresent[i]);
  }

  input(i: number): Facts | undefined {
    return this.#options.inputs[i];
  }

  tensor(i: number): TensorFacts | undefined {
    const facts = this.#options.inputs[i];
    return facts?.kind === 'tensor' ? facts : undefined;
  }

  dtype(i: number): number | undefined {
    return this.tensor(i)?.dtype;
  }

  shape(i: number): Shape | undefined {
    const shape = this.tensor(i)?.shape;
    if (this.#options.resolve === undefined || !shape?.some((dim) => dim?.hasFresh)) return shape;
    return shape.map((dim) => dim && this.#resolve(dim));
  }

  content(i: number): readonly (Scalar | undefined)[] | undefined {
    const content = this.tensor(i)?.content;
    if (this.#options.resolve === undefined || !content?.some(hasFresh)) return content;
    return content.map((scalar) => {
      if (scalar instanceof Dim) return this.#resolve(scalar);
      return scalar instanceof Rational ? Rational.of(this.#resolve(scalar.num), scalar.den) : scalar;
    });
  }

  constant(i: number): DenseTensor | undefined {
    return this.hasInput(i) ? this.#options.constant?.(i) : undefined;
  }

  subgraph(attribute: string): SubgraphInference | undefined {
    return this.#options.subgraph?.(attribute);
  }

  unify(a: Dim | undefined, b: Dim | undefined, what: string, where: Sites = []): Dim | undefined {
    if (a === undefined || b === undefined) {
      const known = a ?? b;
      return known && this.#resolve(known);
    }
    const left = this.#resolve(a);
    const right = this.#resolve(b);
    if (left.equals(right)) return left;
    if (left.hasFresh || right.hasFresh) return this.#unifyFresh(left, right, what, where);
    const settled = settledNumber(left, right);
    if (settled !== undefined) {
      this.#options.onEqual?.(left, right, what, where);
      return settled;
    }
    if (left.isNumber || right.isNumber || left.differsFrom(right)) {
      this.#options.onConflict?.(left, right, what, where);
      if (left.isNumber === right.isNumber) return left;
      return left.isNumber === (this.#options.preferLiterals ?? false) ? left : right;
    }
    this.#options.onEqual?.(left, right, what, where);
    return simpler(left, right);
  }

  broadcast(inputs?: readonly number[]): Shape | undefined {
    const count = inputs?.length ?? this.inputCount;
    if (count === 2) {
      // Mostly there is nothing to decide.
      const first = this.shape(inputs?.[0] ?? 0);
      const second = this.shape(inputs?.[1] ?? 1);
      if (first !== undefined && second !== undefined && isSameShape(first, second)) return first;
    }
    const operands: { input: number; shape: Shape }[] = [];
    for (let i = 0; i < count; i++) {
      const input = inputs?.[i] ?? i;
      if (inputs === undefined && !this.hasInput(i)) continue;
      const shape = this.shape(input);
      if (shape === undefined) return undefined;
      operands.push({ input, shape });
    }
    return unifyBroadcast(operands, (a, b, where) => this.unify(a, b, `broadcasting of ${this.opType}`, where) ?? a);
  }

  fresh(hint: string): Dim {
    return this.#options.fresh?.(hint) ?? Dim.fresh(hint);
  }

  setOutput(i: number, facts: Facts | undefined): void {
    if (facts?.kind !== 'tensor') this.outputs[i] = facts;
    else {
      this.setTensor(i, facts.dtype, facts.shape, facts.content);
      if (facts.fill !== undefined) this.outputs[i] = { ...(this.outputs[i] as TensorFacts), fill: facts.fill };
    }
  }

  setTensor(
    i: number,
    dtype: number | undefined,
    shape: Shape | undefined,
    content?: readonly (Scalar | undefined)[],
  ): void {
    this.outputs[i] =
      content !== undefined && isTrackable(shape, content)
        ? { kind: 'tensor', dtype, shape, content }
        : { kind: 'tensor', dtype, shape };
  }

  unknown(reason: string): void {
    this.#options.onUnknown?.(reason);
  }

  #resolve(dim: Dim): Dim {
    return dim.hasFresh ? (this.#options.resolve?.(dim) ?? dim) : dim;
  }

  /** A data-dependent size takes whatever it must be equal to: no run contradicts that. */
  #unifyFresh(left: Dim, right: Dim, what: string, where: Sites): Dim {
    const bound = this.#bind(left, right) ?? this.#bind(right, left);
    if (bound !== undefined) return bound;
    this.#options.onEqual?.(left, right, what, where);
    return simpler(left, right);
  }

  #bind(symbol: Dim, to: Dim): Dim | undefined {
    if (!symbol.hasFresh) return undefined;
    for (const name of symbol.symbols()) {
      if (!isFreshName(name) || to.symbols().has(name)) continue;
      const solution = symbol.isFresh ? to : symbol.sub(to).solveFor(name, Dim.of(0));
      if (solution === undefined) continue;
      this.#options.bind?.(name, solution);
      return to;
    }
    return undefined;
  }
}

/** Are all sizes known and pairwise equal, so that nothing has to be decided? */
function isSameShape(a: Shape, b: Shape): boolean {
  if (a.length !== b.length) return false;
  for (let axis = 0; axis < a.length; axis++) {
    const [left, right] = [a[axis], b[axis]];
    if (left === undefined || right === undefined) return false;
    if (left !== right && !left.equals(right)) return false;
  }
  return true;
}

function isTrackable(shape: Shape | undefined, content: readonly (Scalar | undefined)[]): boolean {
  if (content.length > CONTENT_LIMIT || shape === undefined) return false;
  const sizes: number[] = [];
  for (const dim of shape) {
    if (dim?.value === undefined) return false;
    sizes.push(dim.value);
  }
  return elementCount(sizes) === content.length;
}

function hasFresh(scalar: Scalar | undefined): boolean {
  if (scalar instanceof Dim) return scalar.hasFresh;
  return scalar instanceof Rational && scalar.num.hasFresh;
}

function isFreshName(name: string): boolean {
  return name.startsWith('?');
}

/**
 * The number, where the other side is that number for all sizes but small ones, or but huge ones: min(T, 4) against 4
 * only asks that T is at least 4, which is no reason to doubt the 4.
 */
function settledNumber(a: Dim, b: Dim): Dim | undefined {
  if (a.isNumber === b.isNumber) return undefined;
  const [number, expression] = a.isNumber ? [a, b] : [b, a];
  const { value } = number;
  return settledValue(expression) === value || usualValue(expression) === value ? number : undefined;
}

/** The expression to go on with: without data-dependent symbols if possible, then the shorter one. */
function simpler(a: Dim, b: Dim): Dim {
  if (a.hasFresh !== b.hasFresh) return a.hasFresh ? b : a;
  return b.isNumber || (!a.isNumber && b.key.length < a.key.length) ? b : a;
}
