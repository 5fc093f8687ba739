import type { NdArray } from 'ndarray';
import { type Chunk, Composer } from '../format/composer.js';
import { FieldReader, readPackedInts } from '../format/field-reader.js';
import { PayloadNotLoaded } from '../format/format-error.js';
import { MemorySource } from '../format/memory-source.js';
import { type MessageSchema, messageSchema, TensorField } from '../format/schema.js';
import { type Payload, Skeleton } from '../format/skeleton.js';
import { decodeText, encodeText } from '../format/text.js';
import { validate } from '../format/validate.js';
import { joinChunks } from '../format/write-chunks.js';
import { decodeElements, encodedLength, encodeElements } from '../tensor/codec.js';
import { type DenseData, type DenseTensor, elementCount } from '../tensor/dense.js';
import { DataType } from '../tensor/dtype.js';
import { DocumentPart, type Place } from './document-part.js';
import { ExternalData } from './external-data.js';
import { decodeTyped, readTypedParts, readTypedPartsSync, typedByteLength } from './typed-elements.js';

const SCHEMA = messageSchema('TensorProto');

/** {@link DenseData} in the terms of ndarray's types. */
type Elements =
  | Exclude<DenseData, BigInt64Array | BigUint64Array>
  | BigInt64Array<ArrayBuffer>
  | BigUint64Array<ArrayBuffer>;

/**
 * A constant: an initializer or a tensor attribute. Knows its type and shape; its elements stay in the file until
 * somebody asks for them, and are read anew each time.
 */
export class Tensor extends DocumentPart {
  /** Where the elements are: in `raw_data`, in one of the typed fields, or in a file of their own. */
  readonly location: 'raw' | 'typed' | 'external';
  readonly dims: readonly number[];
  /** `TensorProto.DataType`. */
  readonly dataType: number;
  /** @internal */
  readonly _raw: Payload | undefined;
  #name: string;
  readonly #made: DenseTensor | undefined;

  private constructor(place: Place | undefined, header: Header, made?: DenseTensor) {
    super(place);
    this.location = header.location;
    this.dims = header.dims;
    this.dataType = header.dataType;
    this._raw = header.raw;
    this.#name = header.name;
    this.#made = made;
  }

  /** @internal */
  static _read(place: Place): Tensor {
    return new Tensor(place, readHeader(place));
  }

  /**
   * Reads a `TensorProto` that is a file of its own, as test data is.
   * @param what - what to call the bytes in messages
   * @throws FormatError when they are not well-formed
   */
  static parse(bytes: Uint8Array, what = 'memory'): Tensor {
    const skeleton = new Skeleton(new MemorySource(bytes, what), bytes);
    validate(skeleton, SCHEMA);
    return Tensor._read({ skeleton, number: 0, fieldStart: 0, start: 0, end: bytes.length });
  }

  /** The bytes of the `TensorProto`, the form that {@link parse} reads. */
  encode(): Promise<Uint8Array> {
    const out = new Composer();
    this._write(out);
    return joinChunks(out.chunks());
  }

  /**
   * A new tensor. Elements go to `raw_data` (strings to `string_data`), as ONNX's own helpers write them.
   * @param name - '' for none, as tensor attributes have
   * @param tensor - not copied: do not change its data afterwards
   * @throws RangeError when the data is not what type and shape ask for
   */
  static from(name: string, tensor: DenseTensor): Tensor {
    const { dtype, shape, data } = tensor;
    const isString = dtype === DataType.STRING;
    const raw = isString ? undefined : encodeElements(tensor);
    if (isString && (!Array.isArray(data) || data.length !== elementCount(shape))) {
      throw new RangeError(`string[${shape.join(',')}] takes ${elementCount(shape)} strings`);
    }
    const header: Header = { name, dims: shape, dataType: dtype, location: isString ? 'typed' : 'raw', raw: undefined };
    const made = new Tensor(undefined, header, tensor);
    made._replace(TensorField.dims, (out) => {
      for (const dim of shape) out.int(TensorField.dims, dim);
    });
    made._replace(TensorField.dataType, (out) => out.int(TensorField.dataType, dtype));
    if (name !== '') made._rename(name);
    if (raw) made._replace(TensorField.rawData, (out) => out.bytesField(TensorField.rawData, raw));
    else {
      made._replace(TensorField.stringData, (out) => {
        for (const text of data as string[]) out.bytesField(TensorField.stringData, encodeText(text));
      });
    }
    return made;
  }

