import type { Graph } from './graph.js';
import type { Node } from './node.js';
import type { SparseTensor } from './sparse-tensor.js';
import type { Tensor } from './tensor.js';
import type { TypeInfo } from './type-info.js';
import type { ValueInfo } from './value-info.js';

/** A reader of a value: input `index` of `node`. */
export interface Use {
  readonly node: Node;
  readonly index: number;
}

/** @internal A use that can be taken back without a search: the links of a value are a list. */
export interface Link extends Use {
  index: number;
  readonly value: Value;
  previous: Link | undefined;
  next: Link | undefined;
}

/** A named value of a graph: a graph input, an initializer, or an output of a node. */
export class Value {
  /** The graph that defines it. */
  readonly graph: Graph;
  /** The sparse constant it is. */
  sparseInitializer: SparseTensor | undefined;
  /** @internal */
  _producer: Node | undefined;
  /** @internal */
  _outputIndex = -1;
  /** @internal */
  _initializer: Tensor | undefined;
  /** @internal How many outputs of graphs it is. */
  _outputOf = 0;
  /** @internal */
  _isInput = false;
  /** @internal What the graph's inputs, outputs and value_info say of it, the one that counts first. */
  _declarations: ValueInfo[] | undefined;
  /** @internal */
  _removed = false;
  /** @internal Number of the name, see `Model._names`. */
  _nameId: number;
  #first: Link | undefined;
  #last: Link | undefined;
  #uses: readonly Use[] | undefined;

  /** @internal */
  constructor(graph: Graph, nameId: number) {
    this.graph = graph;
    this._nameId = nameId;
  }

  /** The name. Setting it renames every occurrence: declarations, initializer, readers, also in subgraphs. */
  get name(): string {
    return this.graph.model._names.text(this._nameId);
  }

  /** @throws ModelError when the name is empty or taken where this value can be seen */
  set name(name: string) {
    if (name === this.name) return;
    this.graph._checkFree(name);
    const old = this._nameId;
    this._nameId = this.graph.model._names.internText(name);
    this.graph._renamed(this, old);
    this._producer?._touch();
    for (const { node } of this.uses) node._touch();
  }

  /** The node that makes it; undefined for inputs and initializers. */
  get producer(): Node | undefined {
    return this._producer;
  }

  /** Which output of the producer it is. */
  get outputIndex(): number | undefined {
    return this._producer === undefined ? undefined : this._outputIndex;
  }

  /** Who reads it, in the order of the links; nodes of subgraphs that capture it are among them. Editing makes a new array. */
  get uses(): readonly Use[] {
    if (this.#uses === undefined) {
      const uses: Use[] = [];
      for (let link = this.#first; link !== undefined; link = link.next) uses.push(link);
      this.#uses = uses;
    }
    return this.#uses;
  }

  /** Does any node read it? Cheaper than asking for all uses of it. */
  get isRead(): boolean {
    return this.#first !== undefined;
  }

  /** Is it an input of its graph? */
  get isGraphInput(): boolean {
    return this._isInput;
  }

  /** Is it an output of its graph (or, captured, of a graph inside)? */
  get isGraphOutput(): boolean {
    return this._outputOf > 0;
  }

  /** The constant that it is, or the default where it is an input too. */
  get initializer(): Tensor | undefined {
    return this._initializer;
  }

  /** Is it an initializer that no caller can replace, or made by a Constant node? */
  get isConstant(): boolean {
    if (this._producer !== undefined) return this._producer.opType === 'Constant' && this._producer.domain === '';
    return (this._initializer !== undefined || this.sparseInitializer !== undefined) && !this._isInput;
  }

  /** The type that the file declares: as input or output of the graph, else in value_info. */
  get declared(): TypeInfo | undefined {
    const { _declarations: all } = this;
    // There are three at most, unless a file is out to make this slow.
    for (let i = 0; i < 3; i++) if (all?.[i]?.type !== undefined) return all[i]?.type;
    return undefined;
  }

  /**
   * Every type that the file declares. A file that says it more than once may contradict itself: of entries in value_info
   * onnxruntime takes the last one.
   */
  get declarations(): readonly TypeInfo[] {
    return (this._declarations ?? []).flatMap(({ type }) => type ?? []);
  }

  /** Declares the type wherever the value is declared; adds a value_info entry where it is not. */
  setDeclared(type: TypeInfo): void {
    this.graph.setValueInfo(this, type);
  }

  /**
   * Lets all readers read another value. A graph output keeps its name: the other value takes it over, through an
   * Identity node where it cannot be renamed (an input, an initializer, an output already).
   *
   * @param options - `except`: nodes that keep reading this value, typically those that compute the other one from it
   * @throws ModelError when a reader cannot see the other value
   */
  replaceAllUsesWith(other: Value, options: { readonly except?: readonly Node[] } = {}): void {
    if (other === this) return;
    const except = new Set(options.except);
    const moved = this.uses.filter(({ node }) => !except.has(node));
    for (const graph of new Set(moved.map(({ node }) => node.graph))) graph._checkVisible(other);
    if (this._outputOf > 0) this.graph._checkVisible(other);
    for (const { node, index } of moved) node.setInput(index, other);
    if (this._outputOf > 0) this.graph._replaceOutput(this, other);
  }

  toString(): string {
    return this.name;
  }

  /** @internal */
  _addUse(node: Node, index: number): Link {
    const last = this.#last;
    const link: Link = { node, index, value: this, previous: last, next: undefined };
    if (last === undefined) this.#first = link;
    else last.next = link;
    this.#last = link;
    this.#uses = undefined;
    return link;
  }

  /** @internal */
  _dropUse(link: Link): void {
    if (link.previous === undefined) this.#first = link.next;
    else link.previous.next = link.next;
    if (link.next === undefined) this.#last = link.previous;
    else link.next.previous = link.previous;
    this.#uses = undefined;
  }

  /** @internal */
  _declare(info: ValueInfo, first = false): void {
    this._declarations ??= [];
    const before = this._declarations[0];
    this._declarations.push(info);
    if (!first || before === undefined) return;
    this._declarations[this._declarations.length - 1] = before;
    this._declarations[0] = info;
  }

  /** @internal */
  _undeclare(info: ValueInfo): void {
    this._declarations = this._declarations?.filter((other) => other !== info);
  }
}
