import { f16round } from '@petamoriken/float16';
import type { DenseTensor } from '../../tensor/dense.js';
import { DataType, isFloat } from '../../tensor/dtype.js';
import { EvaluationError } from '../types.js';
import { allocateNumbers, numbers } from './alloc.js';
import { roundInPlace } from './elementwise.js';
import { integerRange } from './limits.js';
import { roundHalfEven, roundToBfloat16, roundToFloat } from './rounding.js';
import { normalizeAxis } from './shapes.js';

/** Which scale and zero point belong to an element. */
export type ScaleOf = (element: number) => number;

/**
 * The granularity that a scale's shape tells: one for all, one for each index along the axis, or one for each block of
 * `blockSize` elements along it.
 */
export function scaleIndex(
  shape: readonly number[],
  scale: readonly number[],
  axisAttribute: number,
  blockSize: number,
): ScaleOf {
  const count = scale.reduce((a, b) => a * b, 1);
  if (count === 1 && blockSize === 0) return () => 0;
  const axis = normalizeAxis(axisAttribute, shape.length);
  const size = shape[axis] as number;
  const inner = shape.slice(axis + 1).reduce((a, b) => a * b, 1);
  if (blockSize > 0) {
    const blocks = Math.ceil(size / blockSize);
    const expected = shape.map((n, i) => (i === axis ? blocks : n));
    if (String(expected) !== String(scale)) throw new EvaluationError(`scales [${scale}] for blocks of [${shape}]`);
    return (element) => {
      const outer = Math.floor(element / (size * inner));
      const block = Math.floor((Math.floor(element / inner) % size) / blockSize);
      return (outer * blocks + block) * inner + (element % inner);
    };
  }
  if (count !== size) throw new EvaluationError(`${count} scales for ${size} slices`);
  return (element) => Math.floor(element / inner) % size;
}

/** A number and its zero point as an element of the quantized type. */
export function quantizer(dtype: number, saturate = true): (scaled: number, zeroPoint: number) => number {
  if (isFloat(dtype)) return (scaled, zeroPoint) => roundToFloat(dtype, scaled + zeroPoint, saturate);
  const { low, high } = integerRange(dtype);
  const least = Number(low);
  const most = Number(high);
  return (scaled, zeroPoint) => Math.min(most, Math.max(least, roundHalfEven(scaled) + zeroPoint));
}

/** How a quotient is rounded before it is quantized: in float unless a 16-bit type is asked for. */
function divisionRounding(precision: number): (x: number) => number {
  if (precision === DataType.FLOAT16) return f16round;
  return precision === DataType.BFLOAT16 ? roundToBfloat16 : Math.fround;
}

/** `saturate(round(x / scale) + zeroPoint)`, halves to even. */
export function quantize(
  x: DenseTensor,
  scale: DenseTensor,
  zeroPoint: DenseTensor | undefined,
  dtype: number,
  options: {
    readonly axis: number;
    readonly blockSize: number;
    readonly saturate: boolean;
    readonly precision: number;
  },
): DenseTensor {
  const source = numbers(x);
  const scales = numbers(scale);
  const points = zeroPoint && numbers(zeroPoint);
  const indexOf = scaleIndex(x.shape, scale.shape, options.axis, options.blockSize);
  const store = quantizer(dtype, options.saturate);
  const round = divisionRounding(options.precision);
  const data = allocateNumbers(dtype, source.length);
  for (let i = 0; i < source.length; i++) {
    const at = indexOf(i);
    data[i] = store(round((source[i] as number) / (scales[at] as number)), points?.[at] ?? 0);
  }
  return { dtype, shape: x.shape, data };
}

/** `(x - zeroPoint) * scale`. */
export function dequantize(
  x: DenseTensor,
  scale: DenseTensor,
  zeroPoint: DenseTensor | undefined,
  dtype: number,
  options: { readonly axis: number; readonly blockSize: number },
): DenseTensor {
  const source = numbers(x);
  const scales = numbers(scale);
  const points = zeroPoint && numbers(zeroPoint);
  const indexOf = scaleIndex(x.shape, scale.shape, options.axis, options.blockSize);
  const data = allocateNumbers(dtype, source.length);
  for (let i = 0; i < source.length; i++) {
    const at = indexOf(i);
    data[i] = Math.fround((source[i] as number) - (points?.[at] ?? 0)) * (scales[at] as number);
  }
  roundInPlace(data, dtype);
  return { dtype, shape: x.shape, data };
}
