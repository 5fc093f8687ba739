import { describe, expect, it } from 'vitest';
import { explain } from '../../../src/analysis/explain/explain.js';
import { explainBaked } from '../../../src/analysis/explained.js';
import { DataType } from '../../../src/tensor/dtype.js';
import { Builder, frozen } from '../evidence/model.js';

/** What a mask of `size` queries and keys is taken for, given which distances (key - query) are masked. */
function kindOf(size: number, isMasked: (distance: number) => boolean): string | undefined {
  const data = Uint8Array.from({ length: size * size }, (_, i) => Number(isMasked((i % size) - Math.floor(i / size))));
  const found = explain({ dtype: DataType.BOOL, shape: [size, size], data }, [0, 1]);
  return found.found ? found.generator.kind : undefined;
}

/** A key may be seen at no distance, and at powers of two before the query (LogSparse attention). */
const isLogSparse = (distance: number) => distance > 0 || (distance < 0 && (-distance & (-distance - 1)) !== 0);

describe('masks by distance', () => {
  it('are not continued by a gap that is no longer than the next one would be', () => {
    expect(kindOf(13, isLogSparse)).toBeUndefined();
    expect(kindOf(16, isLogSparse)).toBeUndefined();
  });

  it('end where more is masked than any gap before', () => {
    expect(kindOf(40, (distance) => isLogSparse(distance) || distance < -8)).toBe('relative-table');
    expect(kindOf(20, (distance) => distance > 0 || distance < -6 || distance % 2 !== 0)).toBeDefined();
  });
});

describe('square matrices that are read along one axis', () => {
  it.each([
    ['exponential decay', (i: number, j: number) => Math.exp(-0.3 * Math.abs(i - j))],
    ['causal decay', (i: number, j: number) => (j > i ? 0 : 0.9 ** (i - j))],
  ])('are baked along both: %s', async (_, at) => {
    const b = await Builder.start();
    const matrix = b.floats([13, 13], (k) => at(Math.floor(k / 13), k % 13));
    const { model } = b.output(b.node('MatMul', [matrix, b.input(['batch', 'time', 8])]));
    expect(frozen(model)).toContain('13: time');
    const { constants } = explainBaked(model);
    expect(constants.map(({ baked }) => [...baked.axes.keys()].sort())).toEqual([[0, 1]]);
  });
});
