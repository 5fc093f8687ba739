import { FieldReader, WireType } from '../format/field-reader.js';
import { TensorField } from '../format/schema.js';
import type { Payload } from '../format/skeleton.js';
import { decodeText } from '../format/text.js';
import { decodeElements } from '../tensor/codec.js';
import { type DenseTensor, elementCount } from '../tensor/dense.js';
import { bitsPerElement, DataType, dataTypeName } from '../tensor/dtype.js';
import type { Place } from './document-part.js';

/** The field of `TensorProto` that holds elements of a type when `raw_data` does not. */
function fieldOf(dtype: number): number {
  switch (dtype) {
    case DataType.FLOAT:
    case DataType.COMPLEX64:
      return TensorField.floatData;
    case DataType.DOUBLE:
    case DataType.COMPLEX128:
      return TensorField.doubleData;
    case DataType.INT64:
      return TensorField.int64Data;
    case DataType.UINT32:
    case DataType.UINT64:
      return TensorField.uint64Data;
    case DataType.STRING:
      return TensorField.stringData;
    default:
      return TensorField.int32Data;
  }
}

const TYPED: ReadonlySet<number> = new Set([
  TensorField.floatData,
  TensorField.int32Data,
  TensorField.stringData,
  TensorField.int64Data,
  TensorField.doubleData,
  TensorField.uint64Data,
]);

/** Bytes that the values of the typed fields take in the file. */
export function typedByteLength(place: Place): number {
  let length = 0;
  const field = new FieldReader(place.skeleton, place.start, place.end);
  while (field.next()) {
    if (TYPED.has(field.number)) length += field.isBytes ? field.length : field.end - field.start;
  }
  return length;
}

/** The bytes of the typed field for this element type; undefined when that needs an asynchronous source. */
export function readTypedPartsSync(place: Place, dtype: number): Uint8Array[] | undefined {
  const parts: Uint8Array[] = [];
  for (const payload of payloads(place, fieldOf(dtype))) {
    const bytes = payload.readSync();
    if (bytes === undefined) return undefined;
    parts.push(bytes);
  }
  return parts;
}

/** The same from any source. */
export async function readTypedParts(place: Place, dtype: number): Promise<Uint8Array[]> {
  const parts: Uint8Array[] = [];
  for (const payload of payloads(place, fieldOf(dtype))) parts.push(await payload.read());
  return parts;
}

/** The values of a field: packed runs as they are, single elements one by one (the same bytes, so that they join). */
function* payloads(place: Place, number: number): Generator<Payload> {
  const { skeleton } = place;
  const single = SINGLE.get(number);
  // Elements that stand alone mostly follow each other by the thousand; the reader is cheap, the payloads are not.
  const field = new FieldReader(skeleton, place.start, place.end);
  while (field.next()) {
    if (field.number !== number) continue;
    if (field.isBytes) yield skeleton.payload(field.start, field.length);
    else if (field.wireType === single) yield skeleton.payload(field.start, field.end - field.start);
  }
}

const SINGLE = new Map<number, number>([
  [TensorField.floatData, WireType.FIXED32],
  [TensorField.doubleData, WireType.FIXED64],
  [TensorField.int32Data, WireType.VARINT],
  [TensorField.int64Data, WireType.VARINT],
  [TensorField.uint64Data, WireType.VARINT],
]);

function join(parts: readonly Uint8Array[]): Uint8Array {
  if (parts.length === 1) return parts[0] as Uint8Array;
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

/**
 * Decodes what {@link readTypedParts} read.
 * @throws RangeError when there are more or fewer elements than the shape says
 */
export function decodeTyped(parts: readonly Uint8Array[], dtype: number, dims: readonly number[]): DenseTensor {
  const field = fieldOf(dtype);
  if (field === TensorField.stringData) {
    checkCount(parts.length, elementCount(dims), dtype, dims);
    return { dtype, shape: dims, data: parts.map((part) => decodeText(part, 0, part.length)) };
  }
  const bytes = join(parts);
  if (field === TensorField.floatData || field === TensorField.doubleData) return decodeElements(dtype, dims, bytes);
  const bits = bitsPerElement(dtype);
  if (bits === undefined) throw new RangeError(`${dataTypeName(dtype)} elements have no form that is known`);
  const perEntry = bits < 8 ? 8 / bits : 1;
  const expected = Math.ceil(elementCount(dims) / perEntry);
  checkCount(countVarints(bytes), expected, dtype, dims);
  const words = new Uint32Array(2 * expected);
  decodeVarints(bytes, words);
  if (bits === 64) return decodeElements(dtype, dims, new Uint8Array(words.buffer));
  const narrow =
    bits === 32 ? new Uint32Array(expected) : bits === 16 ? new Uint16Array(expected) : new Uint8Array(expected);
  for (let i = 0; i < expected; i++) narrow[i] = words[2 * i] as number;
  return decodeElements(dtype, dims, new Uint8Array(narrow.buffer));
}

function checkCount(found: number, expected: number, dtype: number, dims: readonly number[]): void {
  if (found !== expected) {
    throw new RangeError(`${found} elements for ${dataTypeName(dtype)}[${dims.join(',')}], which takes ${expected}`);
  }
}

function countVarints(bytes: Uint8Array): number {
  let count = 0;
  for (const b of bytes) if (b < 0x80) count++;
  return count;
}

/** Decodes varints into pairs of 32-bit words, the low one first. */
function decodeVarints(bytes: Uint8Array, words: Uint32Array): void {
  let at = 0;
  for (let i = 0; i < words.length; i += 2) {
    let low = 0;
    let high = 0;
    for (let k = 0; at < bytes.length; k++) {
      const b = bytes[at++] as number;
      const bits = b & 0x7f;
      if (k < 4) low |= bits << (7 * k);
      else if (k === 4) {
        low |= bits << 28;
        high = bits >> 4;
      } else if (k < 10) high |= bits << (7 * k - 32);
      else throw new RangeError('a packed varint is longer than ten bytes');
      if (b < 0x80) break;
    }
    words[i] = low;
    words[i + 1] = high;
  }
}
