/**
 * Which places of a model have to agree on an element type: type parameters of nodes as variables, with the values that
 * have the type and the places that read a value in it. Control flow and functions are looked through: what a loop carries
 * is one variable inside and outside, an If's output is that of both branches, a function's input that of its callers.
 */
import type { Graph } from '../../model/graph.js';
import type { LocalFunction } from '../../model/local-function.js';
import type { Model } from '../../model/model.js';
import type { Node } from '../../model/node.js';
import type { Value } from '../../model/value.js';
import type { Kernels } from '../../ops/kernels.js';
import type { Schemas } from '../../ops/schema.js';
import { type ConstantSource, constantSource } from './constant-source.js';
import { declaredElement, isInterfaceFloat } from './element-types.js';
import { connectNode } from './node-parameters.js';
import { type Read, TypeVariable } from './type-variable.js';

/** Some variables that are decided together, once everything read by `reads` is typed. */
export interface Step {
  readonly node: Node | undefined;
  readonly variables: readonly TypeVariable[];
}

/** How to build a {@link TypeGraph}. */
export interface TypeGraphOptions {
  readonly schemas: Schemas;
  readonly kernels: Kernels;
  /** Functions whose calls differ in their types: their bodies are left alone. */
  readonly opaque?: ReadonlySet<LocalFunction>;
  /** The element type that floating-point inputs and outputs of the model are to have, instead of the declared one. */
  readonly io?: number | undefined;
}

/** The body of a function that was built: the variables that its calls share. */
interface Body {
  readonly inputs: TypeVariable[];
  readonly outputs: TypeVariable[];
}

/** The type variables of a model. Made by {@link buildTypeGraph}. */
export class TypeGraph {
  readonly model: Model;
  readonly options: TypeGraphOptions;
  readonly variableOf = new Map<Value, TypeVariable>();
  readonly constants = new Map<Value, ConstantSource>();
  readonly readsOf = new Map<Value, Read[]>();
  readonly steps: Step[] = [];
  /** The function whose call gave a variable two types, by the variable of its input. */
  readonly functionInputs = new Map<TypeVariable, LocalFunction>();
  readonly #functions = new Map<string, LocalFunction>();
  readonly #bodies = new Map<LocalFunction, Body | 'open'>();

  constructor(model: Model, options: TypeGraphOptions) {
    this.model = model;
    this.options = options;
    for (const fn of model.functions) this.#functions.set(keyOf(fn.domain, fn.name, fn.overload), fn);
  }

  /** All variables, each once. */
  get variables(): Set<TypeVariable> {
    const all = new Set<TypeVariable>();
    for (const { variables } of this.steps) for (const variable of variables) all.add(variable.root);
    return all;
  }

  /** Declares a value to be of a variable's type. */
  define(value: Value | undefined, variable: TypeVariable): void {
    if (value === undefined) return;
    this.variableOf.set(value, variable);
    variable.values.push(value);
  }

  /** States that a value is read in a variable's type. */
  read(value: Value | undefined, variable: TypeVariable, by: Read['by'], isTensor = true): void {
    if (value === undefined) return;
    const source = this.constants.get(value) ?? constantSource(value);
    if (source !== undefined) this.constants.set(value, source);
    const read: Read = { value, variable, by, isTensor };
    variable.root.reads.push(read);
    const reads = this.readsOf.get(value);
    if (reads === undefined) this.readsOf.set(value, [read]);
    else reads.push(read);
  }

  step(node: Node | undefined, variables: Iterable<TypeVariable>): void {
    this.steps.push({ node, variables: [...variables] });
  }

  buildMain(): void {
    const { graph } = this.model;
    for (const value of graph.inputs) {
      if (constantSource(value) !== undefined) continue;
      const variable = this.#interface(value, `input ${value.name}`);
      this.define(value, variable);
      this.step(undefined, [variable]);
    }
    this.buildNodes(graph);
    graph.outputs.forEach((value, index) => {
      const variable = this.#interface(value, `output ${value.name}`);
      this.read(value, variable, { kind: 'output', graph, index });
      this.step(undefined, [variable]);
    });
  }

  /** What the model's callers see keeps its type. */
  #interface(value: Value, name: string): TypeVariable {
    const declared = declaredElement(value.declared);
    const { io } = this.options;
    const type = io !== undefined && isInterfaceFloat(declared) ? io : declared;
    return new TypeVariable(type === undefined ? undefined : new Set([type]), name);
  }

  buildNodes(graph: Graph): void {
    for (const node of graph.topologicalOrder()) {
      const fn = this.#functions.get(keyOf(node.domain, node.opType, node.overload));
      if (fn === undefined) connectNode(this, node);
      else this.#call(node, fn);
    }
  }

  /** A graph of a node that is not control flow: what it declares holds. */
  buildForeign(graph: Graph): void {
    for (const value of graph.inputs) {
      const declared = declaredElement(value.declared);
      const variable = new TypeVariable(declared === undefined ? undefined : new Set([declared]), value.name);
      this.define(value, variable);
      this.step(undefined, [variable]);
    }
    this.buildNodes(graph);
  }

  #call(node: Node, fn: LocalFunction): void {
    const known = this.#bodies.get(fn);
    const isOpaque = this.options.opaque?.has(fn) === true || known === 'open';
    const inputs = known === undefined || isOpaque ? this.#inputs(fn, isOpaque) : (known as Body).inputs;
    node.inputs.forEach((value, index) => {
      const variable = inputs[index] ?? new TypeVariable(undefined, `input ${index}`, node);
      this.read(value, variable, { kind: 'node', node, index });
    });
    this.step(node, inputs);
    const outputs = isOpaque ? [] : ((known as Body | undefined)?.outputs ?? this.#buildBody(fn, inputs));
    const defined = node.outputs.map((_, i) => outputs[i] ?? new TypeVariable(undefined, `output ${i}`, node));
    node.outputs.forEach((value, i) => {
      this.define(value, defined[i] as TypeVariable);
    });
    this.step(node, defined);
  }

  #inputs(fn: LocalFunction, isOpaque: boolean): TypeVariable[] {
    return fn.inputs.map((value) => {
      const variable = new TypeVariable(undefined, `input ${value.name} of ${fn.name}`);
      variable.isFixed = isOpaque;
      if (!isOpaque) {
        this.define(value, variable);
        this.functionInputs.set(variable, fn);
      }
      return variable;
    });
  }

  #buildBody(fn: LocalFunction, inputs: TypeVariable[]): TypeVariable[] {
    this.#bodies.set(fn, 'open');
    this.buildNodes(fn.body);
    const outputs = fn.outputs.map((value) => {
      const source = constantSource(value);
      return this.variableOf.get(value) ?? new TypeVariable(source && new Set([source.dtype]), value.name);
    });
    this.#bodies.set(fn, { inputs, outputs });
    return outputs;
  }
}

/** Builds the type variables of a model. */
export function buildTypeGraph(model: Model, options: TypeGraphOptions): TypeGraph {
  const types = new TypeGraph(model, options);
  types.buildMain();
  return types;
}

function keyOf(domain: string, name: string, overload: string): string {
  return `${domain}\0${name}\0${overload}`;
}
