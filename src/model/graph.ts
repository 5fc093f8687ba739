import type { Composer } from '../format/composer.js';
import type { Span } from '../format/rewrite-message.js';
import type { Skeleton } from '../format/skeleton.js';
import type { DenseTensor } from '../tensor/dense.js';
import { Attribute } from './attribute.js';
import type { AttributeInput } from './attribute-input.js';
import { GraphContent } from './graph-content.js';
import { writeGraph } from './graph-writer.js';
import { ModelError } from './model-error.js';
import { Node } from './node.js';
import { Tensor } from './tensor.js';
import type { DeclaredDim, TypeInfo } from './type-info.js';
import { Value } from './value.js';
import { ValueInfo } from './value-info.js';

/** A node to make; see {@link Graph.addNode}. */
export interface NodeInit {
  readonly opType: string;
  /** '' is ai.onnx. */
  readonly domain?: string;
  readonly overload?: string;
  readonly name?: string;
  readonly docString?: string;
  /** undefined where an optional input is left out. */
  readonly inputs: readonly (Value | undefined)[];
  /** Names ('' leaves an optional output out), or how many outputs to make up names for; 1 if not given. */
  readonly outputs?: readonly string[] | number;
  readonly attributes?: Readonly<Record<string, AttributeInput>>;
}

/** Where a new node goes; at the end if not said. */
export type NodePosition = { readonly before: Node } | { readonly after: Node };

/**
 * A graph: the model's main one, one in a node's attribute, or the body of a local function. Links between nodes and
 * values are true after every edit. Nothing of it is decoded before it is first looked at.
 */
export class Graph extends GraphContent {
  /** @internal A graph in an attribute of a node. */
  static _subgraph(node: Node, skeleton: Skeleton, spans: readonly Span[]): Graph {
    return new Graph(node.graph.model, { skeleton, spans, parent: node, outer: node.graph });
  }

  /**
   * Makes a node.
   * @param init - what it is
   * @param where - right before or after another node of this graph; at the end if not given
   * @throws ModelError for an input that this graph cannot see, or an output name that is taken
   */
  addNode(init: NodeInit, where?: NodePosition): Node {
    this._load();
    const anchor = where && ('before' in where ? where.before : where.after);
    if (anchor !== undefined && (anchor.graph !== this || anchor._removed)) {
      throw new ModelError(`${anchor} is not in graph ${this.name}`);
    }
    for (const input of init.inputs) if (input !== undefined) this._checkVisible(input);
    const outputs = init.outputs ?? 1;
    const count = typeof outputs === 'number' ? outputs : 0;
    const names: string[] = typeof outputs === 'number' ? [] : [...outputs];
    for (let i = 0; i < count; i++) {
      names.push(this.freshName(`${init.name || init.opType}_output${count > 1 || init.name ? `_${i}` : ''}`));
    }
    names.forEach((name, i) => {
      if (names.indexOf(name) !== i && name !== '') throw new ModelError(`output name ${name} is given twice`);
      if (name !== '') this._checkFree(name);
    });
    const attributes = Object.entries(init.attributes ?? {}).map(([name, input]) => Attribute._make(name, input));
    for (const attribute of attributes) for (const graph of attribute._graphs) graph._checkAttachable(this);
    // Nothing can go wrong from here on.
    const node = new Node(this, undefined);
    node.opType = init.opType;
    if (init.domain) node.domain = init.domain;
    if (init.overload) node.overload = init.overload;
    if (init.name) node.name = init.name;
    if (init.docString) node.docString = init.docString;
    node._setLinks(init.inputs.map((input, i) => input?._addUse(node, i)));
    node._setOutputs(names.map((name, i) => (name === '' ? undefined : this._makeOutput(node, i, name))));
    this._nodes.insert(node, where && ('before' in where ? where.before : where.after._next));
    for (const attribute of attributes) node.attributes._set(attribute);
    this._touch();
    return node;
  }

  /**
   * Removes a node, with its outputs' value_info.
   * @throws ModelError while one of its outputs is read, or is an output of a graph
   */
  removeNode(node: Node): void {
    if (node.graph !== this || node._removed) throw new ModelError(`${node} is not in graph ${this.name}`);
    for (const output of node.outputs) if (output !== undefined) this._checkUnused(output);
    for (const output of node.outputs) if (output !== undefined) this._forget(output);
    for (const graph of node.subgraphs) graph._release();
    node._disconnect();
    this._nodes.remove(node);
    this._touch();
  }

