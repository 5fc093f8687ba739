import type { Attribute } from '../model/attribute.js';
import type { Graph } from '../model/graph.js';
import type { LocalFunction } from '../model/local-function.js';
import type { Model } from '../model/model.js';
import type { Node } from '../model/node.js';
import type { Value } from '../model/value.js';
import { RuleContext } from '../ops/context.js';
import { lookupOp } from '../ops/registry.js';
import type { Schemas } from '../ops/schema.js';
import type { Facts, Shape, SubgraphInference, TensorFacts } from '../ops/types.js';
import { Dim } from '../symbolic/dim.js';
import { type Guard, guardOf } from './branch-guard.js';
import type { Assignments, Cells } from './cells.js';
import { contentOf, lazyFacts } from './constant-facts.js';
import { Constants } from './constants.js';
import { declaredFacts } from './declared.js';
import { Frontier } from './frontier.js';
import { type InputShapes, inputShape } from './input-shape.js';
import { NodeLists } from './node-lists.js';
import { isSameFacts } from './same-facts.js';
import { type Assumptions, staleNodes } from './stale-nodes.js';
import { unknownOperator } from './unknown-operator.js';
import { type CallAttributes, Visit, type VisitHost } from './visit.js';

/** Two sizes that an operator says are equal, and that cannot be: a literal against an expression, mostly. */
export interface Conflict {
  readonly node: Node;
  readonly what: string;
  readonly left: Dim;
  readonly right: Dim;
}

/** How to infer. */
export interface InferOptions {
  /** Sizes that take the place of the declared ones of graph inputs, by input name. */
  readonly inputShapes?: InputShapes;
  /** Sizes by axis to go on with in place of the inferred ones: what if this axis had that size? */
  readonly assumed?: Assumptions;
  /** Where numbers written in constants are remembered; without it they are plain numbers. */
  readonly cells?: Cells;
  /** Folded constants to share between several inferences of an unchanged model. */
  readonly constants?: Constants;
  /** What is known of operators without a rule: element types of their outputs, and why an operator is unknown. */
  readonly schemas?: Schemas;
}

/** How to infer what was inferred before. */
export interface ReinferOptions extends InferOptions {
  /**
   * An inference of the same model. Where only what is assigned to cells or assumed of values is something else than it
   * was then, just what that makes a difference to is visited.
   */
  readonly previous?: Inference | undefined;
}

/**
 * Infers what every value of a model is: element type, shape as expressions in the input symbols, contents of small
 * integer tensors. Never throws on a model that is merely wrong: conflicts are collected, unknowns have reasons.
 */
export function infer(model: Model, { previous, ...given }: ReinferOptions = {}): Inference {
  const options =
    previous && model.revision === previous.revision ? { constants: previous.constants, ...given } : given;
  if (previous !== undefined) {
    const inference = new Inference(model, options, previous);
    if (inference.rerun(previous)) return inference;
  }
  const inference = new Inference(model, options);
  inference.run();
  return inference;
}

/** The facts of one inference run. */
export class Inference {
  readonly model: Model;
  /** The model's when this was inferred. */
  readonly revision: number;
  readonly constants: Constants;
  readonly cells: Cells | undefined;
  readonly #options: InferOptions;
  #facts = new Map<Value, Facts>();
  /** Where there are cells. */
  readonly #frontier: Frontier | undefined;
  #order: readonly Node[] = [];
  /** What cells were assigned when this was inferred. */
  #assignments: Assignments | undefined;
  readonly #conflicts = new NodeLists<Conflict>();
  readonly #demands = new NodeLists<Conflict>();
  readonly #reasons = new NodeLists<string>();
  readonly #functions = new Map<string, LocalFunction>();
  readonly #bound = new Map<string, Dim>();
  readonly #active = new Set<LocalFunction>();
  readonly #inputSymbols = new Set<string>();
  readonly #resolveBound = (dim: Dim) => this.#resolveDim(dim);
  readonly #host: VisitHost;
  /** What holds in the branch that is being visited. */
  #guard: Guard | undefined;

