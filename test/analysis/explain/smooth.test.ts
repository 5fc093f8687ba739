import { describe, expect, it } from 'vitest';
import { explain } from '../../../src/analysis/explain/explain.js';
import { isSmooth } from '../../../src/analysis/explain/smooth.js';
import { DataType } from '../../../src/tensor/dtype.js';

const random = (seed: number) => () => {
  seed = (seed * 16807) % 2147483647;
  return seed / 2147483647 - 0.5;
};

/** Sinusoidal positions times a random weight, plus a bias, in single precision. */
function projected(rows: number, columns: number, position = (row: number) => row): Float32Array {
  const next = random(7);
  const weights = Array.from({ length: columns * 17 }, next);
  return Float32Array.from({ length: rows * columns }, (_, i) => {
    const [row, column] = [Math.floor(i / columns), i % columns];
    let sum = weights[column * 17 + 16] as number;
    for (let k = 0; k < 16; k++) {
      const angle = position(row) * 10000 ** (-(k - (k % 2)) / 16);
      sum += (weights[column * 17 + k] as number) * (k % 2 === 0 ? Math.sin(angle) : Math.cos(angle));
    }
    return sum;
  });
}

const learned = (rows: number, columns: number) => Float32Array.from({ length: rows * columns }, random(3));

describe('isSmooth', () => {
  it('tells what is left of sinusoids from learned rows, in either direction', () => {
    for (const rows of [16, 20, 41]) {
      expect(isSmooth({ rows, columns: 12, data: projected(rows, 12) })).toBe(true);
      expect(isSmooth({ rows, columns: 12, data: projected(rows, 12, (row) => rows - 1 - row) })).toBe(true);
      expect(isSmooth({ rows, columns: 12, data: learned(rows, 12) })).toBe(false);
    }
  });

  it('needs only little noise to see that rows were learned', () => {
    const noise = random(5);
    expect(isSmooth({ rows: 20, columns: 12, data: projected(20, 12).map((x) => x + 0.02 * noise()) })).toBe(false);
  });

  it('says nothing of a few rows', () => {
    expect(isSmooth({ rows: 6, columns: 12, data: projected(6, 12) })).toBe(false);
  });
});

describe('explain', () => {
  it('cuts learned tables, not what an optimiser made of sinusoids: position 0 may be at their end', () => {
    const table = (data: Float32Array) => ({ dtype: DataType.FLOAT, shape: [1, 20, 12], data });
    expect(explain(table(learned(20, 12)), [1])).toMatchObject({ found: true, generator: { kind: 'prefix-table' } });
    expect(explain(table(projected(20, 12, (row) => 19 - row)), [1])).toMatchObject({
      found: false,
      reason: expect.stringContaining('repair the export before it is optimised'),
    });
  });
});
