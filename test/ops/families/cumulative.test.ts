import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DataType } from '../../../src/tensor/dtype.js';
import { axisOf, shapes } from '../../support/arbitraries.js';
import { tensorOf } from '../../support/numeric-arbitraries.js';
import { expectSameNumbers } from '../../support/same-numbers.js';
import { evaluated, evaluateOp, facts, float, inferOp, int32, int64 } from '../harness.js';

const { FLOAT, DOUBLE, INT32, INT64, BOOL } = DataType;

describe('CumSum, as onnxruntime', () => {
  test.each([FLOAT, DOUBLE, INT32, INT64])('of type %i', async (dtype) => {
    const cases = shapes({ minRank: 1 }).chain((shape) =>
      fc.record({
        x: tensorOf(dtype, shape),
        axis: axisOf(shape.length),
        exclusive: fc.constantFrom(0, 1),
        reverse: fc.constantFrom(0, 1),
      }),
    );
    await fc.assert(
      fc.asyncProperty(cases, ({ x, axis, ...attributes }) => {
        // Which of 0 and -0 an empty sum or a sum of -0 is, no one reads.
        const atol = Number.MIN_VALUE;
        return expectSameNumbers({ opType: 'CumSum', inputs: [x, int64([axis], [])], attributes, atol });
      }),
      { numRuns: 30 },
    );
  });
});

describe('evaluation', () => {
  test('sums are rounded step by step', () => {
    const big = 2 ** 24;
    expect(evaluated('CumSum', [float([big, 1, 1]), int64([0], [])])).toEqual([big, big, big]);
  });

  test('CumProd, exclusive and reverse', () => {
    const x = int32([1, 2, 3, 4]);
    const run = (attributes: Record<string, number>) => evaluated('CumProd', [x, int64([0], [])], { attributes });
    expect(run({})).toEqual([1, 2, 6, 24]);
    expect(run({ exclusive: 1 })).toEqual([1, 1, 2, 6]);
    expect(run({ reverse: 1 })).toEqual([24, 24, 12, 4]);
    expect(run({ exclusive: 1, reverse: 1 })).toEqual([24, 12, 4, 1]);
  });

  test('an axis that does not exist and bools are refused', () => {
    expect(() => evaluateOp('CumSum', [float([1]), int64([1], [])])).toThrow('axis 1 does not exist');
    const x = { dtype: BOOL, shape: [1], data: Uint8Array.of(1) };
    expect(() => evaluateOp('CumSum', [x, int64([0], [])])).toThrow('not defined for bool');
  });
});

describe('inference', () => {
  test('running totals of sizes', () => {
    const sizes = facts(INT64, [3], ['B', 'T', 2]);
    expect(inferOp('CumSum', [sizes, int64([0], [])]).content).toBe('[B, B + T, B + T + 2]');
    expect(inferOp('CumProd', [sizes, int64([-1], [])], { attributes: { exclusive: 1 } }).content).toBe('[1, B, B*T]');
    expect(inferOp('CumSum', [sizes, int64([0], [])], { attributes: { reverse: 1 } }).content).toBe(
      '[B + T + 2, T + 2, 2]',
    );
  });

  test('an unknown element spoils only what follows', () => {
    const sizes = facts(INT64, [3], ['B', undefined, 2]);
    expect(inferOp('CumSum', [sizes, int64([0], [])]).content).toBe('[B, ?, ?]');
  });

  test('the shape stays', () => {
    expect(inferOp('CumSum', [facts(FLOAT, ['B', 'T']), facts(INT64, [])]).shape).toBe('[B, T]');
  });
});
