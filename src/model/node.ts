import type { Composer } from '../format/composer.js';
import type { FieldWriter, Span } from '../format/rewrite-message.js';
import { type MessageSchema, messageSchema, NodeField } from '../format/schema.js';
import type { Skeleton } from '../format/skeleton.js';
import { Attribute } from './attribute.js';
import { AttributeMap, type AttributeOwner } from './attribute-map.js';
import { DocumentPart, type Place } from './document-part.js';
import { Graph } from './graph.js';
import { Metadata } from './metadata.js';
import { ModelError } from './model-error.js';
import { type NodeEnds, type NodeTexts, placesOf, readHead, readNodeTexts } from './node-reader.js';
import { normalizeDomain } from './opset-imports.js';
import type { Link, Value } from './value.js';

const SCHEMA = messageSchema('NodeProto');
const NO_GRAPHS: readonly Graph[] = [];
const NOTHING: undefined[] = [];

/** One operator call of a graph. */
export class Node extends DocumentPart implements AttributeOwner {
  /** The graph that it is a node of. */
  readonly graph: Graph;
  /** @internal Neighbours in the graph's order. */
  _previous: Node | undefined;
  /** @internal */
  _next: Node | undefined;
  /** @internal */
  _removed = false;
  /** @internal Position among the graph's nodes when they were last numbered. */
  _order = 0;
  #inputs: readonly (Value | undefined)[] | undefined;
  // True once the graph is linked.
  #links: (Link | undefined)[] = NOTHING;
  #outputs: (Value | undefined)[] = NOTHING;
  // Read together, when the graph is linked or somebody asks.
  #opType: string | undefined;
  #domain: string | undefined;
  #texts: NodeTexts | undefined;
  #attributes: AttributeMap | undefined;
  #attributesEdited = false;
  #subgraphs: readonly Graph[] | undefined;
  #metadata: Metadata | undefined;

  /** @internal */
  constructor(graph: Graph, place: Place | undefined) {
    super(place);
    this.graph = graph;
    if (place !== undefined) return;
    this.#opType = '';
    this.#domain = '';
    this.#texts = { name: '', overload: '', docString: '' };
    this.#subgraphs = NO_GRAPHS;
  }

