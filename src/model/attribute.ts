import type { Composer } from '../format/composer.js';
import { FieldReader, readPackedInts, WireType } from '../format/field-reader.js';
import type { FieldWriter, Span } from '../format/rewrite-message.js';
import { AttributeField, type MessageSchema, messageSchema } from '../format/schema.js';
import type { Skeleton } from '../format/skeleton.js';
import { decodeText } from '../format/text.js';
import { type AttributeInput, encodeAttribute } from './attribute-input.js';
import { AttributeType } from './attribute-type.js';
import { DocumentPart, type Place, placeOf } from './document-part.js';
import type { Graph } from './graph.js';
import { ModelError } from './model-error.js';
import { Tensor } from './tensor.js';
import { readType, type TypeInfo } from './type-info.js';

export type { AttributeInput } from './attribute-input.js';
export { AttributeType } from './attribute-type.js';

const SCHEMA = messageSchema('AttributeProto');

/** Which type a field of `AttributeProto` means, for files that do not say the type. */
const TYPE_OF_FIELD = new Map<number, AttributeType>([
  [AttributeField.f, AttributeType.FLOAT],
  [AttributeField.i, AttributeType.INT],
  [AttributeField.s, AttributeType.STRING],
  [AttributeField.t, AttributeType.TENSOR],
  [AttributeField.g, AttributeType.GRAPH],
  [AttributeField.floats, AttributeType.FLOATS],
  [AttributeField.ints, AttributeType.INTS],
  [AttributeField.strings, AttributeType.STRINGS],
  [AttributeField.tensors, AttributeType.TENSORS],
  [AttributeField.graphs, AttributeType.GRAPHS],
  [AttributeField.tp, AttributeType.TYPE_PROTO],
  [AttributeField.typeProtos, AttributeType.TYPE_PROTOS],
  [AttributeField.sparseTensor, AttributeType.SPARSE_TENSOR],
  [AttributeField.sparseTensors, AttributeType.SPARSE_TENSORS],
]);

/**
 * A named attribute of a node. Immutable, but for the graphs in it: to change one, set another on the node.
 *
 * The typed getters give undefined when the attribute is of another type.
 */
export class Attribute extends DocumentPart {
  readonly name: string;
  /** @internal */
  declare readonly _place: Place;
  /** Named by the file, or else found from the field that is set. */
  readonly type: AttributeType;
  /** In a function body: the attribute of the calling node that this one stands for; '' otherwise. */
  readonly refAttrName: string;
  /** @internal Subgraphs, in file order. */
  readonly _graphs: readonly Graph[];
  #tensors: readonly Tensor[] | undefined;

  private constructor(place: Place, name: string, type: AttributeType, ref: string, graphs: readonly Graph[]) {
    super(place);
    this.name = name;
    this.type = type;
    this.refAttrName = ref;
    this._graphs = graphs;
  }

  /** @internal `makeGraph` makes the graphs of the node that the attribute is of. */
  static _read(place: Place, makeGraph?: (skeleton: Skeleton, spans: readonly Span[]) => Graph): Attribute {
    const { skeleton } = place;
    let name = '';
    let declared = 0;
    let found = 0;
    let ref = '';
    const single: Span[] = [];
    const several: Span[][] = [];
    const field = new FieldReader(skeleton, place.start, place.end);
    while (field.next()) {
      const { number } = field;
      if (field.isBytes) {
        if (number === AttributeField.name) name = decodeText(skeleton.bytes, field.start, field.end);
        else if (number === AttributeField.refAttrName) ref = decodeText(skeleton.bytes, field.start, field.end);
        else if (number === AttributeField.g) single.push({ start: field.start, end: field.end });
        else if (number === AttributeField.graphs) several.push([{ start: field.start, end: field.end }]);
      } else if (number === AttributeField.type && field.isVarint) declared = field.int32();
      found ||= TYPE_OF_FIELD.get(number) ?? 0;
    }
    const type = declared || found;
    let graphs: Span[][] = [];
    if (type === AttributeType.GRAPH && single.length > 0) graphs = [single];
    else if (type === AttributeType.GRAPHS) graphs = several;
    return new Attribute(place, name, type, ref, makeGraph ? graphs.map((spans) => makeGraph(skeleton, spans)) : []);
  }