  /** A new, empty graph that sees this one's values, to become an attribute of a node of this graph. */
  createSubgraph(name: string): Graph {
    this._load();
    const graph = new Graph(this.model, { outer: this });
    graph.name = name;
    return graph;
  }

  /**
   * Adds a graph input, after the others.
   * @throws ModelError when the name is taken
   */
  addInput(name: string, dtype?: number, dims?: readonly DeclaredDim[]): Value {
    const value = this.#define(name);
    const type: TypeInfo | undefined =
      dtype === undefined ? undefined : { kind: 'tensor', elemType: dtype, shape: dims };
    const info = this.isFunctionBody ? undefined : ValueInfo._make(this, name, type);
    value._isInput = true;
    if (info) value._declare(info);
    this._inputs.push(value);
    this._inputInfos.push(info);
    this._touch();
    return value;
  }

  /**
   * Removes a graph input; an initializer of the same name stays, and is a constant then.
   * @throws ModelError while it is used and has no initializer
   */
  removeInput(value: Value): void {
    const index = this.inputs.indexOf(value);
    if (index < 0) throw new ModelError(`value ${value.name} is not an input of graph ${this.name}`);
    if (value.initializer === undefined && value.sparseInitializer === undefined) {
      this._checkUnused(value);
      this._forget(value);
    }
    const [info] = this._inputInfos.splice(index, 1);
    this._inputs.splice(index, 1);
    if (info !== undefined) value._undeclare(info);
    value._isInput = this._inputs.includes(value);
    this._touch();
  }

  /** Makes a value an output of the graph, after the others, declared with the type that it has in value_info. */
  addOutput(value: Value): void {
    this._checkVisible(value);
    const info = this.#outputInfo(value);
    this._outputs.push(value);
    this._outputInfos.push(info);
    this._touch();
  }

  /** Takes a value off the outputs. Its node stays. */
  removeOutput(value: Value): void {
    const index = this.outputs.indexOf(value);
    if (index < 0) throw new ModelError(`value ${value.name} is not an output of graph ${this.name}`);
    this._outputs.splice(index, 1);
    const [info] = this._outputInfos.splice(index, 1);
    value._outputOf--;
    if (info !== undefined) value._undeclare(info);
    this._touch();
  }

  /** Makes output `index` another value, under that value's name; the declared type stays. */
  setOutput(index: number, value: Value): void {
    const old = this.outputs[index];
    if (old === undefined) throw new ModelError(`graph ${this.name} has no output ${index}`);
    if (old === value) return;
    this._checkVisible(value);
    const info = this._outputInfos[index];
    old._outputOf--;
    value._outputOf++;
    this._outputs[index] = value;
    if (info !== undefined) {
      old._undeclare(info);
      info.name = value.name;
      value._declare(info, true);
    }
    this._touch();
  }

  /**
   * Adds a constant, after the others. A tensor of another model brings its payload along without reading it.
   * @throws ModelError when the name is taken, or in a function body, which has no initializers
   */
  addInitializer(name: string, tensor: DenseTensor | Tensor): Value {
    if (this.isFunctionBody) throw new ModelError('a function has no initializers: use a Constant node');
    const made = tensor instanceof Tensor ? tensor._named(name) : Tensor.from(name, tensor);
    const value = this.#define(name);
    if (made.location === 'external') this.model._hasExternalData = true;
    value._initializer = made;
    this._initializers.add(value);
    this._initializerList = undefined;
    this._touch();
    return value;
  }

  /** Gives an initializer other elements; it keeps its name and place. */
  setInitializer(value: Value, tensor: DenseTensor | Tensor): void {
    if (!this._initializers.has(value)) throw new ModelError(`value ${value.name} is not an initializer`);
    value._initializer = tensor instanceof Tensor ? tensor._named(value.name) : Tensor.from(value.name, tensor);
    if (value._initializer.location === 'external') this.model._hasExternalData = true;
    value.sparseInitializer = undefined;
    this._touch();
  }

  /**
   * Removes a constant; a graph input of that name stays, and has no default then.
   * @throws ModelError while it is used and is not an input
   */
  removeInitializer(value: Value): void {
    this._load();
    if (!this._initializers.has(value)) throw new ModelError(`value ${value.name} is not an initializer`);
    if (!value.isGraphInput) {
      this._checkUnused(value);
      this._forget(value);
    }
    this._initializers.delete(value);
    this._initializerList = undefined;
    value._initializer = undefined;
    value.sparseInitializer = undefined;
    this._touch();
  }

