import type { ByteSource } from '../format/byte-source.js';
import { FieldReader } from '../format/field-reader.js';
import { FormatError, PayloadNotLoaded } from '../format/format-error.js';
import { TensorField } from '../format/schema.js';
import { Payload } from '../format/skeleton.js';
import { type Place, placeOf } from './document-part.js';
import { readEntry } from './metadata.js';

/** Where the elements of a tensor are in another file: the `external_data` entries of a `TensorProto`. */
export class ExternalData {
  /** Path of the file, relative to the model's folder, with `/` between its parts. */
  readonly location: string;
  readonly offset: number;
  /** Number of bytes; undefined when the file says nothing, which means as many as the tensor takes. */
  readonly length: number | undefined;
  /** SHA-1 of the file as hex digits, where given. */
  readonly checksum: string | undefined;
  readonly #place: Place;

  private constructor(place: Place, entries: ReadonlyMap<string, string>, offset: number, length: number | undefined) {
    this.location = entries.get('location') ?? '';
    this.offset = offset;
    this.length = length;
    this.checksum = entries.get('checksum');
    this.#place = place;
  }

  /** @internal */
  static _read(place: Place): ExternalData {
    const entries = new Map<string, string>();
    const field = new FieldReader(place.skeleton, place.start, place.end);
    while (field.next()) {
      if (field.number !== TensorField.externalData || !field.isBytes) continue;
      const { key, value } = readEntry(placeOf(field));
      entries.set(key, value);
    }
    const number = (key: string) => {
      const text = entries.get(key);
      if (text === undefined || text === '') return undefined;
      const value = /^\d{1,16}$/.test(text) ? Number(text) : Number.NaN;
      if (!Number.isSafeInteger(value)) {
        throw place.skeleton.error(
          `external data ${key} ${JSON.stringify(text)} is not a byte count`,
          place.fieldStart,
        );
      }
      return value;
    };
    return new ExternalData(place, entries, number('offset') ?? 0, number('length'));
  }

  /**
   * The bytes in the other file.
   * @param byteLength - number of bytes that the tensor takes, used where the entries do not say
   * @throws FormatError when the file is missing, too short, or not in the model's folder
   */
  payload(byteLength: number): Payload {
    const { source } = this.#place.skeleton;
    if (source.sibling === undefined) throw this.#unreachable();
    return this.#within(source.sibling(this.location), byteLength);
  }

  /** The same, also from sources that open files asynchronously. */
  async openPayload(byteLength: number): Promise<Payload> {
    const { source } = this.#place.skeleton;
    if (source.openSibling === undefined) return this.payload(byteLength);
    return this.#within(await source.openSibling(this.location), byteLength);
  }

  #within(file: ByteSource, byteLength: number): Payload {
    const length = this.length ?? byteLength;
    if (this.offset + length <= file.size) return new Payload(file, this.offset, length);
    throw new FormatError(
      file.name,
      `is too short: ${length} bytes at offset ${this.offset} are needed, the file has ${file.size}`,
    );
  }

  #unreachable(): Error {
    const { source } = this.#place.skeleton;
    if (source.openSibling) return new PayloadNotLoaded(`external data ${this.location} is elsewhere: load() it`);
    const what = `external data ${JSON.stringify(this.location)} needs a model that was read from a folder`;
    return new FormatError(source.name, what);
  }
}