  /** @internal Reads operator, domain and subgraphs, unless they were set or read before, and what the node is linked to. */
  _read(ends?: NodeEnds): void {
    const { opType, domain, hasGraphs } = readHead(this._place as Place, this.graph.model._names, ends);
    this.#opType ??= opType;
    this.#domain ??= domain;
    if (this.#subgraphs !== undefined) return;
    this.#subgraphs = NO_GRAPHS;
    if (hasGraphs) this.#loadAttributes();
  }

  protected override get _schema(): MessageSchema {
    return SCHEMA;
  }

  /** The operator's name. */
  get opType(): string {
    if (this.#opType === undefined) this._read();
    return this.#opType as string;
  }

  set opType(opType: string) {
    if (opType === this.opType) return;
    this.#opType = opType;
    this.#replaceText(NodeField.opType, opType);
  }

  /** The operator's domain; '' is ai.onnx, however the file spells it. */
  get domain(): string {
    if (this.#domain === undefined) this._read();
    return this.#domain as string;
  }

  set domain(domain: string) {
    if (normalizeDomain(domain) === this.domain) return;
    this.#domain = normalizeDomain(domain);
    this.#replaceText(NodeField.domain, domain);
  }

  get name(): string {
    return this.#readTexts().name;
  }

  set name(name: string) {
    const texts = this.#readTexts();
    if (name === texts.name) return;
    texts.name = name;
    this.graph.model._names.internText(name);
    this.#replaceText(NodeField.name, name);
  }

  /** Which overload of a local function is called. */
  get overload(): string {
    return this.#readTexts().overload;
  }

  set overload(overload: string) {
    const texts = this.#readTexts();
    if (overload === texts.overload) return;
    texts.overload = overload;
    this.#replaceText(NodeField.overload, overload);
  }

  get docString(): string {
    return this.#readTexts().docString;
  }

  set docString(docString: string) {
    const texts = this.#readTexts();
    if (docString === texts.docString) return;
    texts.docString = docString;
    this.#replaceText(NodeField.docString, docString);
  }

  /** Metadata properties. */
  get metadata(): Metadata {
    this.#metadata ??= new Metadata(placesOf(this._place, NodeField.metadataProps), () => {
      this._replace(NodeField.metadataProps, (out) => this.#metadata?._write(out, NodeField.metadataProps));
      this._touch();
    });
    return this.#metadata;
  }

  get attributes(): AttributeMap {
    return this.#attributes ?? this.#loadAttributes();
  }

  /** The graphs in its attributes: branches, loop bodies. */
  get subgraphs(): readonly Graph[] {
    if (this.#subgraphs === undefined) this._read();
    return this.#subgraphs as readonly Graph[];
  }

  /** What it reads; undefined where an optional input is left out. */
  get inputs(): readonly (Value | undefined)[] {
    if (this.#inputs === undefined) {
      this.graph._load();
      this.#inputs = this.#links.map((link) => link?.value);
    }
    return this.#inputs;
  }

  /** What it makes; undefined where an optional output is left out. */
  get outputs(): readonly (Value | undefined)[] {
    this.graph._load();
    return this.#outputs;
  }

  /**
   * Lets input `index` read a value, or nothing. Inputs up to there that do not exist are added, left out.
   * @throws ModelError when this graph cannot see the value
   */
  setInput(index: number, value: Value | undefined): void {
    if (!Number.isInteger(index) || index < 0) throw new ModelError(`${this} has no input ${index}`);
    this.graph._load();
    if (value !== undefined) this.graph._checkVisible(value);
    if (index < this.#links.length && this.#links[index]?.value === value) return;
    while (this.#links.length <= index) this.#links.push(undefined);
    const link = this.#links[index];
    link?.value._dropUse(link);
    this.#links[index] = value?._addUse(this, index);
    this.#inputs = undefined;
    this._touch();
  }

  /** Adds an input before input `index`; later ones move up. */
  insertInput(index: number, value: Value | undefined): void {
    this.graph._load();
    if (value !== undefined) this.graph._checkVisible(value);
    if (!Number.isInteger(index) || index < 0 || index > this.#links.length) {
      throw new ModelError(`${this} has no input ${index}`);
    }
    this.#links.splice(index, 0, value?._addUse(this, index));
    this.#linksMoved();
  }

  /** Adds an input after the others. */
  appendInput(value: Value | undefined): void {
    this.insertInput(this.inputs.length, value);
  }

  /** Removes input `index`; later ones move down. */
  removeInput(index: number): void {
    this.graph._load();
    if (!(index in this.#links)) throw new ModelError(`${this} has no input ${index}`);
    const [link] = this.#links.splice(index, 1);
    link?.value._dropUse(link);
    this.#linksMoved();
  }

  #linksMoved(): void {
    this.#inputs = undefined;
    this.#links.forEach((link, i) => {
      if (link !== undefined) link.index = i;
    });
    this._touch();
  }

  /** Adds an output after the others; '' or nothing makes up a name. */
  appendOutput(name = ''): Value {
    this.graph._load();
    if (this.#outputs === NOTHING) this.#outputs = [];
    const value = this.graph._makeOutput(
      this,
      this.#outputs.length,
      name || this.graph.freshName(`${this.name || this.opType}_output`),
    );
    this.#outputs.push(value);
    this._touch();
    return value;
  }

  /**
   * Removes the last output.
   * @throws ModelError while it is used
   */
  removeLastOutput(): void {
    const value = this.outputs.at(-1);
    if (value !== undefined) this.graph._forget(value);
    if (this.#outputs.length > 0) this.#outputs.pop();
    this._touch();
  }

  override toString(): string {
    const { name, opType } = this;
    return name === '' ? `${opType} node` : `${opType} node ${name}`;
  }

  /** @internal The node is no longer what the file says, and so are the graphs around it. */
  _touch(): void {
    this._replaced ??= new Map();
    this.graph._touch();
  }

  /** @internal */
  _attributesChanged(removed: Attribute | undefined, added: Attribute | undefined): void {
    for (const graph of added?._graphs ?? []) graph._attach(this);
    for (const graph of removed?._graphs ?? []) graph._release();
    const gone = new Set(removed?._graphs);
    this.#subgraphs = [...this.subgraphs.filter((graph) => !gone.has(graph)), ...(added?._graphs ?? [])];
    this.#attributesEdited = true;
    // A tensor may come with data of another model.
    if (added?._mayHoldTensors) this.graph.model._hasExternalData = true;
    this._touch();
  }

  /** @internal */
  _setLinks(links: (Link | undefined)[]): void {
    this.#links = links;
  }

  /** @internal */
  _setOutputs(outputs: (Value | undefined)[]): void {
    this.#outputs = outputs;
  }

  /** @internal */
  _disconnect(): void {
    for (const link of this.#links) link?.value._dropUse(link);
    this.#links = [];
    this.#inputs = undefined;
    this._removed = true;
  }

  #replaceText(number: number, text: string): void {
    this._replace(number, (out) => out.string(number, text));
    this._touch();
  }

  #loadAttributes(): AttributeMap {
    const makeGraph = (skeleton: Skeleton, spans: readonly Span[]) => Graph._subgraph(this, skeleton, spans);
    const list = placesOf(this._place, NodeField.attribute).map((place) => Attribute._read(place, makeGraph));
    this.#subgraphs = list.flatMap((attribute) => attribute._graphs);
    this.#attributes = new AttributeMap(this, list);
    return this.#attributes;
  }

  #readTexts(): NodeTexts {
    this.#texts ??= readNodeTexts(this._place as Place);
    return this.#texts;
  }

  protected override _fields(out: Composer): Map<number, FieldWriter> {
    const fields = super._fields(out);
    // Before that, nobody can have changed them.
    if (this._replaced !== undefined && this.graph._isLoaded) {
      fields.set(NodeField.input, (inner) => writeNames(inner, NodeField.input, this.inputs));
      fields.set(NodeField.output, (inner) => writeNames(inner, NodeField.output, this.#outputs));
    }
    const attributes = this.#attributes;
    if (attributes !== undefined && (this.#attributesEdited || !attributes._isCopied(out))) {
      fields.set(NodeField.attribute, (inner) => attributes._write(inner));
    }
    return fields;
  }
}

function writeNames(out: Composer, number: number, values: readonly (Value | undefined)[]): void {
  for (const value of values) out.string(number, value?.name ?? '');
}