  /** Declares a value's type: where it is declared already (input, output, value_info), else in a new value_info entry. */
  setValueInfo(value: Value, type: TypeInfo): void {
    if (value.graph !== this) throw new ModelError(`value ${value.name} is not of graph ${this.name}`);
    const infos = value._declarations ?? [];
    for (const info of infos) {
      info.type = type;
      info._owner._touch();
    }
    if (infos.length > 0) return;
    const info = ValueInfo._make(this, value.name, type);
    value._declare(info);
    this._valueInfos.add(info);
    this._touch();
  }

  /** Removes what value_info says of a value. What graph inputs and outputs say stays. */
  dropValueInfo(value: Value): void {
    for (const info of value._declarations ?? []) {
      if (!this._valueInfos.delete(info)) continue;
      value._undeclare(info);
      this._touch();
    }
  }

  /** @internal Is it to be written as it is in the file? */
  _isCopied(out: Composer): boolean {
    return !this._isModified && out.mayCopy(this);
  }

  /** @internal Writes the message's content. */
  _write(out: Composer): void {
    writeGraph(this, out);
  }

  /** @internal */
  _makeOutput(node: Node, index: number, name: string): Value {
    const value = this.#define(name);
    value._producer = node;
    value._outputIndex = index;
    return value;
  }

  /** @internal Takes a value that nobody uses out of the graph. */
  _forget(value: Value): void {
    this._checkUnused(value);
    this.dropValueInfo(value);
    value._removed = true;
    if (this._values.get(value._nameId) === value) this._values.delete(value._nameId);
  }

  /** @internal */
  _renamed(value: Value, oldId: number): void {
    if (this._values.get(oldId) === value) this._values.delete(oldId);
    this._values.set(value._nameId, value);
    const old = this.model._names.text(oldId);
    value.initializer?._rename(value.name);
    value.sparseInitializer?._rename(value.name);
    for (const info of value._declarations ?? []) {
      info.name = value.name;
      info._owner._touch();
    }
    for (const annotation of this._annotations) annotation._renamed(old, value.name);
    this._touch();
  }

  /** @internal */
  _checkAttachable(outer: Graph): void {
    if (this._parent !== undefined) throw new ModelError(`graph ${this.name} is in another node already`);
    if (this._outer !== outer) throw new ModelError(`graph ${this.name} was made for another graph`);
  }

  /** @internal */
  _attach(node: Node): void {
    this._parent = node;
    this._isModified = true;
  }

  /** @internal The graph is going away: nothing in it reads outer values any more. */
  _release(): void {
    this._load();
    for (const node of this.nodes) {
      for (const graph of node.subgraphs) graph._release();
      node._disconnect();
    }
    for (const output of this._outputs) output._outputOf--;
    this._outer?._children.delete(this);
    this._parent = undefined;
  }

  /** @internal See `Value.replaceAllUsesWith`. */
  _replaceOutput(old: Value, other: Value): void {
    for (const graph of [this, ...this.model._graphsUnder(this)]) {
      for (let index = 0; index < graph.outputs.length; index++) {
        if (graph.outputs[index] !== old) continue;
        if (graph !== this) graph.setOutput(index, other);
        else graph.setOutput(index, this.#underName(old, other));
      }
    }
  }

  /** The other value (or a copy of it) under the name of the old one, which gets a new name. */
  #underName(old: Value, other: Value): Value {
    const { name } = old;
    const renamable = other.producer !== undefined && other.graph === this && !other.isGraphOutput;
    const info = [...(old._declarations ?? [])].find((declared) => this._outputInfos.includes(declared));
    if (info !== undefined) old._undeclare(info);
    old.name = this.freshName(name);
    if (info !== undefined) old._declare(info, true);
    if (renamable) {
      this.dropValueInfo(other);
      other.name = name;
      return other;
    }
    const identity = this.addNode({
      opType: 'Identity',
      inputs: [other],
      outputs: [name],
      name: this.freshName(`${name}_identity`),
    });
    return identity.outputs[0] as Value;
  }

  #outputInfo(value: Value): ValueInfo | undefined {
    const type = value.declared;
    if (value.graph === this) this.dropValueInfo(value);
    value._outputOf++;
    if (this.isFunctionBody) return undefined;
    const info = ValueInfo._make(this, value.name, type);
    value._declare(info, value.graph === this && !value._isInput);
    return info;
  }

  #define(name: string): Value {
    this._load();
    this._checkFree(name);
    const id = this.model._names.internText(name);
    const value = new Value(this, id);
    this._values.set(id, value);
    return value;
  }
}
