import { FieldReader } from '../format/field-reader.js';
import { AnnotationField, EntryField, type MessageSchema, messageSchema } from '../format/schema.js';
import { decodeText } from '../format/text.js';
import { DocumentPart, type Place, placeOf } from './document-part.js';
import { readEntry } from './metadata.js';

const SCHEMA = messageSchema('TensorAnnotation');

/** Names the tensors that hold scale and zero point of a quantised value. */
export class QuantizationAnnotation extends DocumentPart {
  #tensorName: string;
  readonly #parameters: { readonly key: string; value: string }[];

  private constructor(place: Place, tensorName: string, parameters: { key: string; value: string }[]) {
    super(place);
    this.#tensorName = tensorName;
    this.#parameters = parameters;
  }

  /** @internal */
  static _read(place: Place): QuantizationAnnotation {
    let name = '';
    const parameters: { key: string; value: string }[] = [];
    const field = new FieldReader(place.skeleton, place.start, place.end);
    while (field.next()) {
      if (!field.isBytes) continue;
      if (field.number === AnnotationField.tensorName) name = decodeText(place.skeleton.bytes, field.start, field.end);
      else if (field.number === AnnotationField.quantParameterTensorNames) parameters.push(readEntry(placeOf(field)));
    }
    return new QuantizationAnnotation(place, name, parameters);
  }

  protected override get _schema(): MessageSchema {
    return SCHEMA;
  }

  /** The value that is quantised. */
  get tensorName(): string {
    return this.#tensorName;
  }

  /** Role (`SCALE_TENSOR`, `ZERO_POINT_TENSOR`) and name of each parameter tensor. */
  get parameters(): readonly { readonly key: string; readonly value: string }[] {
    return this.#parameters;
  }

  /** @internal Follows the renaming of a value. */
  _renamed(from: string, to: string): void {
    if (this.#tensorName === from) {
      this.#tensorName = to;
      this._replace(AnnotationField.tensorName, (out) => out.string(AnnotationField.tensorName, to));
    }
    const named = this.#parameters.filter((parameter) => parameter.value === from);
    if (named.length === 0) return;
    for (const parameter of named) parameter.value = to;
    this._replace(AnnotationField.quantParameterTensorNames, (out) => {
      for (const { key, value } of this.#parameters) {
        out.message(AnnotationField.quantParameterTensorNames, (inner) => {
          inner.string(EntryField.key, key);
          inner.string(EntryField.value, value);
        });
      }
    });
  }
}