  constructor(model: Model, options: InferOptions, previous?: Inference) {
    this.model = model;
    this.revision = model.revision;
    this.#options = options;
    this.cells = options.cells;
    this.constants = options.constants ?? new Constants();
    this.#frontier = this.cells && new Frontier(this.constants, this.cells, previous ? previous.#frontier : undefined);
    this.#host = this.#makeHost();
    for (const fn of model.functions) this.#functions.set(functionKey(fn.domain, fn.name, fn.overload), fn);
  }

  #makeHost(): VisitHost {
    const resolve = () => (this.#bound.size > 0 ? this.#resolveBound : undefined);
    return {
      constants: this.constants,
      preferLiterals: this.cells === undefined,
      get resolve() {
        return resolve();
      },
      bind: (symbol, dim) => this.#bound.set(symbol, dim),
      subgraph: (node, name, call) => this.#subgraph(node, name, call),
      conflict: (node, left, right, what) => this.#disagree(this.#conflicts, { node, what, left, right }),
      demand: (node, left, right, what) => this.#disagree(this.#demands, { node, what, left, right }),
      note: (node, reason) => this.#note(node, reason),
    };
  }

  /** What is known of a value; constants show their plain numbers. */
  facts(value: Value): Facts | undefined {
    const facts = this.#facts.get(value);
    return facts?.kind === 'tensor' ? this.#resolve(facts) : facts;
  }

  /** The value's shape, undefined where the rank is unknown. */
  shape(value: Value): Shape | undefined {
    const facts = this.facts(value);
    return facts?.kind === 'tensor' ? facts.shape : undefined;
  }

