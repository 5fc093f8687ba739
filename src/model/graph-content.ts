import type { FieldWriter, Span } from '../format/rewrite-message.js';
import type { Skeleton } from '../format/skeleton.js';
import type { Graph } from './graph.js';
import { GRAPH_LAYOUT, type GraphLayout } from './graph-layout.js';
import { topologicalOrder } from './graph-order.js';
import { listNodes, readGraph } from './graph-reader.js';
import { readMetadata, readTexts } from './graph-texts.js';
import type { LocalFunction } from './local-function.js';
import type { Metadata } from './metadata.js';
import type { Model } from './model.js';
import { ModelError } from './model-error.js';
import type { Node } from './node.js';
import { NodeList } from './node-list.js';
import type { QuantizationAnnotation } from './quantization-annotation.js';
import type { Value } from './value.js';
import type { ValueInfo } from './value-info.js';

/** @internal What a graph is made from. */
export interface GraphInit {
  readonly layout?: GraphLayout;
  readonly skeleton?: Skeleton | undefined;
  readonly spans?: readonly Span[];
  readonly parent?: Node;
  readonly outer?: Graph;
  readonly fn?: LocalFunction;
}

/** What a graph holds and how it is looked at; {@link Graph} adds the edits. */
export abstract class GraphContent {
  readonly model: Model;
  /** @internal */
  readonly _layout: GraphLayout;
  /** @internal */
  readonly _skeleton: Skeleton | undefined;
  /** @internal */
  readonly _spans: readonly Span[];
  /** @internal The graph whose values this one sees. */
  readonly _outer: Graph | undefined;
  /** @internal */
  readonly _function: LocalFunction | undefined;
  /** @internal */
  _parent: Node | undefined;
  /** @internal Is it no longer what the file says? */
  _isModified = false;
  /** @internal Fields that were replaced, other than the lists. */
  readonly _replaced = new Map<number, FieldWriter>();
  /** @internal */
  readonly _nodes = new NodeList();
  /** @internal By the number of the name, see `Model._names`. */
  readonly _values = new Map<number, Value>();
  /** @internal */
  readonly _inputs: Value[] = [];
  /** @internal */
  readonly _inputInfos: (ValueInfo | undefined)[] = [];
  /** @internal */
  readonly _outputs: Value[] = [];
  /** @internal */
  readonly _outputInfos: (ValueInfo | undefined)[] = [];
  /** @internal */
  readonly _initializers = new Set<Value>();
  /** @internal */
  readonly _valueInfos = new Set<ValueInfo>();
  /** @internal */
  readonly _annotations: QuantizationAnnotation[] = [];
  /** @internal */
  readonly _children = new Set<Graph>();
  #listed: boolean;
  #loaded: boolean;
  #texts: { name: string; docString: string } | undefined;
  #metadata: Metadata | undefined;
  /** @internal */
  _initializerList: readonly Value[] | undefined;

  /** @internal */
  constructor(model: Model, init: GraphInit) {
    this.model = model;
    this._layout = init.layout ?? GRAPH_LAYOUT;
    this._skeleton = init.skeleton;
    this._spans = init.spans ?? [];
    this._parent = init.parent;
    this._outer = init.outer;
    this._function = init.fn;
    this.#listed = this._spans.length === 0;
    this.#loaded = this.#listed;
    this._outer?._children.add(this._self);
  }

