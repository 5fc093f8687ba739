/**
 * Floats of 16 bits and less. Formulas: IEEE 754 binary16, bfloat16 (upper half of binary32), the OCP 8-bit and 4-bit
 * formats and their FNUZ variants as the ONNX documentation on float8 and float4 defines them.
 */
import { getFloat16, setFloat16 } from '@petamoriken/float16';
import { DataType } from './dtype.js';

interface Format {
  readonly bits: 4 | 8 | 16;
  /** Value of each code. */
  readonly values: Float32Array;
  /** Non-negative finite values ascending, with their codes, for encoding. */
  readonly ladder: readonly { readonly value: number; readonly code: number }[];
  readonly nan: number | undefined;
  readonly infinity: number | undefined;
  /** Code of -0; undefined where there is none. */
  readonly signBit: number;
  readonly hasNegativeZero: boolean;
}

const FORMATS = new Map<number, Format>();

/** Does a tensor of this type hold floats of at most 16 bits? */
export function isSmallFloat(type: number): boolean {
  return type === DataType.FLOAT16 || type === DataType.BFLOAT16 || isTinyFloat(type);
}

function isTinyFloat(type: number): boolean {
  return (
    (type >= DataType.FLOAT8E4M3FN && type <= DataType.FLOAT8E5M2FNUZ) ||
    type === DataType.FLOAT4E2M1 ||
    type === DataType.FLOAT8E8M0
  );
}

/** Values of little-endian binary16 codes. */
export function decodeFloat16(bytes: Uint8Array, count: number): Float32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const result = new Float32Array(count);
  for (let i = 0; i < count; i++) result[i] = getFloat16(view, 2 * i, true);
  return result;
}

/** Little-endian binary16 codes, rounded to nearest even. */
export function encodeFloat16(values: Float32Array): Uint8Array {
  const bytes = new Uint8Array(2 * values.length);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < values.length; i++) setFloat16(view, 2 * i, values[i] as number, true);
  return bytes;
}

/** Values of little-endian bfloat16 codes. */
export function decodeBfloat16(bytes: Uint8Array, count: number): Float32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const bits = new Uint32Array(count);
  for (let i = 0; i < count; i++) bits[i] = view.getUint16(2 * i, true) << 16;
  return new Float32Array(bits.buffer);
}

/** Little-endian bfloat16 codes, rounded to nearest even. */
export function encodeBfloat16(values: Float32Array): Uint8Array {
  const bytes = new Uint8Array(2 * values.length);
  const view = new DataView(bytes.buffer);
  const bits = new Uint32Array(Float32Array.from(values).buffer);
  for (let i = 0; i < values.length; i++) {
    const b = bits[i] as number;
    const nan = (b & 0x7fffffff) > 0x7f800000;
    const code = nan ? (b >>> 16) | 0x40 : (b + 0x7fff + ((b >>> 16) & 1)) >>> 16;
    view.setUint16(2 * i, code & 0xffff, true);
  }
  return bytes;
}

/** Value of each code of an 8-bit or 4-bit float type. */
export function tinyFloatValues(type: number): Float32Array {
  return formatOf(type).values;
}

/**
 * The code of the nearest value (ties to the even code). Beyond the largest value: infinity where the type has one,
 * otherwise the largest value; NaN where the type has none becomes the largest value too, as ONNX's saturating Cast does.
 */
export function encodeTinyFloat(type: number, value: number): number {
  const { ladder, nan, infinity, signBit, hasNegativeZero } = formatOf(type);
  const top = ladder[ladder.length - 1] as { value: number; code: number };
  if (Number.isNaN(value)) return nan ?? top.code;
  const negative = value < 0 || Object.is(value, -0);
  const size = Math.abs(value);
  const sign = negative ? signBit : 0;
  if (size === Number.POSITIVE_INFINITY) return (infinity ?? top.code) | sign;
  let low = 0;
  let high = ladder.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((ladder[middle]?.value as number) <= size) low = middle;
    else high = middle - 1;
  }
  let best = ladder[low] as { value: number; code: number };
  const next = ladder[low + 1];
  if (next !== undefined) {
    const below = size - best.value;
    const above = next.value - size;
    if (above < below || (above === below && best.code % 2 === 1)) best = next;
  }
  if (best.value === 0 && !hasNegativeZero) return best.code;
  return best.code | sign;
}

function formatOf(type: number): Format {
  let format = FORMATS.get(type);
  if (format === undefined) {
    format = makeFormat(type);
    FORMATS.set(type, format);
  }
  return format;
}

function makeFormat(type: number): Format {
  if (type === DataType.FLOAT8E8M0) return powersOfTwo();
  const [bits, exponentBits, bias] = LAYOUT.get(type) ?? [];
  if (bits === undefined || exponentBits === undefined || bias === undefined) {
    throw new RangeError(`type ${type} is not an 8-bit or 4-bit float`);
  }
  const mantissaBits = bits - 1 - exponentBits;
  const signBit = 1 << (bits - 1);
  const fnuz = type === DataType.FLOAT8E4M3FNUZ || type === DataType.FLOAT8E5M2FNUZ;
  const values = new Float32Array(1 << bits);
  const ladder: { value: number; code: number }[] = [];
  for (let code = 0; code < values.length; code++) {
    const exponent = (code & (signBit - 1)) >> mantissaBits;
    const mantissa = code & ((1 << mantissaBits) - 1);
    const scale = 2 ** (Math.max(exponent, 1) - bias - mantissaBits);
    let value = (mantissa + (exponent === 0 ? 0 : 1 << mantissaBits)) * scale;
    if (type === DataType.FLOAT8E4M3FN && (code & 0x7f) === 0x7f) value = Number.NaN;
    else if (type === DataType.FLOAT8E5M2 && exponent === 31) {
      value = mantissa === 0 ? Number.POSITIVE_INFINITY : Number.NaN;
    } else if (fnuz && code === signBit) value = Number.NaN;
    values[code] = code & signBit ? -value : value;
    if (!(code & signBit) && Number.isFinite(value)) ladder.push({ value, code });
  }
  const nan = fnuz ? signBit : type === DataType.FLOAT8E4M3FN ? 0x7f : type === DataType.FLOAT8E5M2 ? 0x7f : undefined;
  const infinity = type === DataType.FLOAT8E5M2 ? 0x7c : undefined;
  return { bits: bits as 4 | 8, values, ladder, nan, infinity, signBit, hasNegativeZero: !fnuz };
}

/** bits, exponent bits, exponent bias */
const LAYOUT = new Map<number, readonly [number, number, number]>([
  [DataType.FLOAT8E4M3FN, [8, 4, 7]],
  [DataType.FLOAT8E4M3FNUZ, [8, 4, 8]],
  [DataType.FLOAT8E5M2, [8, 5, 15]],
  [DataType.FLOAT8E5M2FNUZ, [8, 5, 16]],
  [DataType.FLOAT4E2M1, [4, 2, 1]],
]);

/** float8e8m0: 2^(code - 127), no zero, no sign, NaN at 255. */
function powersOfTwo(): Format {
  const values = new Float32Array(256);
  const ladder: { value: number; code: number }[] = [];
  for (let code = 0; code < 255; code++) {
    const value = 2 ** (code - 127);
    values[code] = value;
    ladder.push({ value, code });
  }
  values[255] = Number.NaN;
  return { bits: 8, values, ladder, nan: 255, infinity: undefined, signBit: 0, hasNegativeZero: false };
}
