import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { explain } from '../../../src/analysis/explain/explain.js';
import { DataType } from '../../../src/tensor/dtype.js';

interface Params {
  rows: number;
  columns: number;
  chunk: number;
  low: number | undefined;
  high: number | undefined;
}

function isInside({ chunk, low, high }: Omit<Params, 'rows' | 'columns'>, i: number, j: number): boolean {
  const offset = Math.floor(j / chunk) - Math.floor(i / chunk);
  return (low === undefined || offset >= low) && (high === undefined || offset <= high);
}

function mask(params: Params, inside = 1, outside = 0, shape = [params.rows, params.columns]) {
  const data = new Float32Array(params.rows * params.columns);
  for (let i = 0; i < params.rows; i++) {
    for (let j = 0; j < params.columns; j++) {
      data[i * params.columns + j] = isInside(params, i, j) ? inside : outside;
    }
  }
  return { dtype: DataType.FLOAT, shape, data };
}

const bound = fc.option(fc.integer({ min: -5, max: 5 }), { nil: undefined });

describe('band masks', () => {
  it('explains every band and chunk mask by a generator that reproduces it exactly', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 3, max: 24 }),
        fc.integer({ min: 1, max: 6 }),
        bound,
        bound,
        (n, chunk, low, high) => {
          const params = { rows: n, columns: n, chunk, low, high };
          const tensor = mask(params);
          const found = explain(tensor, [0, 1]);
          expect(found.found).toBe(true);
          if (!found.found) return;
          const { generator } = found;
          if (generator.kind === 'fill') {
            expect(new Set(tensor.data)).toEqual(new Set([generator.value]));
            return;
          }
          if (generator.kind !== 'band') throw new Error(generator.kind);
          const inside = Number(generator.inside);
          const outside = Number(generator.outside);
          expect(mask({ ...generator, rows: n, columns: n }, inside, outside).data).toEqual(tensor.data);
        },
      ),
    );
  });

  it('extends to sizes it never saw when all of its edges are visible', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 5 }),
        fc.integer({ min: -2, max: 0 }),
        fc.integer({ min: 0, max: 2 }),
        fc.integer({ min: 26, max: 40 }),
        (chunk, low, high, other) => {
          const found = explain(mask({ rows: 25, columns: 25, chunk, low, high }), [0, 1]);
          if (!found.found || found.generator.kind !== 'band') throw new Error('not explained');
          const { inside, outside } = found.generator;
          const extended = mask({ ...found.generator, rows: other, columns: other }, Number(inside), Number(outside));
          expect(extended.data).toEqual(mask({ rows: other, columns: other, chunk, low, high }).data);
        },
      ),
    );
  });

  it.each([
    ['causal', { chunk: 1, low: undefined, high: 0 }],
    ['identity', { chunk: 1, low: 0, high: 0 }],
    ['sliding window of 6', { chunk: 1, low: -5, high: 0 }],
    ['band of 3 to either side', { chunk: 1, low: -3, high: 3 }],
    ['causal in chunks of 4', { chunk: 4, low: undefined, high: 0 }],
    ['causal in chunks of 4 with 2 chunks of left context', { chunk: 4, low: -2, high: 0 }],
    ['block diagonal in chunks of 4', { chunk: 4, low: 0, high: 0 }],
  ])('names %s', (name, band) => {
    const found = explain(mask({ rows: 20, columns: 20, ...band }, 0, Number.NEGATIVE_INFINITY), [0, 1]);
    expect(found).toMatchObject({ found: true, name });
  });

  it('finds causal masks whatever axes of size 1 stand around them', () => {
    const tensor = mask({ rows: 7, columns: 7, chunk: 1, low: undefined, high: 0 }, 1, 0, [1, 7, 1, 7]);
    expect(explain(tensor, [1, 3])).toMatchObject({
      found: true,
      generator: { kind: 'band', rowAxis: 1, columnAxis: 3 },
    });
  });

  it('refuses a mask with one wrong element', () => {
    const tensor = mask({ rows: 12, columns: 12, chunk: 1, low: undefined, high: 0 });
    tensor.data[5 * 12 + 9] = 1;
    expect(explain(tensor, [0, 1])).toMatchObject({ found: false, maskLike: true });
  });

  it('refuses a random two-valued matrix and a learned one', () => {
    const data = Float32Array.from({ length: 400 }, (_, i) => ((i * 7919) % 13 < 6 ? 1 : 0));
    expect(explain({ dtype: DataType.FLOAT, shape: [20, 20], data }, [0, 1])).toMatchObject({ found: false });
    const learned = Float32Array.from({ length: 400 }, (_, i) => Math.sin(i * 12.9898) * 43758.5453);
    expect(explain({ dtype: DataType.FLOAT, shape: [20, 20], data: learned }, [0, 1])).toMatchObject({
      found: false,
      maskLike: false,
    });
  });

  it('tells -0 from 0: an additive mask keeps its bits', () => {
    const data = new Float32Array(6).fill(-0);
    expect(explain({ dtype: DataType.FLOAT, shape: [1, 6], data }, [1])).toMatchObject({
      found: true,
      generator: { kind: 'fill', value: -0 },
    });
  });

  it('refuses a row of True and False: only lengths at run time could give it', () => {
    const data = Uint8Array.from({ length: 10 }, (_, i) => (i < 7 ? 0 : 1));
    const found = explain({ dtype: DataType.BOOL, shape: [1, 1, 1, 10], data }, [3]);
    expect(found).toMatchObject({ found: false, maskLike: true });
    expect(!found.found && found.reason).toContain('7 of 10 positions are valid');
  });
});