  /**
   * What a node that is not constant sees of its input: constants carry their cells. Exporters and optimisers keep equal
   * numbers once, so each reader has cells of its own for their elements.
   */
  seen(value: Value, reader?: Node): Facts | undefined {
    if (this.#frontier === undefined || !this.constants.isConstant(value)) return this.facts(value);
    return this.#frontier.facts(value, this.facts(value), value.uses.length > 1 ? reader : undefined);
  }

  /** All conflicts, in the order of the nodes visited. */
  get conflicts(): Conflict[] {
    return this.#conflicts.all();
  }

  /** Does the node only work where sizes are equal that need not be: T and B*T? */
  isAssuming(node: Node): boolean {
    return this.#demands.has(node);
  }

  /** Expressions that operators need to be equal, and that are not at every size, in the order of the nodes visited. */
  get demands(): Conflict[] {
    return this.#demands.all();
  }

  /** Why outputs of this node stay unknown. */
  reasons(node: Node): readonly string[] {
    return this.#reasons.of(node);
  }

  run(): void {
    const { graph } = this.model;
    this.#assignments = this.cells?.assignments();
    this.#order = graph.topologicalOrder();
    this.#declareInputs(graph, (value) => this.#inputFacts(value));
    for (const input of graph.inputs) {
      for (const dim of this.shape(input) ?? []) for (const name of dim?.symbols() ?? []) this.#inputSymbols.add(name);
    }
    this.#visitGraph(graph, undefined, this.#order);
  }

  /**
   * Takes over what an inference of the same model knows, and visits what sees other cells or assumptions than it did, or
   * reads what came out otherwise. False where that is not enough, and all has to be inferred.
   */
  rerun(previous: Inference): boolean {
    const { cells, constants } = this;
    if (this.revision !== previous.revision || constants !== previous.constants) return false;
    if (cells !== previous.cells || this.#options.inputShapes !== previous.#options.inputShapes) return false;
    // What a data-dependent size was found to be matters to nodes that have nothing to do with each other.
    if (previous.#bound.size > 0) return false;
    const changed = previous.#assignments && cells ? cells.changedSince(previous.#assignments) : [];
    if (changed === undefined) return false;
    this.#assignments = cells?.assignments();
    this.#facts = new Map(previous.#facts);
    this.#frontier?.forget(changed);
    this.#order = previous.#order;
    for (const name of previous.#inputSymbols) this.#inputSymbols.add(name);
    const stale = staleNodes(changed, previous.#options.assumed, this.#options.assumed);
    const others = new Set<Value>();
    for (const node of this.#order) {
      const isStale = stale.has(node) || node.inputs.some((input) => input !== undefined && others.has(input));
      // Graphs inside see what they like of those around them.
      if (!isStale && node.subgraphs.length === 0 && this.#functionOf(node) === undefined) {
        this.#conflicts.take(node, previous.#conflicts);
        this.#demands.take(node, previous.#demands);
        this.#reasons.take(node, previous.#reasons);
        continue;
      }
      this.#visit(node, undefined);
      if (this.#bound.size > 0) return false;
      for (const output of node.outputs) {
        if (output && !isSameFacts(this.#facts.get(output), previous.#facts.get(output))) others.add(output);
      }
    }
    return true;
  }

  #inputFacts(value: Value): Facts | undefined {
    const declared = value.declared === undefined ? undefined : declaredFacts(value.declared);
    if (declared?.kind !== 'tensor' && declared !== undefined) return declared;
    return { kind: 'tensor', dtype: declared?.dtype, shape: inputShape(value, this.#options.inputShapes) };
  }

  #declareInputs(graph: Graph, factsOf: (value: Value, i: number) => Facts | undefined): void {
    graph.inputs.forEach((value, i) => {
      const facts = factsOf(value, i);
      if (facts !== undefined) this.#facts.set(value, facts);
      else this.#facts.delete(value);
    });
  }

  #visitGraph(graph: Graph, call: CallAttributes, order: readonly Node[] = graph.topologicalOrder()): void {
    for (const value of graph.initializers) {
      const tensor = value.initializer;
      if (tensor !== undefined) {
        this.#facts.set(value, this.#constantFacts(value, tensor.dataType, tensor.dims));
      } else if (value.declared !== undefined) {
        const facts = declaredFacts(value.declared);
        if (facts !== undefined) this.#facts.set(value, facts);
      }
    }
    for (const node of order) this.#visit(node, call);
  }

  #visit(node: Node, call: CallAttributes): void {
    const { outputs } = node;
    const constant = this.constants.isFolded(node);
    const fn = this.#functionOf(node);
    const definition = lookupOp(node.domain, node.opType);
    // A body is visited several times.
    this.#conflicts.clear(node);
    this.#demands.clear(node);
    this.#reasons.clear(node);
    if (constant && this.#visitConstant(node)) return;
    const inputs: (Facts | undefined)[] = [];
    for (const input of node.inputs) {
      inputs.push(input && (constant ? this.facts(input) : this.seen(input, node)));
    }
    if (fn !== undefined) {
      this.#visitFunction(fn, node, inputs, call);
      return;
    }
    if (definition?.infer === undefined) {
      this.#visitUnknown(node, inputs);
      return;
    }
    const context = new RuleContext(new Visit(node, inputs, call, this.#host));
    definition.infer(context);
    for (let i = 0; i < outputs.length; i++) {
      const output = outputs[i];
      if (output === undefined) continue;
      let facts = this.#assume(output, context.outputs[i]);
      if (constant) {
        const dense = this.#needsFolding(facts) ? this.constants.dense(output) : undefined;
        if (dense) facts = this.#constantFacts(output, dense.dtype, dense.shape);
        else if (facts?.kind === 'tensor' && facts.shape?.every((dim) => dim?.isNumber)) {
          facts = this.#constantFacts(
            output,
            facts.dtype,
            facts.shape.map((dim) => (dim as Dim).value as number),
          );
        }
      }
      if (facts !== undefined) this.#facts.set(output, facts);
      else this.#facts.delete(output);
    }
  }

  #assume(value: Value, facts: Facts | undefined): Facts | undefined {
    const assumed = this.#options.assumed?.get(value);
    if (assumed === undefined || facts?.kind !== 'tensor' || facts.shape === undefined) return facts;
    const { kind, dtype, shape } = facts;
    return { kind, dtype, shape: shape.map((dim, axis) => assumed.get(axis) ?? dim) };
  }

  #functionOf(node: Node): LocalFunction | undefined {
    if (this.#functions.size === 0) return undefined;
    return this.#functions.get(functionKey(node.domain, node.opType, node.overload));
  }

  /** A Constant node with a tensor needs no rule: most constants are weights and numbers that nobody asks. */
  #visitConstant(node: Node): boolean {
    const [output] = node.outputs;
    if (node.opType !== 'Constant' || node.domain !== '' || output === undefined) return false;
    const tensor = node.attributes.get('value')?.asTensor();
    if (tensor === undefined) return false;
    this.#facts.set(output, this.#constantFacts(output, tensor.dataType, tensor.dims));
    return true;
  }

  #visitUnknown(node: Node, inputs: readonly (Facts | undefined)[]): void {
    const { reason, outputs } = unknownOperator(node, inputs, {
      schemas: this.#options.schemas,
      inputSymbols: this.#inputSymbols,
      trustNumbers: this.cells === undefined,
    });
    this.#note(node, reason);
    node.outputs.forEach((output, i) => {
      if (output === undefined) return;
      const facts = outputs[i];
      if (facts !== undefined) this.#facts.set(output, facts);
      else this.#facts.delete(output);
    });
  }

  #needsFolding(facts: Facts | undefined): boolean {
    return facts?.kind !== 'tensor' || facts.dtype === undefined || !facts.shape?.every((dim) => dim?.isNumber);
  }

  #visitFunction(fn: LocalFunction, node: Node, inputs: readonly (Facts | undefined)[], call: CallAttributes): void {
    if (this.#active.has(fn)) {
      this.#note(node, `function ${fn.name} calls itself`);
      return;
    }
    this.#active.add(fn);
    const attributes = new Map<string, Attribute>();
    for (const attribute of fn.defaultAttributes) attributes.set(attribute.name, attribute);
    for (const attribute of node.attributes) {
      const value = attribute.refAttrName ? call?.get(attribute.refAttrName) : attribute;
      if (value !== undefined) attributes.set(attribute.name, value);
    }
    this.#declareInputs(fn.body, (_, i) => inputs[i]);
    this.#visitGraph(fn.body, attributes);
    node.outputs.forEach((output, i) => {
      const inner = fn.body.outputs[i];
      const facts = inner === undefined ? undefined : this.seen(inner);
      if (output !== undefined && facts !== undefined) this.#facts.set(output, facts);
    });
    this.#active.delete(fn);
  }

  #subgraph(node: Node, name: string, call: CallAttributes): SubgraphInference | undefined {
    const graph = node.attributes.get(name)?.asGraph();
    if (graph === undefined) return undefined;
    const guard = guardOf(node, name, (value) => this.seen(value, node));
    return {
      inputCount: graph.inputs.length,
      outputCount: graph.outputs.length,
      isSpecial: guard !== undefined,
      infer: (inputs) => {
        this.#declareInputs(graph, (value, i) => {
          const declared = value.declared === undefined ? undefined : declaredFacts(value.declared);
          const given = inputs[i];
          if (given?.kind === 'tensor' && given.dtype === undefined && declared?.kind === 'tensor') {
            return { ...given, dtype: declared.dtype };
          }
          return given ?? declared;
        });
        const outer = this.#guard;
        if (guard !== undefined) this.#guard = new Map([...(outer ?? []), ...guard]);
        this.#visitGraph(graph, call);
        this.#guard = outer;
        return graph.outputs.map((output) => this.seen(output));
      },
    };
  }

