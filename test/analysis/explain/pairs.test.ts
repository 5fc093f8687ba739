import { describe, expect, it } from 'vitest';
import { explain } from '../../../src/analysis/explain/explain.js';
import { compile } from '../../../src/rewrite/generators/expression.js';
import type { DenseTensor } from '../../../src/tensor/dense.js';
import { DataType } from '../../../src/tensor/dtype.js';

function square(size: number, at: (i: number, j: number) => number): number[] {
  return Array.from({ length: size * size }, (_, k) => at(Math.floor(k / size), k % size));
}

function indices(size: number, at: (i: number, j: number) => number): DenseTensor {
  return { dtype: DataType.INT64, shape: [size, size], data: BigInt64Array.from(square(size, at), BigInt) };
}

function mask(size: number, at: (i: number, j: number) => boolean): DenseTensor {
  const data = Uint8Array.from(square(size, (i, j) => Number(at(i, j))));
  return { dtype: DataType.BOOL, shape: [size, size], data };
}

/** What the rule that is found for one size gives at another. */
function continued(tensor: DenseTensor, size: number): number[] {
  const found = explain(tensor, [0, 1]);
  if (!found.found || found.generator.kind !== 'formula') throw new Error('no formula');
  const value = compile(found.generator.expression, [size, size]);
  return square(size, (i, j) => Number(value([i, j])));
}

describe('rows of tables of relative positions', () => {
  it.each<[string, (i: number, j: number) => number]>([
    ['j - i, counted from the middle of the table', (i, j) => j - i + 16],
    ['i - j, the other way round', (i, j) => 16 + 2 * (i - j)],
    ['|j - i|', (i, j) => Math.abs(j - i)],
  ])('%s, do not depend on the size', (_, at) => {
    for (const size of [8, 20]) expect(continued(indices(14, at), size)).toEqual(square(size, at));
  });
});

describe('chunks of masks', () => {
  it('are told by chunks that come twice', () => {
    const chunked = (c: number) => mask(15, (i, j) => j < Math.floor(i / c) * c);
    expect(explain(chunked(5), [0, 1])).toMatchObject({ found: true });
  });

  it('are none where only the last position would begin one', () => {
    const seen = mask(15, (i, j) => j > i && j < 13);
    expect(explain(seen, [0, 1])).toMatchObject({ found: false });
  });
});
