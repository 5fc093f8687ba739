import { describe, expect, it } from 'vitest';
import { fitSinusoid } from '../../../src/analysis/explain/sinusoid.js';
import { type Sinusoid, sinusoidAt } from '../../../src/rewrite/generators/sinusoid.js';

const f = Math.fround;

type Formula = (position: number, column: number) => number;

/** ESPnet, torch tutorials: exp(arange(0, d, 2) * -(log(base) / d)), sine and cosine side by side. */
const interleaved =
  (d: number, base = 10000): Formula =>
  (p, c) => {
    const angle = f(p * f(Math.exp(f(2 * (c >> 1) * f(-(Math.log(base) / d))))));
    return c % 2 ? Math.cos(angle) : Math.sin(angle);
  };

/** fairseq: sines, then cosines, the exponent divided by h - 1. */
const halves =
  (d: number): Formula =>
  (p, c) => {
    const h = d / 2;
    const angle = f(p * f(Math.exp(f((c % h) * f(-Math.log(10000) / (h - 1))))));
    return c >= h ? Math.cos(angle) : Math.sin(angle);
  };

/** RoFormer: one wave, every frequency twice. */
const rotary =
  (d: number, wave: 'sin' | 'cos'): Formula =>
  (p, c) =>
    Math[wave](f(p * f(1 / f(10000 ** f((c % (d / 2)) / (d / 2))))));

function table(rows: number, columns: number, formula: Formula, position = (row: number) => row) {
  const data = new Float32Array(rows * columns);
  for (let r = 0; r < rows; r++) for (let c = 0; c < columns; c++) data[r * columns + c] = formula(position(r), c);
  return { rows, columns, data };
}

function worst(sinusoid: Sinusoid, columns: number, formula: Formula, positions: number[]): number {
  let error = 0;
  for (const p of positions) {
    for (let c = 0; c < columns; c++) error = Math.max(error, Math.abs(sinusoidAt(sinusoid, c, p) - formula(p, c)));
  }
  return error;
}

describe('sinusoidal tables', () => {
  it.each<[string, number, number, Formula, { base: number; positions: { step: number; start: number } }]>([
    ['interleaved', 20, 32, interleaved(32), { base: 10000, positions: { step: 1, start: 0 } }],
    ['in halves', 30, 32, halves(32), { base: 10000, positions: { step: 1, start: 0 } }],
    ['base 500000', 50, 64, interleaved(64, 500000), { base: 500000, positions: { step: 1, start: 0 } }],
    ['rotary cosines', 20, 8, rotary(8, 'cos'), { base: 10000, positions: { step: 1, start: 0 } }],
    ['rotary sines', 20, 8, rotary(8, 'sin'), { base: 10000, positions: { step: 1, start: 0 } }],
  ])('%s: fits 20 to 50 rows and is right to 1e-6 up to row 5000', (_, rows, d, formula, expected) => {
    const found = fitSinusoid(table(rows, d, formula));
    expect(found).toMatchObject(expected);
    expect(worst(found as Sinusoid, d, formula, [0, 1, 77, 999, 4999])).toBeLessThan(1e-6);
  });

  it.each([1, 2])('begin at position %i', (start) => {
    for (const formula of [interleaved(8), halves(8)]) {
      const found = fitSinusoid(table(20, 8, formula, (row) => row + start));
      expect(found).toMatchObject({ base: 10000, positions: { step: 1, start } });
      expect(worst(found as Sinusoid, 8, formula, [0, 1, 77, 999, 4999])).toBeLessThan(1e-6);
    }
  });

  it('of fractions of the size are none: their frequencies follow it', () => {
    for (const [from, to] of [
      [0, 13],
      [0, 14],
      [1, 14],
    ]) {
      const scale = (2 * Math.PI) / (to as number);
      const normalised: Formula = (p, c) => interleaved(8)(p * scale, c);
      expect(fitSinusoid(table(14, 8, normalised, (row) => row + (from as number)))).toBeUndefined();
    }
    expect(fitSinusoid(table(14, 8, (p, c) => interleaved(8)(p * 0.1, c)))).toBeDefined();
  });

  it('relative tables count down from the middle', () => {
    const found = fitSinusoid(table(199, 16, interleaved(16), (row) => 99 - row));
    expect(found).toMatchObject({ base: 10000, positions: { step: -1, start: 99 } });
  });

  it('legacy relative tables count down to 0', () => {
    const found = fitSinusoid(table(160, 16, interleaved(16), (row) => 159 - row));
    expect(found).toMatchObject({ positions: { step: -1, start: 159 } });
  });

  it('scaled tables keep their amplitude', () => {
    const found = fitSinusoid(table(24, 16, (p, c) => 4 * interleaved(16)(p, c)));
    expect(found).toMatchObject({ amplitude: 4, base: 10000 });
  });

  it('finds frequencies that form no series, and lends them to cosines that are too flat to show them', () => {
    const rates = [1, 0.0047, 0.000177, 6.6e-6].map(Math.fround);
    const turn = (wave: (x: number) => number) => (p: number, c: number) =>
      wave(Math.fround(p * (rates[c % 4] as number)));
    const sines = fitSinusoid(table(12, 8, turn(Math.sin)));
    expect(sines).toMatchObject({ isSeries: false });
    expect(worst(sines as Sinusoid, 8, turn(Math.sin), [0, 11, 500, 4999])).toBeLessThan(2e-5);
    const cosines = table(12, 8, turn(Math.cos));
    expect(fitSinusoid(cosines)).toBeUndefined();
    const lent = fitSinusoid(cosines, [sines as Sinusoid]);
    expect(worst(lent as Sinusoid, 8, turn(Math.cos), [0, 11, 500, 4999])).toBeLessThan(2e-5);
  });

  it('refuses learned tables, and sinusoidal ones with one row changed', () => {
    expect(fitSinusoid(table(20, 16, (p, c) => Math.sin((p * 16 + c) * 12.9898) * 0.02))).toBeUndefined();
    const changed = table(20, 16, interleaved(16));
    changed.data[7 * 16 + 3] = (changed.data[7 * 16 + 3] as number) + 1e-3;
    expect(fitSinusoid(changed)).toBeUndefined();
  });
});
