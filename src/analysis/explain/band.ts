import type { BandMask } from '../../rewrite/generators/band.js';
import type { BitMatrix } from './matrix.js';

/** A band without the axes that it lies along. */
export type Band = Omit<BandMask, 'kind' | 'rowAxis' | 'columnAxis'>;

/** Finds the band that gives exactly this matrix, the smallest chunk first; undefined when none does. */
export function findBand(matrix: BitMatrix): Band | undefined {
  // Rows change only where a chunk begins, so the chunk divides the index of the first row that is different.
  const limit = firstDifferentRow(matrix) ?? 0;
  for (let chunk = 1; chunk <= limit; chunk++) {
    if (limit % chunk !== 0) continue;
    const band = bandOfChunk(matrix, chunk);
    if (band !== undefined) return band;
  }
  return undefined;
}

function bandOfChunk(matrix: BitMatrix, chunk: number): Band | undefined {
  const offsets = bitByOffset(matrix, chunk);
  if (offsets === undefined) return undefined;
  const { first, bits } = offsets;
  const ends = (bit: number) => {
    const low = bits.indexOf(bit);
    const high = bits.lastIndexOf(bit);
    for (let k = low; k <= high; k++) if (bits[k] !== bit) return undefined;
    return {
      chunk,
      // An end that coincides with the last block offset of the matrix is open: nothing lies beyond it.
      low: low === 0 ? undefined : first + low,
      high: high === bits.length - 1 ? undefined : first + high,
      inside: bit === 1 ? matrix.one : matrix.zero,
      outside: bit === 1 ? matrix.zero : matrix.one,
    };
  };
  // Where both values are one run (causal and its complement), "inside" is the one on the diagonal.
  const diagonal = bits[-first] as number;
  return ends(diagonal) ?? ends(1 - diagonal);
}

function firstDifferentRow({ rows, columns, bits }: BitMatrix): number | undefined {
  for (let i = 1; i < rows; i++) {
    for (let j = 0; j < columns; j++) if (bits[i * columns + j] !== bits[j]) return i;
  }
  return undefined;
}

/** The bit of every block offset `floor(j / chunk) - floor(i / chunk)`, from `first` on; undefined when one has both. */
function bitByOffset({ rows, columns, bits }: BitMatrix, chunk: number): { first: number; bits: number[] } | undefined {
  const first = -Math.floor((rows - 1) / chunk);
  const last = Math.floor((columns - 1) / chunk);
  const byOffset = new Array<number>(last - first + 1).fill(-1);
  for (let i = 0; i < rows; i++) {
    const block = Math.floor(i / chunk);
    for (let j = 0; j < columns; j++) {
      const k = Math.floor(j / chunk) - block - first;
      const bit = bits[i * columns + j] as number;
      if (byOffset[k] === -1) byOffset[k] = bit;
      else if (byOffset[k] !== bit) return undefined;
    }
  }
  return { first, bits: byOffset };
}

/** How the field calls this mask: 'causal', 'sliding window of 6', 'chunks of 16 with 2 chunks of left context' ... */
export function describeBand({ chunk, low, high }: Band): string {
  const unit = chunk === 1 ? '' : ` in chunks of ${chunk}`;
  if (low === undefined && high === 0) return `causal${unit}`;
  if (low === 0 && high === 0) return chunk === 1 ? 'identity' : `block diagonal${unit}`;
  if (low !== undefined && high === 0) {
    return chunk === 1 ? `sliding window of ${1 - low}` : `causal${unit} with ${-low} chunks of left context`;
  }
  if (low === 1 && high === undefined) return `strictly upper triangular${unit}`;
  if (low !== undefined && high !== undefined && low === -high) return `band of ${high} to either side${unit}`;
  return `band ${low ?? '-inf'} <= j - i <= ${high ?? 'inf'}${unit}`;
}
