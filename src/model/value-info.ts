import { FieldReader } from '../format/field-reader.js';
import type { Span } from '../format/rewrite-message.js';
import { type MessageSchema, messageSchema, ValueInfoField } from '../format/schema.js';
import { DocumentPart, type Place } from './document-part.js';
import type { Graph } from './graph.js';
import { readType, type TypeInfo, writeType } from './type-info.js';

const SCHEMA = messageSchema('ValueInfoProto');

/** One entry of a graph's inputs, outputs or value_info: a name and its declared type. */
export class ValueInfo extends DocumentPart {
  /** @internal The graph whose declaration it is. */
  readonly _owner: Graph;
  /** @internal Number of the name, see `Model._names`. */
  _nameId: number;
  #type: TypeInfo | undefined;
  #typeRead: boolean;

  private constructor(owner: Graph, place: Place | undefined, nameId: number, type?: TypeInfo) {
    super(place);
    this._owner = owner;
    this._nameId = nameId;
    this.#type = type;
    this.#typeRead = place === undefined;
  }

  /** @internal */
  static _read(owner: Graph, place: Place): ValueInfo {
    let start = 0;
    let end = 0;
    const field = new FieldReader(place.skeleton, place.start, place.end);
    while (field.next()) {
      if (field.number === ValueInfoField.name && field.isBytes) {
        start = field.start;
        end = field.end;
      }
    }
    return new ValueInfo(owner, place, owner.model._names.intern(start, end));
  }

  /** @internal */
  static _make(owner: Graph, name: string, type: TypeInfo | undefined): ValueInfo {
    const info = new ValueInfo(owner, undefined, owner.model._names.internText(name), type);
    info.name = name;
    if (type !== undefined) info.type = type;
    return info;
  }

  protected override get _schema(): MessageSchema {
    return SCHEMA;
  }

  get name(): string {
    return this._owner.model._names.text(this._nameId);
  }

  set name(name: string) {
    this._nameId = this._owner.model._names.internText(name);
    this._replace(ValueInfoField.name, (out) => out.string(ValueInfoField.name, name));
  }

  /** The declared type; undefined when the entry has none. */
  get type(): TypeInfo | undefined {
    if (!this.#typeRead) {
      this.#typeRead = true;
      const place = this._place as Place;
      const spans: Span[] = [];
      const field = new FieldReader(place.skeleton, place.start, place.end);
      while (field.next()) {
        if (field.number === ValueInfoField.type && field.isBytes) spans.push({ start: field.start, end: field.end });
      }
      this.#type = readType(place.skeleton, spans);
    }
    return this.#type;
  }

  set type(type: TypeInfo | undefined) {
    this.#type = type;
    this.#typeRead = true;
    this._replace(ValueInfoField.type, (out) => {
      if (type !== undefined) out.message(ValueInfoField.type, (inner) => writeType(inner, type));
    });
  }
}
