import type { DenseTensor } from '../../tensor/dense.js';
import { bitsPerElement, DataType, dataTypeName, isFloat, isInteger } from '../../tensor/dtype.js';
import { EvaluationError } from '../types.js';
import { allocate, type BigData, isBig, isComplex, type NumberData } from './alloc.js';
import { type RoundMode, roundToFloat, storageRounder } from './rounding.js';

/** The attributes of Cast. */
export interface CastOptions {
  /** Overflow of float8 types gives the largest value; otherwise NaN or infinity. */
  readonly saturate?: boolean;
  /** For float8e8m0. */
  readonly roundMode?: RoundMode;
}

const SIGNED: ReadonlySet<number> = new Set([
  DataType.INT8,
  DataType.INT16,
  DataType.INT32,
  DataType.INT64,
  DataType.INT4,
  DataType.INT2,
]);

/** Is this a signed integer type? */
export function isSigned(dtype: number): boolean {
  return SIGNED.has(dtype);
}

/**
 * Converts a tensor's elements as onnxruntime's Cast does on x86-64: floats to integers are truncated, and what does not
 * fit follows the hardware (the low bits of the converted 32- or 64-bit integer); integers wrap; floats are rounded to nearest,
 * halves to even, double to the 16-bit types through float.
 *
 * @throws EvaluationError for complex types and for text that is no number.
 */
export function castTensor(x: DenseTensor, to: number, options: CastOptions = {}): DenseTensor {
  const { dtype, shape, data } = x;
  if (dtype === to) return x;
  if (isComplex(dtype) || isComplex(to)) throw new EvaluationError('complex numbers cannot be cast');
  if (to === DataType.STRING) {
    const text = textOf(dtype);
    return { dtype: to, shape, data: Array.from(data as ArrayLike<number | bigint>, text) };
  }
  if (Array.isArray(data)) return parseTensor({ dtype, shape, data }, to, options);
  const target = allocate(to, data.length);
  if (isBig(data)) fromBig(data, target, to, options);
  else fromNumbers(data as NumberData, dtype, target, to, options);
  return { dtype: to, shape, data: target };
}

function fromBig(source: BigData, target: ReturnType<typeof allocate>, to: number, options: CastOptions): void {
  if (isBig(target)) {
    for (let i = 0; i < source.length; i++) target[i] = source[i] as bigint;
  } else if (isFloat(to)) {
    const convert = floatConversion(to, options);
    const isDouble = to === DataType.DOUBLE;
    for (let i = 0; i < source.length; i++) {
      const element = source[i] as bigint;
      target[i] = isDouble ? Number(element) : convert(bigToSingle(element));
    }
  } else if (to === DataType.BOOL) {
    for (let i = 0; i < source.length; i++) target[i] = source[i] === 0n ? 0 : 1;
  } else {
    const narrow = narrowing(to);
    for (let i = 0; i < source.length; i++) target[i] = narrow(Number(BigInt.asIntN(32, source[i] as bigint)));
  }
}

function fromNumbers(
  source: NumberData,
  from: number,
  target: ReturnType<typeof allocate>,
  to: number,
  options: CastOptions,
): void {
  const count = source.length;
  if (isBig(target)) {
    const unsigned = to === DataType.UINT64;
    for (let i = 0; i < count; i++) target[i] = numberToBig(source[i] as number, unsigned);
  } else if (isFloat(to)) {
    const convert = floatConversion(to, options);
    for (let i = 0; i < count; i++) target[i] = convert(source[i] as number);
  } else if (to === DataType.BOOL) {
    for (let i = 0; i < count; i++) target[i] = source[i] === 0 ? 0 : 1;
  } else {
    const narrow = narrowing(to);
    const truncate = isFloat(from) ? (to === DataType.UINT32 ? toUint32 : toInt32) : (v: number) => v;
    for (let i = 0; i < count; i++) target[i] = narrow(truncate(source[i] as number));
  }
}

/** Rounds a number to a float type. */
function floatConversion(to: number, { saturate = true, roundMode = 'up' }: CastOptions): (x: number) => number {
  if (to === DataType.FLOAT || to === DataType.DOUBLE) return (x) => x;
  const tiny = bitsPerElement(to) !== 16;
  if (tiny) return (x) => roundToFloat(to, x, saturate, roundMode);
  return storageRounder(to) as (x: number) => number;
}

