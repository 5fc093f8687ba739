import type { Attribute } from '../model/attribute.js';
import type { Node } from '../model/node.js';
import type { RuleContextOptions } from '../ops/context.js';
import type { Attributes, Facts, SubgraphInference } from '../ops/types.js';
import type { Dim } from '../symbolic/dim.js';
import type { DenseTensor } from '../tensor/dense.js';
import type { Constants } from './constants.js';
import { NodeAttributes } from './node-attributes.js';

/** What a function call gives for the attributes that its body refers to. */
export type CallAttributes = ReadonlyMap<string, Attribute> | undefined;

/** What a visit needs of the inference that it is part of. */
export interface VisitHost {
  readonly constants: Constants;
  readonly preferLiterals: boolean;
  /** Replaces data-dependent symbols that turned out to be something; undefined while there are none. */
  readonly resolve: ((dim: Dim) => Dim) | undefined;
  bind(symbol: string, dim: Dim): void;
  subgraph(node: Node, name: string, call: CallAttributes): SubgraphInference | undefined;
  conflict(node: Node, left: Dim, right: Dim, what: string): void;
  /** The node only works where two sizes are equal that need not be. */
  demand(node: Node, left: Dim, right: Dim, what: string): void;
  note(node: Node, reason: string): void;
}

/** A node as its rule sees it. One object a visit and no closures: graphs have hundreds of thousands of nodes. */
export class Visit implements RuleContextOptions {
  readonly inputs: readonly (Facts | undefined)[];
  readonly #node: Node;
  readonly #call: CallAttributes;
  readonly #host: VisitHost;

  constructor(node: Node, inputs: readonly (Facts | undefined)[], call: CallAttributes, host: VisitHost) {
    this.#node = node;
    this.#call = call;
    this.#host = host;
    this.inputs = inputs;
  }

  get opType(): string {
    return this.#node.opType;
  }

  get domain(): string {
    return this.#node.domain;
  }

  get opset(): number {
    return this.#node.graph.opset(this.domain) ?? 0;
  }

  get attributes(): Attributes {
    return new NodeAttributes(this.#node, this.#call);
  }

  get inputPresent(): readonly unknown[] {
    return this.#node.inputs;
  }

  get outputPresent(): readonly unknown[] {
    return this.#node.outputs;
  }

  get preferLiterals(): boolean {
    return this.#host.preferLiterals;
  }

  get resolve(): ((dim: Dim) => Dim) | undefined {
    return this.#host.resolve;
  }

  constant(i: number): DenseTensor | undefined {
    const input = this.#node.inputs[i];
    return input && this.#host.constants.dense(input);
  }

  subgraph(name: string): SubgraphInference | undefined {
    return this.#host.subgraph(this.#node, name, this.#call);
  }

  bind(symbol: string, dim: Dim): void {
    this.#host.bind(symbol, dim);
  }

  onConflict(left: Dim, right: Dim, what: string): void {
    this.#host.conflict(this.#node, left, right, what);
  }

  onEqual(left: Dim, right: Dim, what: string): void {
    if (left.hasFresh || right.hasFresh || left.isNumber || right.isNumber) return;
    this.#host.demand(this.#node, left, right, what);
  }

  onUnknown(reason: string): void {
    this.#host.note(this.#node, reason);
  }
}
