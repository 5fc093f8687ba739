import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DataType } from '../../../src/tensor/dtype.js';
import { broadcastable, tensorOf } from '../../support/numeric-arbitraries.js';
import { expectSameNumbers } from '../../support/same-numbers.js';
import { bool, dense, evaluateOp, facts, float, inferOp, int64 } from '../harness.js';

const { FLOAT, DOUBLE, INT32, INT64, UINT8, BOOL, STRING } = DataType;

describe('Where', () => {
  test.each([FLOAT, DOUBLE, INT32, INT64, UINT8])('of type %i, as onnxruntime', async (dtype) => {
    const inputs = broadcastable(3).chain(([c = [], x = [], y = []]) =>
      fc.tuple(tensorOf(BOOL, c), tensorOf(dtype, x, { special: true }), tensorOf(dtype, y, { special: true })),
    );
    // onnxruntime may give 0 for a -0 that is chosen, depending on the shapes.
    const atol = Number.MIN_VALUE;
    await fc.assert(
      fc.asyncProperty(inputs, (given) => expectSameNumbers({ opType: 'Where', inputs: given, atol })),
      { numRuns: 25 },
    );
  });

  test('chooses strings', () => {
    const [result] = evaluateOp('Where', [bool([1, 0]), dense(STRING, ['a', 'b']), dense(STRING, ['c'], [])]);
    expect(result?.data).toEqual(['a', 'c']);
  });

  test('refuses two types', () => {
    expect(() => evaluateOp('Where', [bool([1]), float([1]), int64([1])])).toThrow('Where of float and int64');
  });

  test('keeps what is known of each side', () => {
    const x = facts(INT64, [3], ['T', 'B', undefined]);
    expect(inferOp('Where', [bool([1, 0, 0]), x, int64([7])]).content).toBe('[T, 7, 7]');
    expect(inferOp('Where', [bool([1, 1, 1]), x, int64([7])]).content).toBe('[T, B, ?]');
  });

  test('an open condition does not matter between equals', () => {
    const condition = facts(BOOL, [2]);
    const x = facts(INT64, [2], ['T', 'B']);
    const y = facts(INT64, [2], ['T', 1]);
    expect(inferOp('Where', [condition, x, y]).content).toBe('[T, ?]');
  });

  test('takes the size that Expand would be given, as exporters write it', () => {
    // Where(Equal(shape, -1), ones, shape)
    const shape = facts(INT64, [3], ['B', -1, 64]);
    const isOpen = inferOp('Equal', [shape, int64([-1])]).tensor;
    expect(inferOp('Where', [isOpen, int64([1, 1, 1]), shape]).content).toBe('[B, 1, 64]');
  });

  test('a frozen mask conflicts with the live scores', () => {
    const result = inferOp('Where', [
      facts(BOOL, [1, 1, 1000, 1000]),
      facts(FLOAT, ['B', 8, 'T', 'T']),
      float([-1], []),
    ]);
    expect(result.shape).toBe('[B, 8, T, T]');
    expect(result.conflicts).toHaveLength(2);
  });
});
