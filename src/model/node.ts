import type { Composer } from '../format/composer.js';
import { FieldReader } from '../format/field-reader.js';
import type { FieldWriter, Span } from '../format/rewrite-message.js';
import { AttributeField, type MessageSchema, messageSchema, NodeField } from '../format/schema.js';
import type { Skeleton } from '../format/skeleton.js';
import { decodeText } from '../format/text.js';
import { Attribute } from './attribute.js';
import { AttributeMap, type AttributeOwner } from './attribute-map.js';
import { DocumentPart, type Place, placeOf } from './document-part.js';
import { Graph } from './graph.js';
import { Metadata } from './metadata.js';
import { ModelError } from './model-error.js';
import { normalizeDomain } from './opset-imports.js';
import type { Link, Value } from './value.js';

const SCHEMA = messageSchema('NodeProto');
const NO_GRAPHS: readonly Graph[] = [];
const NOTHING: undefined[] = [];

/** @internal Numbers of the names that nodes read and make, node after node, and where each node's end. */
export class NodeEnds {
  readonly inputs: number[] = [];
  readonly inputCounts: number[] = [];
  readonly outputs: number[] = [];
  readonly outputCounts: number[] = [];
}

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
  #links: (Link | undefined)[] = NOTHING;
  #outputs: (Value | undefined)[] = NOTHING;
  #opType = '';
  #domain = '';
  #texts: { name: string; overload: string; docString: string } | undefined;
  #attributes: AttributeMap | undefined;
  #attributesEdited = false;
  #subgraphs: readonly Graph[] = NO_GRAPHS;
  #metadata: Metadata | undefined;

  /** @internal */
  constructor(graph: Graph, place: Place | undefined, ends?: NodeEnds) {
    super(place);
    this.graph = graph;
    if (place === undefined) this.#texts = { name: '', overload: '', docString: '' };
    else this.#read(place, ends as NodeEnds);
  }

  #read({ skeleton, start, end }: Place, ends: NodeEnds): void {
    const names = this.graph.model._names;
    let hasGraphs = false;
    const field = new FieldReader(skeleton, start, end);
    while (field.next()) {
      if (!field.isBytes) continue;
      switch (field.number) {
        case NodeField.input:
          ends.inputs.push(names.intern(field.start, field.end));
          break;
        case NodeField.output:
          ends.outputs.push(names.intern(field.start, field.end));
          break;
        case NodeField.opType:
          this.#opType = names.text(names.intern(field.start, field.end));
          break;
        case NodeField.domain:
          this.#domain = normalizeDomain(names.text(names.intern(field.start, field.end)));
          break;
        case NodeField.attribute:
          hasGraphs ||= holdsGraphs(skeleton, field.start, field.end);
          break;
      }
    }
    ends.inputCounts.push(ends.inputs.length);
    ends.outputCounts.push(ends.outputs.length);
    if (hasGraphs) this.#loadAttributes();
  }

  protected override get _schema(): MessageSchema {
    return SCHEMA;
  }

  /** The operator's name. */
  get opType(): string {
    return this.#opType;
  }

  set opType(opType: string) {
    if (opType === this.#opType) return;
    this.#opType = opType;
    this.#replaceText(NodeField.opType, opType);
  }

  /** The operator's domain; '' is ai.onnx, however the file spells it. */
  get domain(): string {
    return this.#domain;
  }

  set domain(domain: string) {
    if (normalizeDomain(domain) === this.#domain) return;
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
    this.#metadata ??= new Metadata(this.#places(NodeField.metadataProps), () => {
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
    return this.#subgraphs;
  }

  /** What it reads; undefined where an optional input is left out. */
  get inputs(): readonly (Value | undefined)[] {
    this.#inputs ??= this.#links.map((link) => link?.value);
    return this.#inputs;
  }

  /** What it makes; undefined where an optional output is left out. */
  get outputs(): readonly (Value | undefined)[] {
    return this.#outputs;
  }

  /**
   * Lets input `index` read a value, or nothing. Inputs up to there that do not exist are added, left out.
   * @throws ModelError when this graph cannot see the value
   */
  setInput(index: number, value: Value | undefined): void {
    if (!Number.isInteger(index) || index < 0) throw new ModelError(`${this} has no input ${index}`);
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
    if (value !== undefined) this.graph._checkVisible(value);
    if (!Number.isInteger(index) || index < 0 || index > this.#links.length) {
      throw new ModelError(`${this} has no input ${index}`);
    }
    this.#links.splice(index, 0, value?._addUse(this, index));
    this.#linksMoved();
  }

  /** Adds an input after the others. */
  appendInput(value: Value | undefined): void {
    this.insertInput(this.#links.length, value);
  }

  /** Removes input `index`; later ones move down. */
  removeInput(index: number): void {
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
    if (this.#outputs === NOTHING) this.#outputs = [];
    const value = this.graph._makeOutput(
      this,
      this.#outputs.length,
      name || this.graph.freshName(`${this.name || this.#opType}_output`),
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
    const value = this.#outputs.at(-1);
    if (value !== undefined) this.graph._forget(value);
    if (this.#outputs.length > 0) this.#outputs.pop();
    this._touch();
  }

  override toString(): string {
    const { name } = this;
    return name === '' ? `${this.#opType} node` : `${this.#opType} node ${name}`;
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
    this.#subgraphs = [...this.#subgraphs.filter((graph) => !gone.has(graph)), ...(added?._graphs ?? [])];
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
    const list = this.#places(NodeField.attribute).map((place) => Attribute._read(place, makeGraph));
    this.#subgraphs = list.flatMap((attribute) => attribute._graphs);
    this.#attributes = new AttributeMap(this, list);
    return this.#attributes;
  }

  #places(number: number): Place[] {
    const places: Place[] = [];
    if (this._place === undefined) return places;
    const field = new FieldReader(this._place.skeleton, this._place.start, this._place.end);
    while (field.next()) if (field.number === number && field.isBytes) places.push(placeOf(field));
    return places;
  }

  #readTexts(): { name: string; overload: string; docString: string } {
    if (this.#texts !== undefined) return this.#texts;
    const texts = { name: '', overload: '', docString: '' };
    const { skeleton, start, end } = this._place as Place;
    const field = new FieldReader(skeleton, start, end);
    while (field.next()) {
      if (!field.isBytes) continue;
      if (field.number === NodeField.name) texts.name = decodeText(skeleton.bytes, field.start, field.end);
      else if (field.number === NodeField.overload) texts.overload = decodeText(skeleton.bytes, field.start, field.end);
      else if (field.number === NodeField.docString)
        texts.docString = decodeText(skeleton.bytes, field.start, field.end);
    }
    this.#texts = texts;
    return texts;
  }

  protected override _fields(out: Composer): Map<number, FieldWriter> {
    const fields = super._fields(out);
    if (this._replaced !== undefined) {
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

function holdsGraphs(skeleton: Skeleton, start: number, end: number): boolean {
  const field = new FieldReader(skeleton, start, end);
  while (field.next()) {
    if (field.isBytes && (field.number === AttributeField.g || field.number === AttributeField.graphs)) return true;
  }
  return false;
}
