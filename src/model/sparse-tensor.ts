import type { Composer } from '../format/composer.js';
import { FieldReader, readPackedInts } from '../format/field-reader.js';
import type { FieldWriter } from '../format/rewrite-message.js';
import { type MessageSchema, messageSchema, SparseTensorField } from '../format/schema.js';
import { DocumentPart, type Place, placeOf } from './document-part.js';
import { Tensor } from './tensor.js';

const SCHEMA = messageSchema('SparseTensorProto');

/** A sparse constant: values, their indices (linear, or one row of coordinates each), and the dense shape. */
export class SparseTensor extends DocumentPart {
  readonly values: Tensor | undefined;
  readonly indices: Tensor | undefined;
  readonly dims: readonly number[];

  private constructor(place: Place) {
    super(place);
    const dims: number[] = [];
    const field = new FieldReader(place.skeleton, place.start, place.end);
    while (field.next()) {
      if (field.number === SparseTensorField.dims && field.isVarint) dims.push(field.int());
      else if (!field.isBytes) continue;
      else if (field.number === SparseTensorField.dims) for (const dim of readPackedInts(field)) dims.push(dim);
      else if (field.number === SparseTensorField.values) this.values = Tensor._read(placeOf(field));
      else if (field.number === SparseTensorField.indices) this.indices = Tensor._read(placeOf(field));
    }
    this.dims = dims;
  }

  /** @internal */
  static _read(place: Place): SparseTensor {
    return new SparseTensor(place);
  }

  protected override get _schema(): MessageSchema {
    return SCHEMA;
  }

  /** The name, which is that of the values. */
  get name(): string {
    return this.values?.name ?? '';
  }

  /** @internal */
  _rename(name: string): void {
    this.values?._rename(name);
    this._replaced ??= new Map();
  }

  protected override _fields(out: Composer): Map<number, FieldWriter> {
    const fields = super._fields(out);
    const { values, indices } = this;
    if (values) fields.set(SparseTensorField.values, (inner) => values._writeField(inner, SparseTensorField.values));
    if (indices)
      fields.set(SparseTensorField.indices, (inner) => indices._writeField(inner, SparseTensorField.indices));
    return fields;
  }
}