/** The float nearest to a 64-bit integer, which a double may not hold. */
function bigToSingle(x: bigint): number {
  if (x <= 0x1f_ffff_ffff_ffffn && x >= -0x1f_ffff_ffff_ffffn) return Math.fround(Number(x));
  // Drop 16 bits, keeping in the last one whether any of them was set.
  const sticky = (x & 0xffffn) === 0n ? 0n : 1n;
  return Math.fround(Number((x >> 16n) | sticky)) * 65536;
}

function numberToBig(x: number, unsigned: boolean): bigint {
  if (unsigned && x >= 0 && x < 2 ** 64) return BigInt(Math.trunc(x));
  return Math.abs(x) < 2 ** 63 ? BigInt(Math.trunc(x)) : -(2n ** 63n);
}

/** cvttss2si with a 32-bit register. */
function toInt32(x: number): number {
  return Math.abs(x) < 2147483649 && x < 2147483648 ? Math.trunc(x) : -2147483648;
}

/** Through a 64-bit register. */
function toUint32(x: number): number {
  return Math.abs(x) < 2 ** 63 ? Number(BigInt.asUintN(32, BigInt(Math.trunc(x)))) : 0;
}

/** What storing does not wrap by itself: types below 8 bits. */
function narrowing(to: number): (x: number) => number {
  if (!isInteger(to)) throw new EvaluationError(`cannot cast to ${dataTypeName(to)}`);
  const bits = bitsPerElement(to) as number;
  if (bits >= 8) return (x) => x;
  const unused = 32 - bits;
  return isSigned(to) ? (x) => (x << unused) >> unused : (x) => (x << unused) >>> unused;
}

function parseTensor(
  { shape, data }: DenseTensor & { readonly data: string[] },
  to: number,
  options: CastOptions,
): DenseTensor {
  if (isInteger(to)) {
    const parsed = BigInt64Array.from(data, (text) => {
      if (!/^\s*[+-]?\d+/.test(text)) throw new EvaluationError(`${JSON.stringify(text)} is not an integer`);
      return BigInt(Number.parseInt(text, 10));
    });
    return castTensor({ dtype: DataType.INT64, shape, data: parsed }, to, options);
  }
  const parsed = Float64Array.from(data, parseNumber);
  const wide = { dtype: DataType.DOUBLE, shape, data: parsed };
  return castTensor(wide, to, options);
}

/** As C's strtod. */
function parseNumber(text: string): number {
  const trimmed = text.trim().toLowerCase();
  const special = /^([+-]?)(inf(inity)?|nan)$/.exec(trimmed);
  if (special !== null) {
    const value = special[2] === 'nan' ? Number.NaN : Number.POSITIVE_INFINITY;
    return special[1] === '-' ? -value : value;
  }
  const value = Number(trimmed);
  if (trimmed === '' || Number.isNaN(value)) throw new EvaluationError(`${JSON.stringify(text)} is not a number`);
  return value;
}

function textOf(dtype: number): (x: number | bigint) => string {
  if (!isFloat(dtype)) return String;
  return (x) => formatFloat(Number(x));
}

const DIGITS = 8;

/** C's `%.8g`, doubles as well, with onnxruntime's names for what is not finite. */
function formatFloat(x: number): string {
  if (Number.isNaN(x)) return 'NaN';
  if (!Number.isFinite(x)) return x > 0 ? 'INF' : '-INF';
  if (x === 0) return Object.is(x, -0) ? '-0' : '0';
  const [mantissa = '', exponent = '0'] = x.toExponential(DIGITS - 1).split('e');
  const power = Number(exponent);
  if (power < -4 || power >= DIGITS) {
    const magnitude = String(Math.abs(power)).padStart(2, '0');
    return `${stripZeros(mantissa)}e${power < 0 ? '-' : '+'}${magnitude}`;
  }
  return stripZeros(x.toFixed(DIGITS - 1 - power));
}

function stripZeros(decimal: string): string {
  return decimal.includes('.') ? decimal.replace(/\.?0+$/, '') : decimal;
}
