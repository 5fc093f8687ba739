import { describe, expect, it } from 'vitest';
import { identify } from '../../../src/analysis/explain/identify.js';
import { DataType } from '../../../src/tensor/dtype.js';

const floats = (shape: number[], at: (k: number) => number) => ({
  dtype: DataType.FLOAT,
  shape,
  data: Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, k) => at(k)),
});

/** Triangles of width 8, one every 4 bins. */
const bank = (k: number) => Math.max(0, 1 - Math.abs((k % 64) - 4 * Math.floor(k / 64)) / 4);
/** Numbers that follow no rule. */
const noise = (k: number) =>
  Math.sin((k + 1) * 12.9898) * 43758.5453 - Math.floor(Math.sin((k + 1) * 12.9898) * 43758.5453) - 0.5;

describe('identify', () => {
  it.each([
    ['causal 48x48', floats([48, 48], (k) => Number(k % 48 <= Math.floor(k / 48)))],
    ['identity 9x9', floats([9, 9], (k) => Number(k % 10 === 0))],
    ['all 0', floats([16], () => 0)],
    ['Hann window of 400', floats([400], (k) => 0.5 - 0.5 * Math.cos((2 * Math.PI * k) / 400))],
    ['Hamming window of 25, symmetric', floats([25], (k) => 0.54 - 0.46 * Math.cos((2 * Math.PI * k) / 24))],
    ['sinusoidal positions of base 10000 30x8', floats([30, 8], (k) => wave(Math.floor(k / 8), k % 8))],
    ['bank of 16 triangular filters over 64 bins', floats([16, 64], bank)],
    ['numbers in steps of 1 5', { dtype: DataType.INT64, shape: [5], data: BigInt64Array.from([0n, 1n, 2n, 3n, 4n]) }],
  ])('names %s', (name, tensor) => {
    expect(identify(tensor)).toBe(name);
  });

  it('names no weights, small and large', () => {
    expect(identify(floats([12, 7], noise))).toBeUndefined();
    expect(identify(floats([128, 128], noise))).toBeUndefined();
  });
});

function wave(position: number, column: number): number {
  const rate = Math.fround(10000 ** (-(column - (column % 2)) / 8));
  const angle = Math.fround(position * rate);
  return column % 2 === 0 ? Math.sin(angle) : Math.cos(angle);
}
