import type { Composer } from '../format/composer.js';
import { FieldReader } from '../format/field-reader.js';
import { FunctionField } from '../format/schema.js';
import { decodeText } from '../format/text.js';
import { Attribute } from './attribute.js';
import { type Place, placeOf } from './document-part.js';
import { Graph } from './graph.js';
import { FUNCTION_LAYOUT } from './graph-layout.js';
import type { Metadata } from './metadata.js';
import type { Model } from './model.js';
import type { Node } from './node.js';
import { normalizeDomain, OpsetImports } from './opset-imports.js';
import type { Value } from './value.js';

/** A function of the model: an operator that is defined by nodes. */
export class LocalFunction {
  readonly domain: string;
  readonly overload: string;
  /** Names of the attributes that a caller must give. */
  readonly attributes: readonly string[];
  /** Attributes that a caller may leave out, with their values. */
  readonly defaultAttributes: readonly Attribute[];
  readonly opsetImports: OpsetImports;
  /** Inputs, nodes and outputs as a graph. */
  readonly body: Graph;
  readonly #place: Place;

  /** @internal */
  constructor(model: Model, place: Place) {
    const { skeleton, start, end } = place;
    const attributes: string[] = [];
    const defaults: Attribute[] = [];
    const imports: Place[] = [];
    let domain = '';
    let overload = '';
    const field = new FieldReader(skeleton, start, end);
    while (field.next()) {
      if (!field.isBytes) continue;
      const text = () => decodeText(skeleton.bytes, field.start, field.end);
      if (field.number === FunctionField.domain) domain = text();
      else if (field.number === FunctionField.overload) overload = text();
      else if (field.number === FunctionField.attribute) attributes.push(text());
      else if (field.number === FunctionField.attributeProto) defaults.push(Attribute._read(placeOf(field)));
      else if (field.number === FunctionField.opsetImport) imports.push(placeOf(field));
    }
    this.#place = place;
    this.domain = normalizeDomain(domain);
    this.overload = overload;
    this.attributes = attributes;
    this.defaultAttributes = defaults;
    this.opsetImports = new OpsetImports(imports, () => this.body._touch());
    this.body = new Graph(model, { layout: FUNCTION_LAYOUT, skeleton, spans: [place], fn: this });
  }

  get name(): string {
    return this.body.name;
  }

  get docString(): string {
    return this.body.docString;
  }

  get metadata(): Metadata {
    return this.body.metadata;
  }

  get inputs(): readonly Value[] {
    return this.body.inputs;
  }

  get outputs(): readonly Value[] {
    return this.body.outputs;
  }

  get nodes(): readonly Node[] {
    return this.body.nodes;
  }

  /** @internal */
  _writeField(out: Composer, number: number): void {
    const { skeleton, fieldStart, end } = this.#place;
    if (!this.body._isCopied(out)) out.message(number, (inner) => this.body._write(inner));
    else out.range(skeleton, fieldStart, end);
  }
}