  /** A constant as the constant part sees it; its elements are read when a rule asks for them. */
  #constantFacts(value: Value, dtype: number | undefined, dims: readonly number[]): TensorFacts {
    const shape = dims.map((size) => Dim.of(size));
    return lazyFacts(dtype, shape, dims, () => contentOf(this.constants.dense(value), undefined));
  }

  #resolve(facts: TensorFacts): TensorFacts {
    if (this.#bound.size === 0 || !facts.shape?.some((dim) => dim?.hasFresh)) return facts;
    const shape = facts.shape.map((dim) => dim && this.#resolveDim(dim));
    const { kind, dtype, content, fill } = facts;
    return { kind, dtype, shape, content, fill };
  }

  #resolveDim(dim: Dim): Dim {
    return dim.hasFresh && this.#bound.size > 0 ? dim.substitute(this.#bound) : dim;
  }

  /** Two sizes that differ, unless they are equal wherever the branch with the node runs. */
  #disagree(lists: NodeLists<Conflict>, conflict: Conflict): void {
    const { left, right, node } = conflict;
    const guard = this.#guard;
    if (guard === undefined || !left.substitute(guard).equals(right.substitute(guard))) lists.add(node, conflict);
  }

  #note(node: Node, reason: string): void {
    if (!this.#reasons.of(node).includes(reason)) this.#reasons.add(node, reason);
  }
}

/** By what a node calls a local function. */
export function functionKey(domain: string, name: string, overload: string): string {
  return `${domain}\0${name}\0${overload}`;
}