  /** @internal Finds the nodes: enough to look at them one by one. */
  _list(): void {
    if (this.#listed) return;
    this.#listed = true;
    listNodes(this._self);
  }

  /** @internal Reads everything, and links nodes to values. */
  _load(): void {
    if (this.#loaded) return;
    // Loads the graphs in its nodes, too.
    this._outer?._load();
    if (this.#loaded) return;
    this._list();
    this.#loaded = true;
    readGraph(this._self);
  }

  /** @internal Are nodes linked to values? Only then can more have been edited than the nodes' own fields. */
  get _isLoaded(): boolean {
    return this.#loaded;
  }

  /** @internal */
  get _isListed(): boolean {
    return this.#listed;
  }

  /** @internal */
  protected get _self(): Graph {
    return this as unknown as Graph; // its only subclass
  }

  /** The node in whose attribute this graph is; undefined for the main graph and function bodies. */
  get parent(): Node | undefined {
    return this._parent;
  }

  /** Is it the body of a local function? It has no initializers then. */
  get isFunctionBody(): boolean {
    return this._layout.isFunction;
  }

  get name(): string {
    this.#texts ??= readTexts(this._self);
    return this.#texts.name;
  }

  set name(name: string) {
    if (name === this.name) return;
    this.#texts = { ...(this.#texts as { docString: string }), name };
    this._replaceText(this._layout.name, name);
  }

  get docString(): string {
    this.#texts ??= readTexts(this._self);
    return this.#texts.docString;
  }

  set docString(docString: string) {
    if (docString === this.docString) return;
    this.#texts = { ...(this.#texts as { name: string }), docString };
    this._replaceText(this._layout.docString, docString);
  }

  /** Metadata properties. */
  get metadata(): Metadata {
    this.#metadata ??= readMetadata(this._self);
    return this.#metadata;
  }

  /** The version of a domain that this graph's nodes mean: its function's import, or the model's. */
  opset(domain = ''): number | undefined {
    let root = this._self;
    while (root._outer !== undefined) root = root._outer;
    return (root._function ?? this.model).opsetImports.get(domain);
  }

  /** Inputs, in order. Before IR version 4 initializers are among them. */
  get inputs(): readonly Value[] {
    this._load();
    return this._inputs;
  }

  get outputs(): readonly Value[] {
    this._load();
    return this._outputs;
  }

  /** Nodes in file order. Going through them while editing is safe: an edit makes a new array. */
  get nodes(): readonly Node[] {
    this._list();
    return this._nodes.toArray();
  }

  /** Constants of the graph, in file order; see `Value.initializer` and `Value.sparseInitializer`. */
  get initializers(): readonly Value[] {
    this._load();
    this._initializerList ??= [...this._initializers];
    return this._initializerList;
  }

  /** Scale and zero point of quantised values, where the file names them. */
  get quantizationAnnotations(): readonly QuantizationAnnotation[] {
    this._load();
    return this._annotations;
  }

  /** A value that this graph defines, by name. */
  value(name: string): Value | undefined {
    this._load();
    const id = this.model._names.find(name);
    return id === undefined ? undefined : this._values.get(id);
  }

  /** A value by name, as a node of this graph sees it: of this graph, or of one around it. */
  resolve(name: string): Value | undefined {
    for (let scope: Graph | undefined = this._self; scope !== undefined; scope = scope._outer) {
      const value = scope.value(name);
      if (value !== undefined) return value;
    }
    return undefined;
  }

  /** A name like `hint` that no value and no node of the whole model has. */
  freshName(hint: string): string {
    return this.model._freshName(hint);
  }

  /** The nodes, each after all that it reads; file order where that is one already. Does not change the file order. */
  topologicalOrder(): Node[] {
    return topologicalOrder(this.nodes);
  }

  /** @internal This graph is no longer what the file says, and so are the messages around it. */
  _touch(): void {
    this.model._revision++;
    if (this._isModified) return;
    this._isModified = true;
    if (this._parent !== undefined) this._parent._touch();
    else if (this._outer === undefined) this.model._touch();
  }

  /** @internal */
  _replaceText(number: number, text: string): void {
    this._replaced.set(number, (out) => out.string(number, text));
    this._touch();
  }

  /** @internal @throws ModelError when nodes of this graph cannot read the value */
  _checkVisible(value: Value): void {
    if (value._removed) throw new ModelError(`value ${value.name} was removed`);
    for (let scope: Graph | undefined = this._self; scope !== undefined; scope = scope._outer) {
      if (scope === value.graph) return;
    }
    throw new ModelError(`graph ${this.name} cannot see value ${value.name} of graph ${value.graph.name}`);
  }

  /** @internal @throws ModelError when a new value of that name would hide or be hidden by another */
  _checkFree(name: string): void {
    if (name === '') throw new ModelError('a value needs a name');
    const taken = this.resolve(name) ?? this.#findInside(name);
    if (taken !== undefined) throw new ModelError(`name ${name} is taken by a value of graph ${taken.graph.name}`);
  }

  #findInside(name: string): Value | undefined {
    for (const child of this._children) {
      const found = child.value(name) ?? child.#findInside(name);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** @internal */
  _checkUnused(value: Value): void {
    const [use] = value.uses;
    if (use !== undefined) throw new ModelError(`value ${value.name} is still read by ${use.node}`);
    if (value.isGraphOutput) throw new ModelError(`value ${value.name} is still an output of graph ${this.name}`);
  }
}
