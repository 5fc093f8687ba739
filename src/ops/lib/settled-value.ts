import type { Dim } from '../../symbolic/dim.js';

/** Sizes of no common divisor, so that a remainder does not pass for a number. */
const LARGE = [999_983, 1_000_003, 1_000_036];

/** The number that a symbolic size is for all sizes but small ones: 4 for min(T, 4). Undefined when it goes on to grow. */
export function settledValue(expression: Dim): number | undefined {
  let settled: number | undefined;
  for (const size of LARGE) {
    let next = size;
    const sizes = new Map<string, number>();
    for (const name of expression.symbols()) {
      sizes.set(name, next);
      next += 7919;
    }
    const value = expression.evaluate(sizes);
    if (value === undefined || (settled !== undefined && value !== settled)) return undefined;
    settled = value;
  }
  return settled;
}

/** Sizes that are neither small nor huge. */
const USUAL = [64, 65, 101, 250, 1000, 2047, 4096];

/**
 * The number that a symbolic size is for all usual sizes: 1 for the positions of a window of 320 that is rounded up, on a
 * map of features that is 32 times smaller than the image. Undefined where it varies.
 */
export function usualValue(expression: Dim): number | undefined {
  const names = [...expression.symbols()];
  let usual: number | undefined;
  for (let i = 0; i < USUAL.length; i++) {
    // All symbols of one size, then of several.
    for (const step of [0, 2]) {
      const sizes = new Map(names.map((name, k) => [name, USUAL[(i + k * step) % USUAL.length] as number]));
      const value = expression.evaluate(sizes);
      if (value === undefined || (usual !== undefined && value !== usual)) return undefined;
      usual = value;
    }
  }
  return usual;
}
