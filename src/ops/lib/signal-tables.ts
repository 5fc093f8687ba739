import { EvaluationError } from '../types.js';

/**
 * `a0 - a1 cos(2 pi i / n) + a2 cos(4 pi i / n)` for i from 0 to `size - 1`, where n is the size, or one less for a
 * symmetric window. Coefficients are floats, everything else is a double, as in onnxruntime: a symmetric window of one
 * element is NaN.
 */
export function cosineWindow(size: number, periodic: boolean, [a0, a1, a2]: CosineTerms): Float64Array {
  const step = (2 * Math.PI) / (periodic ? size : size - 1);
  return Float64Array.from({ length: size }, (_, i) => {
    const second = a2 === 0 ? 0 : a2 * Math.cos(2 * step * i);
    return a0 - a1 * Math.cos(step * i) + second;
  });
}

/** Coefficients of {@link cosineWindow}. */
export type CosineTerms = readonly [a0: number, a1: number, a2: number];

const float = Math.fround;
const HAMMING = float(25 / 46);
const BLACKMAN = float(float(0.16) / 2);

/** The windows of opset 17, by operator. */
export const WINDOWS: Readonly<Record<string, CosineTerms>> = {
  HannWindow: [0.5, 0.5, 0],
  HammingWindow: [HAMMING, float(1 - HAMMING), 0],
  BlackmanWindow: [float(0.5 - BLACKMAN), 0.5, BLACKMAN],
};

/** The inputs of MelWeightMatrix. */
export interface MelScale {
  readonly bands: number;
  readonly dftLength: number;
  readonly sampleRate: number;
  readonly lowest: number;
  readonly highest: number;
}

/**
 * Triangles with a peak of 1 whose corners are equally far apart on the mel scale, `2595 log10(1 + f / 700)`: one row for
 * each frequency from 0 to half the sample rate, one column for each band.
 *
 * @throws EvaluationError when a corner is no frequency of the transform.
 */
export function melWeights({ bands, dftLength, sampleRate, lowest, highest }: MelScale): Float64Array {
  const rows = Math.floor(dftLength / 2) + 1;
  const from = toMel(lowest);
  const step = (toMel(highest) - from) / (bands + 2);
  const corners = Array.from({ length: bands + 2 }, (_, i) =>
    Math.floor(((dftLength + 1) * toHertz(from + i * step)) / sampleRate),
  );
  if (corners.some((corner) => !(corner >= 0 && corner < rows))) {
    throw new EvaluationError(`bands from ${lowest} to ${highest} Hz leave the spectrum of ${rows} frequencies`);
  }
  const weights = new Float64Array(rows * bands);
  for (let band = 0; band < bands; band++) {
    const [left, peak, right] = corners.slice(band, band + 3) as [number, number, number];
    for (let row = left; row <= peak; row++) {
      weights[row * bands + band] = left === peak ? 1 : (row - left) / (peak - left);
    }
    for (let row = peak; row < right; row++) weights[row * bands + band] = (right - row) / (right - peak);
  }
  return weights;
}

function toMel(hertz: number): number {
  return 2595 * Math.log10(1 + hertz / 700);
}

function toHertz(mel: number): number {
  return 700 * (10 ** (mel / 2595) - 1);
}
