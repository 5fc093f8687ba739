import { roundToFloat } from '../../ops/lib/rounding.js';
import type { DenseTensor } from '../../tensor/dense.js';
import { isFloat } from '../../tensor/dtype.js';
import { explain } from './explain.js';
import { isInvariantAlong } from './matrix.js';

/** Rules that hold for nearly any numbers say nothing about them. */
const UNTELLING: ReadonlySet<string> = new Set(['prefix-table']);

/**
 * What a constant is, whatever it is used for: `causal 48x48`, `sinusoidal positions of base 10000`, `Hann window of 400`.
 * Undefined where no rule gives it exactly (learned weights), and for less than 3 elements, which every rule gives.
 */
export function identify(tensor: DenseTensor): string | undefined {
  const { shape, data } = tensor;
  if (data.length < 3 || Array.isArray(data) || isRandom(tensor)) return undefined;
  const varying = shape.map((_, axis) => axis).filter((axis) => !isInvariantAlong(tensor, axis));
  const sizes = varying.map((axis) => shape[axis]).join('x');
  const window = varying.length === 1 ? windowOf(tensor, varying[0] as number) : undefined;
  if (window) return window;
  for (const axes of readings(varying)) {
    const found = explain(tensor, axes);
    if (found.found && !UNTELLING.has(found.generator.kind))
      return sizes === '' ? found.name : `${found.name} ${sizes}`;
  }
  return filterBank(tensor, varying);
}

/** Which of the axes may be positions, and which parameters. */
function readings(varying: readonly number[]): number[][] {
  if (varying.length <= 1) return [[...varying]];
  if (varying.length === 2) return [[...varying], [varying[0] as number]];
  return varying.length === 3 ? [varying.slice(1), varying.slice(0, 2), varying.slice(0, 1)] : [];
}

/** Float weights: nearly all elements differ, and so do their differences. Cheap, so that large ones cost little. */
function isRandom({ dtype, data, shape }: DenseTensor): boolean {
  if (!isFloat(dtype) || data.length < 4096) return false;
  const columns = shape.at(-1) as number;
  let jumps = 0;
  const samples = 256;
  for (let k = 0; k < samples; k++) {
    const at = Math.floor((k * (data.length - columns - 2)) / samples);
    const [a, b, c] = [Number(data[at]), Number(data[at + 1]), Number(data[at + columns])];
    if (Math.sign(a) !== Math.sign(b) && Math.sign(a) !== Math.sign(c)) jumps++;
  }
  // Signs of independent numbers change to both sides every fourth time.
  return jumps > samples / 6 && jumps < samples / 3;
}

/** Windows of analysis: Hann and Hamming, periodic (of n) or symmetric (of n - 1). */
function windowOf({ data, shape, dtype }: DenseTensor, axis: number): string | undefined {
  const size = shape[axis] as number;
  if (size < 8 || !isFloat(dtype) || data.length !== size) return undefined;
  for (const [name, a] of [
    ['Hann', 0.5],
    ['Hamming', 0.54],
  ] as const) {
    for (const [form, period] of [
      ['', size],
      [', symmetric', size - 1],
    ] as const) {
      const at = (i: number) => a - (1 - a) * Math.cos((2 * Math.PI * i) / period);
      const fits = Array.from(
        { length: size },
        (_, i) => Math.abs(roundToFloat(dtype, at(i)) - Number(data[i])) < 2e-6,
      );
      if (fits.every(Boolean)) return `${name} window of ${size}${form}`;
    }
  }
  return undefined;
}

/** Filters with one peak each, that rise and fall, one behind the other: mel and other triangular banks. */
function filterBank({ data, shape, dtype }: DenseTensor, varying: readonly number[]): string | undefined {
  if (varying.length !== 2 || !isFloat(dtype)) return undefined;
  const [rows, columns] = varying.map((axis) => shape[axis] as number) as [number, number];
  for (const [count, length, at] of [
    [rows, columns, (filter: number, bin: number) => Number(data[filter * columns + bin])],
    [columns, rows, (filter: number, bin: number) => Number(data[bin * columns + filter])],
  ] as const) {
    if (count < 4 || length < 2 * count) continue;
    let last = -1;
    let isBank = true;
    for (let filter = 0; filter < count && isBank; filter++) {
      const peak = peakOf(length, (bin) => at(filter, bin));
      isBank = peak !== undefined && peak >= last;
      last = peak ?? last;
    }
    if (isBank) return `bank of ${count} triangular filters over ${length} bins`;
  }
  return undefined;
}

/** Where the only peak is, of numbers that are 0 outside of less than half of the bins. */
function peakOf(length: number, at: (bin: number) => number): number | undefined {
  let peak = 0;
  let support = 0;
  for (let bin = 0; bin < length; bin++) {
    if (!(at(bin) >= 0)) return undefined;
    if (at(bin) > at(peak)) peak = bin;
    if (at(bin) > 0) support++;
  }
  if (support === 0 || 2 * support > length) return undefined;
  for (let bin = 1; bin < length; bin++) {
    const rises = at(bin) > at(bin - 1);
    const falls = at(bin) < at(bin - 1);
    if ((bin <= peak && falls) || (bin > peak && rises)) return undefined;
  }
  return peak;
}
