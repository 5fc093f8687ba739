import type { Value } from '../../../model/value.js';
import { DataType } from '../../../tensor/dtype.js';
import type { Builder, Size } from '../../builder.js';
import { binsOf, type Frames, synthesisKernel } from './framing.js';
import { asType } from './stft.js';

/** An inverse short-time Fourier transform. */
export interface IstftOptions extends Frames {
  readonly hop: number;
  readonly dtype: number;
  /** Are the first and last half frame padding, to be cut off? */
  readonly center: boolean;
  /** Samples of the result, an int64 vector of one element; all that there are without. */
  readonly samples?: Size | undefined;
}

/**
 * Overlap-add as one ConvTranspose, divided by the sum of the squared windows that met at each sample.
 *
 * @param spectrum - `[batch, 2, bins, frames]`: real parts, imaginary parts
 * @returns `[batch, samples]`
 */
export function emitIstft(build: Builder, spectrum: Value, options: IstftOptions): Value {
  const { length, hop, dtype, center, samples, window } = options;
  const bins = binsOf(length, options.onesided);
  const computed = dtype === DataType.DOUBLE ? DataType.FLOAT : dtype;
  const attributes = { kernel_shape: { ints: [length] }, strides: { ints: [hop] } };
  const channels = build.reshape(asType(build, spectrum, dtype, computed), [0, 2 * bins, -1]);
  const kernel = build.constant(synthesisKernel(options), [2 * bins, 1, length], computed);
  const added = build.op('ConvTranspose', [channels, kernel], attributes);

  // Every frame of ones times the squared window: what the windows weigh at each sample.
  const one = build.ints([1]);
  const ones = build.filled(build.sizes([one, one, build.size(channels, 2)]), 1, computed);
  const squares = build.constant(
    window.map((weight) => weight * weight),
    [1, 1, length],
    computed,
  );
  const weights = build.op('ConvTranspose', [ones, squares], attributes);

  const start = center ? Math.floor(length / 2) : 0;
  const end = endOf(build, start, options);
  const cut = (value: Value) => (start === 0 && end === undefined ? value : build.slice(value, 2, start, end));
  const signal = build.squeeze(build.div(cut(added), cut(weights)), [1]);
  return asType(build, samples === undefined ? signal : padTo(build, signal, samples), computed, dtype);
}

function endOf(build: Builder, start: number, { samples, center, length }: IstftOptions): Size | undefined {
  if (typeof samples === 'number') return start + samples;
  if (samples !== undefined) return start === 0 ? samples : build.add(samples, build.ints([start]));
  return center && length > 1 ? -Math.floor(length / 2) : undefined;
}

/** Zeros after the end where more samples are asked for than the frames hold. */
function padTo(build: Builder, signal: Value, samples: Size): Value {
  const wanted = typeof samples === 'number' ? build.ints([samples]) : samples;
  return build.pad(signal, 2, 1, 0, build.sub(wanted, build.size(signal, 1)));
}
