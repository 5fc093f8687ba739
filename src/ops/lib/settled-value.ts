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
