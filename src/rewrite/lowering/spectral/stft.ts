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
 * `X[f, k] = scale sum_j w[j] x[f hop + j] e^(-2 pi i j k / n)` as one Conv, whose kernel is the windowed basis.
 *
 * @param signal - `[batch, channels, samples]`
 * @returns `[batch, 2, bins, frames]`: real parts, imaginary parts
 */
export function emitStft(build: Builder, signal: Value, options: StftOptions): Value {
  const { length, hop, channels, dtype, liveWindow } = options;
  const bins = binsOf(length, options.onesided);
  const computed = dtype === DataType.DOUBLE ? DataType.FLOAT : dtype;
  const fixed = build.constant(analysisKernel(options, channels), [2 * bins, channels, length], computed);
  const kernel = liveWindow ? build.mul(fixed, asType(build, liveWindow, dtype, computed)) : fixed;
  const spectrum = build.op('Conv', [asType(build, signal, dtype, computed), kernel], {
    kernel_shape: { ints: [length] },
    strides: { ints: [hop] },
  });
  return build.reshape(asType(build, spectrum, computed, dtype), [0, 2, bins, -1]);
}

/** Casts where the types are not the same. */
export function asType(build: Builder, value: Value, from: number, to: number): Value {
  return from === to ? value : build.cast(value, to);
}
