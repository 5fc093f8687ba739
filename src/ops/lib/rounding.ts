import { f16round } from '@petamoriken/float16';
import { DataType } from '../../tensor/dtype.js';

/** Layout of a small float type: how fine, how large, how small. */
interface SmallFloat {
  readonly mantissaBits: number;
  /** Exponent of the smallest normal number. */
  readonly minExponent: number;
  /** Largest finite value. */
  readonly max: number;
  /** What overflow gives without saturation. */
  readonly overflow: number;
  /** Is there a negative zero? */
  readonly signedZero: boolean;
}

/** https://onnx.ai/onnx/technical/float8.html and the OCP microscaling specification (float4). */
const SMALL_FLOATS: ReadonlyMap<number, SmallFloat> = new Map([
  [DataType.FLOAT8E4M3FN, { mantissaBits: 3, minExponent: -6, max: 448, overflow: Number.NaN, signedZero: true }],
  [DataType.FLOAT8E4M3FNUZ, { mantissaBits: 3, minExponent: -7, max: 240, overflow: Number.NaN, signedZero: false }],
  [
    DataType.FLOAT8E5M2,
    { mantissaBits: 2, minExponent: -14, max: 57344, overflow: Number.POSITIVE_INFINITY, signedZero: true },
  ],
  [DataType.FLOAT8E5M2FNUZ, { mantissaBits: 2, minExponent: -15, max: 57344, overflow: Number.NaN, signedZero: false }],
  [DataType.FLOAT4E2M1, { mantissaBits: 1, minExponent: 0, max: 6, overflow: 6, signedZero: true }],
]);

/** How float8e8m0 (a power of two) rounds: the Cast attribute `round_mode`. */
export type RoundMode = 'up' | 'down' | 'nearest';

/** Rounds to the nearest integer, halves to even. */
export function roundHalfEven(x: number): number {
  if (!(Math.abs(x) < 4503599627370496)) return x;
  const floor = Math.floor(x);
  const rest = x - floor;
  if (rest < 0.5) return floor === 0 && Object.is(x, -0) ? -0 : floor;
  if (rest > 0.5) return floor === -1 ? -0 : floor + 1;
  if (floor % 2 === 0) return floor;
  return floor === -1 ? -0 : floor + 1;
}

const scratch = new DataView(new ArrayBuffer(8));

/** Rounds a number to bfloat16: the upper half of a float32, halves to even. */
export function roundToBfloat16(x: number): number {
  if (Number.isNaN(x)) return x;
  scratch.setFloat32(0, x);
  const bits = scratch.getUint32(0);
  const rounded = bits + 0x7fff + ((bits >>> 16) & 1);
  scratch.setUint32(0, (rounded & 0xffff0000) >>> 0);
  return scratch.getFloat32(0);
}

/** The exponent e with 2^e <= |x| < 2^(e+1), for finite x other than 0. */
function exponentOf(x: number): number {
  scratch.setFloat64(0, x);
  const biased = (scratch.getUint16(0) >>> 4) & 0x7ff;
  return biased === 0 ? exponentOf(x * 2 ** 54) - 54 : biased - 1023;
}

function roundToSmallFloat(x: number, type: SmallFloat, saturate: boolean): number {
  if (Number.isNaN(x)) return type.overflow === type.max ? 0 : x; // float4 has no NaN
  const sign = x < 0 || Object.is(x, -0) ? -1 : 1;
  const magnitude = Math.abs(x);
  if (magnitude === 0) return type.signedZero ? x : 0;
  if (magnitude === Number.POSITIVE_INFINITY) return saturate ? sign * type.max : sign * type.overflow;
  const step = 2 ** (Math.max(exponentOf(magnitude), type.minExponent) - type.mantissaBits);
  const rounded = roundHalfEven(magnitude / step) * step;
  if (rounded > type.max) return saturate ? sign * type.max : sign * type.overflow;
  if (rounded === 0 && !type.signedZero) return 0;
  return sign * rounded;
}

function roundToPowerOfTwo(x: number, saturate: boolean, mode: RoundMode): number {
  const magnitude = Math.abs(x);
  if (Number.isNaN(x)) return x;
  if (magnitude === Number.POSITIVE_INFINITY) return saturate ? 2 ** 127 : Number.NaN;
  if (magnitude === 0) return 2 ** -127;
  let exponent = exponentOf(magnitude);
  const fraction = magnitude / 2 ** exponent;
  if (fraction > 1 && (mode === 'up' || (mode === 'nearest' && fraction >= 1.5))) exponent++;
  if (exponent > 127) return saturate ? 2 ** 127 : Number.NaN;
  return 2 ** Math.max(exponent, -127);
}

/**
 * Rounds to the nearest value of a float type, halves to even.
 *
 * @param saturate - Whether overflow of a float8 type gives its largest value instead of NaN or infinity.
 * @param mode - Only for float8e8m0.
 */
export function roundToFloat(dtype: number, x: number, saturate = true, mode: RoundMode = 'up'): number {
  if (dtype === DataType.DOUBLE) return x;
  if (dtype === DataType.FLOAT16) return f16round(x);
  const single = Math.fround(x);
  if (dtype === DataType.FLOAT) return single;
  if (dtype === DataType.BFLOAT16) return roundToBfloat16(single);
  if (dtype === DataType.FLOAT8E8M0) return roundToPowerOfTwo(single, saturate, mode);
  const small = SMALL_FLOATS.get(dtype);
  return small === undefined ? single : roundToSmallFloat(single, small, saturate);
}

/**
 * How a float32 result is rounded to the type it is stored as; undefined when storing it does all the rounding there is.
 * onnxruntime computes the 16-bit and smaller floats in float32 and rounds once at the end of the operator.
 */
export function storageRounder(dtype: number): ((x: number) => number) | undefined {
  if (dtype === DataType.FLOAT16) return (x) => f16round(Math.fround(x));
  if (dtype === DataType.BFLOAT16) return (x) => roundToBfloat16(Math.fround(x));
  if (dtype === DataType.FLOAT8E8M0 || SMALL_FLOATS.has(dtype)) return (x) => roundToFloat(dtype, x);
  return undefined;
}
