/**
 * Tables whose columns change as slowly as sinusoidal positions do: what is left of sinusoids after a linear layer that was
 * folded into them. Learned rows, trained or not, are noisy at the precision of the test.
 */
import type { Table } from './sinusoid.js';

/** Angles of one step go up to 1 in positional encodings (Vaswani et al. 2017, section 3.5). */
const FREQUENCIES = 48;

/** A direction that is the sum of others, up to this, adds nothing. */
const DEPENDENT = 1e-4;

/** What of a column may be left over. */
const RESIDUAL = 1e-3;

/** So many directions that no slow wave has have to be empty, or the test says nothing. */
const LEAST_SPARE = 2;

/** Is every column a sum of sines and cosines of at most 1 radian a row, to about three digits? */
export function isSmooth({ rows, columns, data }: Table): boolean {
  const waves = slowWaves(rows);
  if (waves.length + LEAST_SPARE > rows) return false;
  for (let column = 0; column < columns; column++) {
    const values = Float64Array.from({ length: rows }, (_, row) => data[row * columns + column] as number);
    const norm = normOf(values);
    if (!Number.isFinite(norm)) return false;
    for (const wave of waves) subtract(values, wave);
    if (normOf(values) > RESIDUAL * norm) return false;
  }
  return true;
}

/** An orthonormal basis of the waves of up to 1 radian a row (modified Gram-Schmidt, twice, for the sake of precision). */
function slowWaves(rows: number): readonly Float64Array[] {
  // All layers of a model have as many rows.
  if (latest?.rows !== rows) latest = { rows, basis: makeBasis(rows) };
  return latest.basis;
}

let latest: { readonly rows: number; readonly basis: readonly Float64Array[] } | undefined;

function makeBasis(rows: number): Float64Array[] {
  const basis: Float64Array[] = [];
  for (let k = 0; k <= FREQUENCIES; k++) {
    for (const wave of [Math.cos, Math.sin]) {
      const next = Float64Array.from({ length: rows }, (_, row) => wave((k / FREQUENCIES) * (row - (rows - 1) / 2)));
      const before = normOf(next);
      for (let pass = 0; pass < 2; pass++) for (const other of basis) subtract(next, other);
      const after = normOf(next);
      if (after <= DEPENDENT * before) continue;
      basis.push(next.map((value) => value / after));
    }
  }
  return basis;
}

function subtract(values: Float64Array, unit: Float64Array): void {
  let dot = 0;
  for (let i = 0; i < unit.length; i++) dot += (values[i] as number) * (unit[i] as number);
  for (let i = 0; i < unit.length; i++) values[i] = (values[i] as number) - dot * (unit[i] as number);
}

function normOf(values: Float64Array): number {
  let sum = 0;
  for (const value of values) sum += value * value;
  return Math.sqrt(sum);
}
