import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DataType } from '../../../src/tensor/dtype.js';
import { tensorOf } from '../../support/numeric-arbitraries.js';
import { expectSameNumbers } from '../../support/same-numbers.js';
import { evaluated, evaluateOp, facts, float, inferOp, int64 } from '../harness.js';

const { FLOAT, INT64 } = DataType;

describe('as onnxruntime', () => {
  test.each([
    [
      'ij,jk->ik',
      [
        [2, 3],
        [3, 4],
      ],
    ],
    [
      'ij,jk',
      [
        [2, 3],
        [3, 4],
      ],
    ],
    [
      'bhqd,bhkd->bhqk',
      [
        [2, 2, 3, 4],
        [2, 2, 5, 4],
      ],
    ],
    [
      'bqhd,bkhd->bhqk',
      [
        [1, 3, 2, 4],
        [1, 5, 2, 4],
      ],
    ],
    ['i,j->ij', [[3], [2]]],
    ['ij->ji', [[3, 2]]],
    ['ij->', [[3, 2]]],
    ['ij->j', [[3, 2]]],
    ['ii->i', [[3, 3]]],
    ['ii', [[3, 3]]],
    [
      '...ij,...jk->...ik',
      [
        [2, 1, 2, 3],
        [1, 4, 3, 2],
      ],
    ],
    ['...i->...', [[2, 3]]],
    [
      'b...d,dk->b...k',
      [
        [2, 3, 4],
        [4, 2],
      ],
    ],
    [
      'ij,jk,kl->il',
      [
        [2, 3],
        [3, 2],
        [2, 2],
      ],
    ],
    ['c b a', [[2, 3, 4]]],
  ] as const)('%s', async (equation, shapes) => {
    const inputs = fc.tuple(...shapes.map((shape) => tensorOf(FLOAT, shape, { min: 0.5, max: 4 })));
    await fc.assert(
      fc.asyncProperty(inputs, (given) =>
        expectSameNumbers({ opType: 'Einsum', inputs: given, attributes: { equation }, ulps: 8 }),
      ),
      { numRuns: 5 },
    );
  });

  test('of 64-bit integers', async () => {
    const inputs = fc.tuple(tensorOf(INT64, [2, 3], { magnitude: 1000 }), tensorOf(INT64, [3, 2], { magnitude: 1000 }));
    await fc.assert(
      fc.asyncProperty(inputs, (given) =>
        expectSameNumbers({ opType: 'Einsum', inputs: given, attributes: { equation: 'ij,jk->ik' } }),
      ),
      { numRuns: 5 },
    );
  });
});

describe('evaluation', () => {
  const run = (equation: string, ...inputs: ReturnType<typeof float>[]) =>
    evaluated('Einsum', inputs, { attributes: { equation } });

  test('letters of the implicit result are in alphabetical order', () => {
    expect(run('ba', float([1, 2, 3, 4, 5, 6], [2, 3]))).toEqual([1, 4, 2, 5, 3, 6]);
  });

  test('what does not fit is refused', () => {
    expect(() => run('ij,jk', float([1], [1, 1]))).toThrow('2 terms for 1 operands');
    expect(() => run('ij', float([1]))).toThrow('term ij of Einsum does not fit 1 dimensions');
    expect(() => run('i,i', float([1, 2]), float([1, 2, 3]))).toThrow('i of Einsum is 2 and 3');
    expect(() => run('i->j', float([1]))).toThrow('j is in no term');
    expect(() => evaluateOp('Einsum', [float([1]), int64([1])], { attributes: { equation: 'i,i' } })).toThrow(
      'Einsum of float and int64',
    );
  });
});

describe('inference', () => {
  const shapeOf = (equation: string, ...shapes: (readonly (string | number | undefined)[])[]) =>
    inferOp(
      'Einsum',
      shapes.map((shape) => facts(FLOAT, shape)),
      { attributes: { equation } },
    );

  test.each([
    [
      'bqhd,bkhd->bhqk',
      [
        ['B', 'T', 8, 64],
        ['B', 'S', 8, 64],
      ],
      '[B, 8, T, S]',
    ],
    [
      '...d,df->...f',
      [
        ['B', 'T', 512],
        [512, 64],
      ],
      '[B, T, 64]',
    ],
    [
      '...ij,...jk->...ik',
      [
        [1, 'T', 4],
        ['B', 4, 'T'],
      ],
      '[B, T, T]',
    ],
    ['ij->', [['B', 'T']], '[]'],
    [
      'ij,jk',
      [
        ['B', 'T'],
        ['T', 3],
      ],
      '[B, 3]',
    ],
  ] as const)('%s', (equation, shapes, expected) => {
    expect(shapeOf(equation, ...shapes)).toMatchObject({ shape: expected, conflicts: [] });
  });

  test('a frozen size is a conflict', () => {
    const result = shapeOf('bth,ts->bsh', ['B', 'T', 8], [1000, 'S']);
    expect(result).toMatchObject({ shape: '[B, S, 8]', conflicts: ['T|1000|t of Einsum'] });
  });

  test('an equation that does not fit is said of, not thrown', () => {
    const result = shapeOf('ij,jk', ['B', 'T']);
    expect(result.shape).toBeUndefined();
    expect(result.reasons).toEqual(['2 terms for 1 operands']);
  });

  test('an unknown rank leaves the shape open', () => {
    const unknown = facts(FLOAT, undefined);
    expect(inferOp('Einsum', [unknown], { attributes: { equation: 'ij' } }).shape).toBeUndefined();
  });
});