  /** @internal The same elements under another name, stored once. */
  _named(name: string): Tensor {
    if (name === this.#name) return this;
    const { dims, dataType, location, _raw: raw } = this;
    const copy = new Tensor(this._place, { name, dims, dataType, location, raw }, this.#made);
    if (this._replaced !== undefined) copy._replaced = new Map(this._replaced);
    copy._rename(name);
    return copy;
  }

  protected override get _schema(): MessageSchema {
    return SCHEMA;
  }

  /** The name; of an initializer it is its value's, and is changed there. */
  get name(): string {
    return this.#name;
  }

  /** @internal */
  _rename(name: string): void {
    this.#name = name;
    this._replace(TensorField.name, (out) => out.string(TensorField.name, name));
  }

  /** Bytes that the elements take where they are stored. */
  get byteLength(): number {
    if (this._raw) return this._raw.length;
    if (this.location === 'external') return this.external?.length ?? encodedLength(this.dataType, this.dims) ?? 0;
    if (this.#made === undefined) return typedByteLength(this._place as Place);
    const { data } = this.#made;
    if (!Array.isArray(data)) return encodedLength(this.dataType, this.dims) as number;
    return data.reduce((sum, text) => sum + encodeText(text).length, 0);
  }

  /** Where the elements are, when they are in a file of their own. */
  get external(): ExternalData | undefined {
    return this.location === 'external' ? ExternalData._read(this._place as Place) : undefined;
  }

  /** @internal The elements as bytes, from wherever they are; undefined where they are in typed fields. */
  _elements(): Chunk | undefined {
    if (this.#made !== undefined) return this.location === 'raw' ? encodeElements(this.#made) : undefined;
    const payload = this.#payload();
    return payload?.bytes ?? payload;
  }

  /**
   * The elements, in memory: a copy that may be changed.
   * @throws PayloadNotLoaded when the source can only be read asynchronously; use {@link load}
   * @throws FormatError when the stored bytes are not what type and shape ask for
   */
  dense(): DenseTensor {
    const dense = this.#fromMemory() ?? this.#typedSync();
    if (dense !== undefined) return dense;
    const payload = this.#payload();
    const bytes = payload ? payload.readSync() : new Uint8Array();
    if (this.location === 'typed' || bytes === undefined) {
      throw new PayloadNotLoaded(`the elements of ${this.#label()} are not in memory: load() them first`);
    }
    return this.#decode(bytes);
  }

  /** The elements, from any source; the same promises as {@link dense}. */
  async load(): Promise<DenseTensor> {
    const made = this.#fromMemory();
    if (made !== undefined) return made;
    if (this.location === 'typed') {
      const parts = await readTypedParts(this._place as Place, this.dataType);
      return this.#guarded(() => decodeTyped(parts, this.dataType, this.dims));
    }
    const payload = this._raw ?? (await this.external?.openPayload(encodedLength(this.dataType, this.dims) ?? 0));
    return this.#decode((await payload?.read()) ?? new Uint8Array());
  }

  /**
   * The elements as a strided view over a copy of them. Complex tensors get a last axis of two: real, imaginary part.
   */
  async view(): Promise<NdArray<Elements>> {
    const { default: ndarray } = await import('ndarray');
    const { data, shape } = await this.load();
    const complex = this.dataType === DataType.COMPLEX64 || this.dataType === DataType.COMPLEX128;
    return ndarray<Elements>(data as Elements, complex ? [...shape, 2] : [...shape]);
  }

  #fromMemory(): DenseTensor | undefined {
    if (this.#made === undefined) return undefined;
    return { ...this.#made, data: this.#made.data.slice() };
  }

  #typedSync(): DenseTensor | undefined {
    if (this.location !== 'typed') return undefined;
    const parts = readTypedPartsSync(this._place as Place, this.dataType);
    return parts && this.#guarded(() => decodeTyped(parts, this.dataType, this.dims));
  }

  #payload(): Payload | undefined {
    if (this.location === 'raw') return this._raw;
    return this.external?.payload(encodedLength(this.dataType, this.dims) ?? 0);
  }

  #decode(bytes: Uint8Array): DenseTensor {
    return this.#guarded(() => decodeElements(this.dataType, this.dims, bytes));
  }

  #guarded<T>(read: () => T): T {
    try {
      return read();
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
      const place = this._place as Place;
      throw place.skeleton.error(`${this.#label()}: ${error.message}`, place.fieldStart);
    }
  }

  #label(): string {
    return this.#name === '' ? 'a tensor' : `tensor ${JSON.stringify(this.#name)}`;
  }
}

interface Header {
  name: string;
  dims: readonly number[];
  dataType: number;
  location: Tensor['location'];
  raw: Payload | undefined;
}

function readHeader({ skeleton, start, end }: Place): Header {
  const { bytes } = skeleton;
  const dims: number[] = [];
  let name = '';
  let dataType = 0;
  let external = false;
  let raw: Payload | undefined;
  const field = new FieldReader(skeleton, start, end);
  while (field.next()) {
    switch (field.number) {
      case TensorField.dims:
        if (field.isVarint) dims.push(field.int());
        else if (field.isBytes) for (const dim of readPackedInts(field)) dims.push(dim);
        break;
      case TensorField.dataType:
        if (field.isVarint) dataType = field.int32();
        break;
      case TensorField.name:
        if (field.isBytes) name = decodeText(bytes, field.start, field.end);
        break;
      case TensorField.rawData:
        if (field.isBytes) raw = skeleton.payload(field.start, field.length);
        break;
      case TensorField.dataLocation:
        if (field.isVarint) external = field.int32() === 1;
        break;
    }
  }
  const location = external ? 'external' : raw ? 'raw' : 'typed';
  return { name, dims, dataType, location, raw: external ? undefined : raw };
}
