/** Kernels of short-time transforms: a windowed basis for Conv, its counterpart for ConvTranspose. */
import { complexToReal, turn } from './dft-basis.js';

/** Length and windows of a short-time transform. */
export interface Frames {
  /** Samples a frame, the length of the transform. */
  readonly length: number;
  /** Weight of each sample of a frame; see {@link centredWindow}. */
  readonly window: Float64Array;
  /** Only the frequencies 0 .. length/2? */
  readonly onesided: boolean;
  /** Multiplies the result. */
  readonly scale: number;
}

/** Number of frequencies of a transform. */
export function binsOf(length: number, onesided: boolean): number {
  return onesided ? Math.floor(length / 2) + 1 : length;
}

/** A window in the middle of a frame, with zeros around it, more of them after it: as PyTorch pads `win_length` to `n_fft`. */
export function centredWindow(window: ArrayLike<number>, length: number): Float64Array {
  const result = new Float64Array(length);
  const left = Math.floor((length - window.length) / 2);
  for (let i = 0; i < window.length; i++) result[left + i] = window[i] as number;
  return result;
}

/**
 * Kernel `[2 bins, channels, length]` for Conv: all real parts, then all imaginary ones. A signal of two channels is
 * complex.
 */
export function analysisKernel({ length, window, onesided, scale }: Frames, channels: 1 | 2): Float64Array {
  const bins = binsOf(length, onesided);
  const kernel = new Float64Array(2 * bins * channels * length);
  for (let k = 0; k < bins; k++) {
    for (let j = 0; j < length; j++) {
      const [cos, sin] = turn(j * k, length);
      const weight = scale * (window[j] as number);
      const real = k * channels * length + j;
      const imaginary = (bins + k) * channels * length + j;
      kernel[real] = weight * cos;
      kernel[imaginary] = weight * -sin;
      if (channels === 2) {
        kernel[real + length] = weight * sin;
        kernel[imaginary + length] = weight * cos;
      }
    }
  }
  return kernel;
}

/** Kernel `[2 bins, 1, length]` for ConvTranspose, which adds the windowed frames up where they overlap. */
export function synthesisKernel({ length, window, onesided, scale }: Frames): Float64Array {
  const bins = binsOf(length, onesided);
  const inverse = complexToReal(bins, length, !onesided, scale / length);
  const kernel = new Float64Array(inverse.length);
  for (let k = 0; k < bins; k++) {
    for (let j = 0; j < length; j++) {
      kernel[k * length + j] = (window[j] as number) * (inverse[2 * k * length + j] as number);
      kernel[(bins + k) * length + j] = (window[j] as number) * (inverse[(2 * k + 1) * length + j] as number);
    }
  }
  return kernel;
}
