import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DataType } from '../../../src/tensor/dtype.js';
import { expectAgreement } from '../../support/agreement.js';
import { numbered, permutation, shapes, tensors } from '../../support/arbitraries.js';
import { evaluateOp, facts, float, inferOp, int64 } from '../harness.js';

const RUNS = { numRuns: 40 };

describe('Transpose', () => {
  test('of any order of axes, as onnxruntime', async () => {
    const cases = tensors(shapes({ minRank: 1 })).chain((x) => fc.tuple(fc.constant(x), permutation(x.shape.length)));
    await fc.assert(
      fc.asyncProperty(cases, async ([x, perm]) => {
        await expectAgreement({ opType: 'Transpose', inputs: [x], attributes: { perm } });
      }),
      RUNS,
    );
  });

  test('reverses the axes by default', async () => {
    await expectAgreement({ opType: 'Transpose', inputs: [numbered(DataType.FLOAT, [2, 3, 4])] });
  });

  test('moves symbolic elements', () => {
    const x = facts(DataType.INT64, [2, 2], ['T', 'B', undefined, 'T - 1']);
    expect(inferOp('Transpose', [x]).content).toBe('[T, ?, B, T - 1]');
  });

  test('takes the rank from perm', () => {
    expect(inferOp('Transpose', [facts(1, undefined)], { attributes: { perm: [1, 0] } }).shape).toBe('[?, ?]');
  });

  test('moves complex numbers whole', () => {
    const x = { dtype: DataType.COMPLEX64, shape: [2, 2], data: Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8) };
    expect(evaluateOp('Transpose', [x])[0]?.data).toEqual(Float32Array.of(1, 2, 5, 6, 3, 4, 7, 8));
  });
});

describe('DepthToSpace and SpaceToDepth', () => {
  test.each(['DCR', 'CRD'])('%s as onnxruntime', async (mode) => {
    const x = numbered(DataType.FLOAT, [2, 8, 2, 3]);
    await expectAgreement({ opType: 'DepthToSpace', inputs: [x], attributes: { blocksize: 2, mode } });
  });

  test('blocks of any size', async () => {
    await fc.assert(
      fc.asyncProperty(shapes({ minRank: 4, maxSize: 3 }), fc.integer({ min: 1, max: 3 }), async (sizes, blocksize) => {
        const [n, c, h, w] = sizes as [number, number, number, number];
        const x = numbered(DataType.FLOAT, [n, c, h * blocksize, w * blocksize]);
        const [deep] = await expectAgreement({ opType: 'SpaceToDepth', inputs: [x], attributes: { blocksize } });
        const back = evaluateOp('DepthToSpace', [deep], { attributes: { blocksize } });
        expect(back[0]?.data).toEqual(x.data);
      }),
      { numRuns: 20 },
    );
  });
});

describe('Trilu', () => {
  test('keeps a triangle, as onnxruntime', async () => {
    const matrices = tensors(shapes({ minRank: 2, maxRank: 3 }), [DataType.FLOAT, DataType.INT64, DataType.BOOL]);
    await fc.assert(
      fc.asyncProperty(
        matrices,
        fc.integer({ min: -5, max: 5 }),
        fc.integer({ min: 0, max: 1 }),
        async (x, k, upper) => {
          await expectAgreement({ opType: 'Trilu', inputs: [x, int64([k], [])], attributes: { upper } });
        },
      ),
      RUNS,
    );
  });

  test('leaves its input alone', () => {
    const x = float([1, 2, 3, 4], [2, 2]);
    evaluateOp('Trilu', [x]);
    expect([...x.data]).toEqual([1, 2, 3, 4]);
  });
});

describe('ReverseSequence', () => {
  test.each([0, 1])('with time on axis %i, as onnxruntime', async (time) => {
    const x = numbered(DataType.FLOAT, time === 0 ? [4, 3, 2] : [3, 4, 2]);
    const attributes = { time_axis: time, batch_axis: 1 - time };
    await expectAgreement({ opType: 'ReverseSequence', inputs: [x, int64([1, 4, 3])], attributes });
  });
});

test('an axis that does not exist is refused', () => {
  expect(() => evaluateOp('Transpose', [float([1])], { attributes: { perm: [1] } })).toThrow('perm');
});
