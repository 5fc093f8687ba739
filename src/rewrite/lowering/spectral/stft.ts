import type { Value } from '../../../model/value.js';
import { DataType } from '../../../tensor/dtype.js';
import type { Builder } from '../../builder.js';
import { analysisKernel, binsOf, type Frames } from './framing.js';

/** A short-time Fourier transform. */
export interface StftOptions extends Frames {
  /** Samples from one frame to the next. */
  readonly hop: number;
  /** 1: real samples; 2: real and imaginary parts. */
  readonly channels: 1 | 2;
  /** Element type of the signal; Conv computes in float, so that double is rounded. */
  readonly dtype: number;
  /** A window that is only known at run time, of as many elements as a frame; multiplies the constant one. */
  readonly liveWindow?: Value | undefined;
}

/**
 * Products that Conv adds up at once. It does so one by one in float: sums of 512 are off by 1e-6 of the peak where there are
 * few frames, and a constant signal's by 1e-5; parts of so many, added up afterwards, by 3e-7 and 7e-7 (256 to 1024 samples).
 */
const MOST_PRODUCTS = 64;

/**
 * `X[f, k] = scale sum_j w[j] x[f hop + j] e^(-2 pi i j k / n)` by Conv, whose kernel is the windowed basis: long frames in
 * parts, `sum_p Conv(x from p on, basis from p on)`.
 *
 * @param signal - `[batch, channels, samples]`
 * @returns `[batch, 2, bins, frames]`: real parts, imaginary parts
 */
export function emitStft(build: Builder, signal: Value, options: StftOptions): Value {
  const { length, hop, channels, dtype, liveWindow } = options;
  const bins = binsOf(length, options.onesided);
  const computed = dtype === DataType.DOUBLE ? DataType.FLOAT : dtype;
  const basis = analysisKernel(options, channels);
  const samples = asType(build, signal, dtype, computed);
  const window = liveWindow && asType(build, liveWindow, dtype, computed);
  const parts = partsOf(length, channels).map(([start, end]) => {
    const fixed = build.constant(columnsOf(basis, length, start, end), [2 * bins, channels, end - start], computed);
    const isAll = end - start === length;
    const weights = window === undefined || isAll ? window : build.slice(window, 0, start, end);
    const kernel = weights ? build.mul(fixed, weights) : fixed;
    // As many frames as the whole signal has: what comes after a part of the last frame is no beginning of another.
    const rest = isAll ? samples : build.slice(samples, 2, start, end === length ? undefined : end - length);
    const attributes = { kernel_shape: { ints: [end - start] }, strides: { ints: [hop] } };
    return build.op('Conv', [rest, kernel], attributes);
  });
  const [spectrum] = parts.length === 1 ? (parts as [Value]) : [build.op('Sum', parts)];
  return build.reshape(asType(build, spectrum, computed, dtype), [0, 2, bins, -1]);
}

/** Equal parts of a frame, or as good as equal. */
function partsOf(length: number, channels: number): [start: number, end: number][] {
  const count = Math.ceil((length * channels) / MOST_PRODUCTS);
  const bound = (part: number) => Math.round((part * length) / count);
  return Array.from({ length: count }, (_, part) => [bound(part), bound(part + 1)]);
}

/** Some columns of a matrix. */
function columnsOf(matrix: Float64Array, width: number, start: number, end: number): Float64Array {
  if (end - start === width) return matrix;
  const part = new Float64Array((matrix.length / width) * (end - start));
  for (let row = 0; row * width < matrix.length; row++) {
    part.set(matrix.subarray(row * width + start, row * width + end), row * (end - start));
  }
  return part;
}

/** Casts where the types are not the same. */
export function asType(build: Builder, value: Value, from: number, to: number): Value {
  return from === to ? value : build.cast(value, to);
}
