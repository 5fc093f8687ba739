import type { Value } from '../../../model/value.js';
import type { Builder } from '../../builder.js';
import { Refusal } from '../refusal.js';
import { complexToComplex, complexToReal, realToComplex } from './dft-basis.js';
import { liveComplexToComplex, liveComplexToReal, liveRealToComplex } from './live-dft.js';

/** Constant matrices have at most this many elements, 16 MiB of float: larger ones are computed when the model is loaded. */
const MAX_BASIS = 2 ** 22;

/** How the result is scaled, by the length of the transform: PyTorch's `backward`, `ortho` and `forward`. */
export type Norm = 'backward' | 'ortho' | 'forward';

/** A Fourier transform along the last axis (before that of real and imaginary part). */
export interface DftOptions {
  /** Number of axes of the input, without that of real and imaginary part. */
  readonly rank: number;
  readonly dtype: number;
  /** Size of the axis, where it is known. */
  readonly given: number | undefined;
  /** Length of the transform; undefined: that of the axis. */
  readonly length: number | undefined;
  readonly inverse: boolean;
  readonly norm: Norm;
}

/** The factor of a transform of length n in its direction. */
export function scaleOf(norm: Norm, inverse: boolean, length: number): number {
  if (norm === 'ortho') return 1 / Math.sqrt(length);
  return (norm === 'backward') === inverse ? 1 / length : 1;
}

/** Real samples `[.., n]` to complex frequencies `[.., bins, 2]`. */
export function emitRealToComplex(
  build: Builder,
  x: Value,
  options: DftOptions & { readonly onesided: boolean },
): Value {
  const { given, inverse, norm, onesided, rank, dtype } = options;
  const length = options.length ?? given;
  if (length === undefined || given === undefined) {
    if (length !== undefined) {
      const fitted = toSize(build, x, rank, rank - 1, length);
      return emitRealToComplex(build, fitted, { ...options, given: length });
    }
    return liveRealToComplex(build, x, options);
  }
  const bins = onesided ? Math.floor(length / 2) + 1 : length;
  if (given * bins * 2 > MAX_BASIS)
    return liveRealToComplex(build, toSize(build, x, rank, rank - 1, length, given), options);
  const matrix = realToComplex({ given, length, bins }, scaleOf(norm, inverse, length));
  // The inverse transform of real samples is the conjugate of the forward one.
  if (inverse) for (let i = 1; i < matrix.length; i += 2) matrix[i] = -(matrix[i] as number);
  const product = build.op('MatMul', [x, build.constant(matrix, [given, 2 * bins], dtype)]);
  return build.reshape(product, [...kept(rank - 1), bins, 2]);
}

/** Complex samples `[.., n, 2]` to complex frequencies `[.., n, 2]`, or back. */
export function emitComplexToComplex(build: Builder, x: Value, options: DftOptions): Value {
  const { given, inverse, norm, rank, dtype } = options;
  const length = options.length ?? given;
  if (length === undefined || given === undefined) {
    if (length !== undefined) {
      const fitted = toSize(build, x, rank + 1, rank - 1, length);
      return emitComplexToComplex(build, fitted, { ...options, given: length });
    }
    return liveComplexToComplex(build, x, options);
  }
  if (given * length * 4 > MAX_BASIS) {
    return liveComplexToComplex(build, toSize(build, x, rank + 1, rank - 1, length, given), options);
  }
  const matrix = complexToComplex({ given, length, bins: length }, inverse, scaleOf(norm, inverse, length));
  const flat = build.reshape(x, [...kept(rank - 1), 2 * given]);
  const product = build.op('MatMul', [flat, build.constant(matrix, [2 * given, 2 * length], dtype)]);
  return build.reshape(product, [...kept(rank - 1), length, 2]);
}

/** The frequencies 0 .. n/2 of a real signal `[.., bins, 2]` back to its samples `[.., n]`. Without a length, n is even. */
export function emitComplexToReal(build: Builder, x: Value, options: DftOptions): Value {
  const { given, inverse, norm, rank, dtype } = options;
  const length = options.length ?? (given === undefined ? undefined : 2 * (given - 1));
  if (length !== undefined && length < 1) throw new Refusal('a transform of no samples');
  if (length === undefined || given === undefined) {
    if (length !== undefined) {
      const bins = Math.floor(length / 2) + 1;
      const fitted = toSize(build, x, rank + 1, rank - 1, bins);
      return emitComplexToReal(build, fitted, { ...options, given: bins });
    }
    return liveComplexToReal(build, x, options);
  }
  if (2 * given * length > MAX_BASIS) {
    if (length % 2 !== 0) throw new Refusal(`a transform back to ${length} samples is too large`);
    return liveComplexToReal(build, toSize(build, x, rank + 1, rank - 1, length / 2 + 1, given), options);
  }
  const matrix = complexToReal(given, length, false, scaleOf(norm, inverse, length));
  // Forward transforms (of hermitian signals) have conjugate factors.
  if (!inverse) {
    for (let row = 1; row < 2 * given; row += 2) {
      for (let j = 0; j < length; j++) matrix[row * length + j] = -(matrix[row * length + j] as number);
    }
  }
  const flat = build.reshape(x, [...kept(rank - 1), 2 * given]);
  return build.op('MatMul', [flat, build.constant(matrix, [2 * given, length], dtype)]);
}

/** Zeros: sizes that Reshape copies. */
function kept(count: number): number[] {
  return new Array<number>(count).fill(0);
}

/** Cuts an axis to a size, or fills it up with zeros. */
function toSize(build: Builder, x: Value, rank: number, axis: number, size: number, given?: number): Value {
  if (given === size) return x;
  if (given !== undefined && given > size) return build.slice(x, axis, 0, size);
  const cut = given === undefined ? build.slice(x, axis, 0, size) : x;
  const missing = given === undefined ? build.sub(build.ints([size]), build.size(cut, axis)) : size - given;
  return build.pad(cut, rank, axis, 0, missing);
}
