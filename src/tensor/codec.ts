/**
 * Elements of a tensor as bytes, the way `raw_data` and external data hold them: little-endian, 4-bit and 2-bit elements
 * packed from the low bits up. The typed arrays used are those of the host, which is little-endian wherever JavaScript
 * engines run.
 */
import { type DenseData, type DenseTensor, elementCount } from './dense.js';
import { bitsPerElement, DataType, dataTypeName } from './dtype.js';
import {
  decodeBfloat16,
  decodeFloat16,
  encodeBfloat16,
  encodeFloat16,
  encodeTinyFloat,
  tinyFloatValues,
} from './small-floats.js';

type Plain = Exclude<DenseData, string[]>;
type PlainConstructor = { new (buffer: ArrayBuffer): Plain; readonly BYTES_PER_ELEMENT: number };

/** Types whose elements in a dense tensor are the bytes of the file. */
const PLAIN = new Map<number, PlainConstructor>([
  [DataType.FLOAT, Float32Array],
  [DataType.UINT8, Uint8Array],
  [DataType.INT8, Int8Array],
  [DataType.UINT16, Uint16Array],
  [DataType.INT16, Int16Array],
  [DataType.INT32, Int32Array],
  [DataType.INT64, BigInt64Array],
  [DataType.BOOL, Uint8Array],
  [DataType.DOUBLE, Float64Array],
  [DataType.UINT32, Uint32Array],
  [DataType.UINT64, BigUint64Array],
  [DataType.COMPLEX64, Float32Array],
  [DataType.COMPLEX128, Float64Array],
] as [number, PlainConstructor][]);

/** Bytes that a tensor takes in `raw_data`; undefined for strings and types of a newer ONNX. */
export function encodedLength(dtype: number, shape: readonly number[]): number | undefined {
  const bits = bitsPerElement(dtype);
  return bits === undefined ? undefined : Math.ceil((elementCount(shape) * bits) / 8);
}

/**
 * Decodes the bytes of a tensor. The result is always a copy: it may be written to.
 * @throws RangeError when the type has no such form or the number of bytes is not the shape's
 */
export function decodeElements(dtype: number, shape: readonly number[], bytes: Uint8Array): DenseTensor {
  const expected = encodedLength(dtype, shape);
  if (expected === undefined) throw new RangeError(`${dataTypeName(dtype)} elements have no raw form that is known`);
  if (expected !== bytes.length) {
    throw new RangeError(
      `${bytes.length} bytes for ${dataTypeName(dtype)}[${shape.join(',')}], which takes ${expected}`,
    );
  }
  const count = elementCount(shape);
  const plain = PLAIN.get(dtype);
  if (plain !== undefined) {
    const { buffer } = new Uint8Array(bytes); // not slice(): a Buffer would share
    return { dtype, shape, data: new plain(buffer) };
  }
  return { dtype, shape, data: decodePacked(dtype, count, bytes) };
}

function decodePacked(dtype: number, count: number, bytes: Uint8Array): DenseData {
  switch (dtype) {
    case DataType.FLOAT16:
      return decodeFloat16(bytes, count);
    case DataType.BFLOAT16:
      return decodeBfloat16(bytes, count);
    case DataType.UINT4:
    case DataType.UINT2:
      return unpack(bytes, new Uint8Array(count), bitsPerElement(dtype) as number);
    case DataType.INT4:
    case DataType.INT2: {
      const bits = bitsPerElement(dtype) as number;
      const result = unpack(bytes, new Int8Array(count), bits);
      const shift = 32 - bits;
      for (let i = 0; i < count; i++) result[i] = ((result[i] as number) << shift) >> shift;
      return result;
    }
    default: {
      const values = tinyFloatValues(dtype);
      const codes = unpack(bytes, new Uint8Array(count), bitsPerElement(dtype) as number);
      const result = new Float32Array(count);
      for (let i = 0; i < count; i++) result[i] = values[codes[i] as number] as number;
      return result;
    }
  }
}

function unpack<T extends Uint8Array | Int8Array>(bytes: Uint8Array, into: T, bits: number): T {
  const perByte = 8 / bits;
  const mask = (1 << bits) - 1;
  for (let i = 0; i < into.length; i++) {
    into[i] = ((bytes[Math.floor(i / perByte)] as number) >> ((i % perByte) * bits)) & mask;
  }
  return into;
}

/**
 * Encodes a tensor's elements as bytes. Values that the type cannot represent are rounded to the nearest (floats) or
 * reduced to the type's low bits (integers). The result may share memory with the tensor.
 * @throws RangeError for strings and types of a newer ONNX, and when data and shape do not agree
 */
export function encodeElements({ dtype, shape, data }: DenseTensor): Uint8Array {
  const expected = encodedLength(dtype, shape);
  if (expected === undefined || Array.isArray(data)) {
    throw new RangeError(`${dataTypeName(dtype)} elements have no raw form`);
  }
  const count = elementCount(shape);
  const complex = dtype === DataType.COMPLEX64 || dtype === DataType.COMPLEX128;
  if (data.length !== (complex ? 2 * count : count)) {
    throw new RangeError(`${data.length} elements for ${dataTypeName(dtype)}[${shape.join(',')}]`);
  }
  const plain = PLAIN.get(dtype);
  if (plain !== undefined) {
    if (data.BYTES_PER_ELEMENT !== plain.BYTES_PER_ELEMENT) {
      throw new RangeError(`${data.constructor.name} does not hold ${dataTypeName(dtype)} elements`);
    }
    return new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  }
  if (dtype === DataType.FLOAT16) return encodeFloat16(data as Float32Array);
  if (dtype === DataType.BFLOAT16) return encodeBfloat16(data as Float32Array);
  const bits = bitsPerElement(dtype) as number;
  const perByte = 8 / bits;
  const mask = (1 << bits) - 1;
  const isFloat = data instanceof Float32Array;
  const bytes = new Uint8Array(expected);
  for (let i = 0; i < count; i++) {
    const element = data[i] as number;
    const code = isFloat ? encodeTinyFloat(dtype, element) : element & mask;
    const at = Math.floor(i / perByte);
    bytes[at] = (bytes[at] as number) | (code << ((i % perByte) * bits));
  }
  return bytes;
}
