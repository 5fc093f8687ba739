import type { Groups } from './reduce.js';

/** Mean and variance (over n, not n - 1) of the elements at `base + offsets[k]`, in doubles. */
export function momentsAt(
  data: ArrayLike<number>,
  base: number,
  offsets: Float64Array,
): { readonly mean: number; readonly variance: number } {
  let sum = 0;
  for (let k = 0; k < offsets.length; k++) sum += data[base + (offsets[k] as number)] as number;
  const mean = sum / offsets.length;
  let squares = 0;
  for (let k = 0; k < offsets.length; k++) squares += ((data[base + (offsets[k] as number)] as number) - mean) ** 2;
  return { mean, variance: squares / offsets.length };
}

/** Replaces each element by `(x - mean) * factor`, with mean and factor of its group. */
export function standardize(
  data: ArrayLike<number>,
  { bases, offsets }: Groups,
  momentsOf: (base: number, group: number) => { readonly mean: number; readonly factor: number },
): Float64Array {
  const result = new Float64Array(data.length);
  bases.forEach((base, group) => {
    const { mean, factor } = momentsOf(base, group);
    for (const offset of offsets) result[base + offset] = ((data[base + offset] as number) - mean) * factor;
  });
  return result;
}