  /** @internal */
  static _make(name: string, input: AttributeInput): Attribute {
    if (input instanceof Attribute) return input.#copy(name);
    const place = encodeAttribute(name, input);
    const graphs = 'graph' in input ? [input.graph] : 'graphs' in input ? input.graphs : [];
    const { type, refAttrName } = Attribute._read(place);
    const attribute = new Attribute(place, name, type, refAttrName, graphs);
    const tensors = 'tensor' in input ? [input.tensor] : 'tensors' in input ? input.tensors : undefined;
    attribute.#tensors = tensors?.map((tensor) => (tensor instanceof Tensor ? tensor : Tensor.from('', tensor)));
    // What was encoded lacks tensors and graphs.
    if (tensors || graphs.length > 0) attribute._replaced = new Map();
    return attribute;
  }

  #copy(name: string): Attribute {
    if (this._graphs.length > 0) throw new ModelError(`attribute ${this.name} holds a graph and cannot be copied`);
    const copy = new Attribute(this._place as Place, name, this.type, this.refAttrName, []);
    copy.#tensors = this.#tensors;
    if (this._replaced !== undefined) copy._replaced = new Map(this._replaced);
    if (name !== this.name) copy._replace(AttributeField.name, (out) => out.string(AttributeField.name, name));
    return copy;
  }

  protected override get _schema(): MessageSchema {
    return SCHEMA;
  }

  /** @internal */
  get _mayHoldTensors(): boolean {
    return this.#tensors?.some((tensor) => tensor.location === 'external') ?? this.type === AttributeType.TENSOR;
  }

  override _isCopied(out: Composer): boolean {
    return super._isCopied(out) && this._graphs.every((graph) => graph._isCopied(out));
  }

  protected override _fields(out: Composer): Map<number, FieldWriter> {
    const fields = super._fields(out);
    const { type } = this;
    if (this._graphs.length > 0) {
      const number = type === AttributeType.GRAPH ? AttributeField.g : AttributeField.graphs;
      fields.set(number, (inner) => {
        for (const graph of this._graphs) inner.message(number, (content) => graph._write(content));
      });
    }
    const tensors = this.#tensors;
    if (tensors !== undefined) {
      const number = type === AttributeType.TENSOR ? AttributeField.t : AttributeField.tensors;
      fields.set(number, (inner) => {
        for (const tensor of tensors) tensor._writeField(inner, number);
      });
    }
    return fields;
  }

  /** The value, in the form of its type; undefined for attributes that refer to a function's. */
  get value():
    | number
    | bigint
    | string
    | readonly (number | bigint)[]
    | readonly string[]
    | Tensor
    | readonly Tensor[]
    | Graph
    | readonly Graph[]
    | TypeInfo
    | readonly TypeInfo[]
    | undefined {
    if (this.refAttrName !== '') return undefined;
    switch (this.type) {
      case AttributeType.FLOAT:
        return this.asFloat();
      case AttributeType.INT:
        return this.asInt();
      case AttributeType.STRING:
        return this.asString();
      case AttributeType.TENSOR:
        return this.asTensor();
      case AttributeType.GRAPH:
        return this.asGraph();
      case AttributeType.FLOATS:
        return this.asFloats();
      case AttributeType.INTS:
        return this.asInts();
      case AttributeType.STRINGS:
        return this.asStrings();
      case AttributeType.TENSORS:
        return this.asTensors();
      case AttributeType.GRAPHS:
        return this.asGraphs();
      case AttributeType.TYPE_PROTO:
        return this.asType();
      case AttributeType.TYPE_PROTOS:
        return this.asTypes();
      default:
        return undefined;
    }
  }

  /** An INT: a number where that is exact, otherwise a bigint. */
  asInt(): number | bigint | undefined {
    if (this.type !== AttributeType.INT) return undefined;
    let value: number | bigint = 0;
    for (const field of this.#fields(AttributeField.i)) if (field.isVarint) value = safeInt(field);
    return value;
  }

  asInts(): readonly (number | bigint)[] | undefined {
    if (this.type !== AttributeType.INTS) return undefined;
    const values: (number | bigint)[] = [];
    for (const field of this.#fields(AttributeField.ints)) {
      if (field.isVarint) values.push(safeInt(field));
      else if (field.isBytes) for (const value of readPackedInts(field)) values.push(value);
    }
    return values;
  }

  asFloat(): number | undefined {
    if (this.type !== AttributeType.FLOAT) return undefined;
    let value = 0;
    for (const field of this.#fields(AttributeField.f)) if (field.wireType === WireType.FIXED32) value = field.float();
    return value;
  }

  asFloats(): readonly number[] | undefined {
    if (this.type !== AttributeType.FLOATS) return undefined;
    const values: number[] = [];
    for (const field of this.#fields(AttributeField.floats)) {
      if (field.wireType === WireType.FIXED32) values.push(field.float());
      else if (field.isBytes) {
        const bytes = readBytes(field);
        const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
        for (let i = 0; i + 4 <= bytes.length; i += 4) values.push(view.getFloat32(i, true));
      }
    }
    return values;
  }

  /** A STRING. It is bytes in the file; those that are not UTF-8 come as lone surrogates, see `decodeText`. */
  asString(): string | undefined {
    return this.type === AttributeType.STRING ? (this.#texts(AttributeField.s).at(-1) ?? '') : undefined;
  }

  asStrings(): readonly string[] | undefined {
    return this.type === AttributeType.STRINGS ? this.#texts(AttributeField.strings) : undefined;
  }

  /** A STRING as the bytes that it is in the file. */
  asBytes(): Uint8Array | undefined {
    if (this.type !== AttributeType.STRING) return undefined;
    let bytes = new Uint8Array();
    for (const field of this.#fields(AttributeField.s)) if (field.isBytes) bytes = readBytes(field).slice();
    return bytes;
  }

  asTensor(): Tensor | undefined {
    return this.type === AttributeType.TENSOR ? this.#allTensors(AttributeField.t).at(-1) : undefined;
  }

  asTensors(): readonly Tensor[] | undefined {
    return this.type === AttributeType.TENSORS ? this.#allTensors(AttributeField.tensors) : undefined;
  }

  asGraph(): Graph | undefined {
    return this.type === AttributeType.GRAPH ? this._graphs[0] : undefined;
  }

  asGraphs(): readonly Graph[] | undefined {
    return this.type === AttributeType.GRAPHS ? this._graphs : undefined;
  }

  asType(): TypeInfo | undefined {
    if (this.type !== AttributeType.TYPE_PROTO) return undefined;
    return readType(this._place.skeleton, this.#spans(AttributeField.tp));
  }

  asTypes(): readonly TypeInfo[] | undefined {
    if (this.type !== AttributeType.TYPE_PROTOS) return undefined;
    return this.#spans(AttributeField.typeProtos)
      .map((span) => readType(this._place.skeleton, [span]))
      .filter((type) => type !== undefined);
  }

  *#fields(number: number): Generator<FieldReader> {
    const { skeleton, start, end } = this._place;
    const field = new FieldReader(skeleton, start, end);
    while (field.next()) if (field.number === number) yield field;
  }

  #spans(number: number): Span[] {
    const spans: Span[] = [];
    for (const field of this.#fields(number)) if (field.isBytes) spans.push({ start: field.start, end: field.end });
    return spans;
  }

  #texts(number: number): string[] {
    const texts: string[] = [];
    for (const field of this.#fields(number)) {
      if (!field.isBytes) continue;
      const bytes = readBytes(field);
      texts.push(decodeText(bytes, 0, bytes.length));
    }
    return texts;
  }

  #allTensors(number: number): readonly Tensor[] {
    if (this.#tensors === undefined) {
      const tensors: Tensor[] = [];
      for (const field of this.#fields(number)) if (field.isBytes) tensors.push(Tensor._read(placeOf(field)));
      this.#tensors = tensors;
    }
    return this.#tensors;
  }
}

function safeInt(field: FieldReader): number | bigint {
  const value = field.int();
  return Number.isSafeInteger(value) ? value : field.bigint();
}

function readBytes(field: FieldReader): Uint8Array {
  const bytes = field.skeleton.payload(field.start, field.length).readSync();
  if (bytes === undefined)
    throw field.skeleton.error('attribute is too large for a source like this', field.fieldStart);
  return bytes;
}
