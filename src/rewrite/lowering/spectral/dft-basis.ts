/** Matrices of the discrete Fourier transform, in double precision: every element is rounded once, where it is stored. */

/** cos and sin of 2 pi numerator / denominator; exact where they are 0 or 1, so that real spectra have no noise for a phase. */
export function turn(numerator: number, denominator: number): [cos: number, sin: number] {
  const part = ((numerator % denominator) + denominator) % denominator;
  const quarters = (4 * part) / denominator;
  if (quarters === 0) return [1, 0];
  if (quarters === 1) return [0, 1];
  if (quarters === 2) return [-1, 0];
  if (quarters === 3) return [0, -1];
  const angle = (2 * Math.PI * part) / denominator;
  return [Math.cos(angle), Math.sin(angle)];
}

/** Size of a transform. */
export interface DftSize {
  /** Samples that are there; the transform treats those up to its length as zeros, and drops those beyond. */
  readonly given: number;
  /** Length of the transform. */
  readonly length: number;
  /** Frequencies that are kept. */
  readonly bins: number;
}

/**
 * `X[k] = scale sum_j x[j] e^(-2 pi i j k / n)` of real samples: a row for each sample, two columns (real, imaginary) for
 * each frequency.
 */
export function realToComplex({ given, length, bins }: DftSize, scale = 1): Float64Array {
  const matrix = new Float64Array(given * bins * 2);
  for (let j = 0; j < Math.min(given, length); j++) {
    for (let k = 0; k < bins; k++) {
      const [cos, sin] = turn(j * k, length);
      matrix[(j * bins + k) * 2] = scale * cos;
      matrix[(j * bins + k) * 2 + 1] = scale * -sin;
    }
  }
  return matrix;
}

/** The transform of complex samples, forward or (with the conjugate factors) inverse: two rows and two columns for each. */
export function complexToComplex({ given, length, bins }: DftSize, inverse: boolean, scale = 1): Float64Array {
  const matrix = new Float64Array(given * bins * 4);
  const columns = 2 * bins;
  for (let j = 0; j < Math.min(given, length); j++) {
    for (let k = 0; k < bins; k++) {
      const [cos, positive] = turn(j * k, length);
      const sin = inverse ? positive : -positive;
      // (a + bi)(cos + i sin): the first row is for a, the second for b.
      matrix[2 * j * columns + 2 * k] = scale * cos;
      matrix[2 * j * columns + 2 * k + 1] = scale * sin;
      matrix[(2 * j + 1) * columns + 2 * k] = scale * -sin;
      matrix[(2 * j + 1) * columns + 2 * k + 1] = scale * cos;
    }
  }
  return matrix;
}

/**
 * Back to real samples from the frequencies 0 .. n/2 of a real signal (the others are their conjugates): two rows (real,
 * imaginary) for each frequency that is there, one column for each sample. With `whole` the frequencies are all n.
 */
export function complexToReal(frequencies: number, length: number, whole: boolean, scale = 1): Float64Array {
  const matrix = new Float64Array(frequencies * 2 * length);
  const used = Math.min(frequencies, whole ? length : Math.floor(length / 2) + 1);
  for (let k = 0; k < used; k++) {
    const twice = !whole && k > 0 && 2 * k !== length;
    const weight = scale * (twice ? 2 : 1);
    for (let j = 0; j < length; j++) {
      const [cos, sin] = turn(j * k, length);
      matrix[2 * k * length + j] = weight * cos;
      matrix[(2 * k + 1) * length + j] = weight * -sin;
    }
  }
  return matrix;
}
