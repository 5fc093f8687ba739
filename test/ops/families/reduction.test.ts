import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DataType } from '../../../src/tensor/dtype.js';
import { shapes } from '../../support/arbitraries.js';
import { type FloatRange, tensorOf } from '../../support/numeric-arbitraries.js';
import { expectSameNumbers } from '../../support/same-numbers.js';
import { bool, dense, evaluated, evaluateOp, facts, float, inferOp, int64 } from '../harness.js';

const { FLOAT, DOUBLE, INT32, INT64, BOOL, UINT8 } = DataType;
const RUNS = { numRuns: 20 };

/** A tensor, and some of its axes, from either end. */
function reductions(dtype: number, range: FloatRange) {
  return shapes({ minRank: 1 }).chain((shape) =>
    fc.record({
      x: tensorOf(dtype, shape, range),
      axes: fc
        .subarray(
          shape.map((_, axis) => axis),
          { minLength: 1 },
        )
        .chain((axes) => fc.tuple(...axes.map((axis) => fc.constantFrom(axis, axis - shape.length)))),
      keepdims: fc.constantFrom(0, 1),
    }),
  );
}

describe('as onnxruntime', () => {
  const exact = ['ReduceMax', 'ReduceMin'].flatMap((op) => [FLOAT, DOUBLE, INT32, INT64, UINT8].map((t) => [op, t]));
  const sums = ['ReduceSum', 'ReduceProd'].flatMap((op) => [INT32, INT64].map((t) => [op, t]));
  test.each([...exact, ...sums] as [string, number][])('%s of type %i', async (opType, dtype) => {
    // Extremes of 0 and -0 depend on the order in which they are met.
    // What overflows is not specified; onnxruntime adds and multiplies integers in doubles.
    const range = {
      min: 1e-3,
      max: 1e6,
      ...(opType === 'ReduceSum' ? { magnitude: 1000 } : {}),
      ...(opType === 'ReduceProd' ? { magnitude: 1 } : {}),
    };
    await fc.assert(
      fc.asyncProperty(reductions(dtype, range), ({ x, axes, keepdims }) => {
        const attributes = { keepdims };
        return expectSameNumbers({ opType, inputs: [x, int64(axes)], attributes, atol: Number.MIN_VALUE });
      }),
      RUNS,
    );
  });

  const approximate = [
    'ReduceSum',
    'ReduceMean',
    'ReduceProd',
    'ReduceSumSquare',
    'ReduceL1',
    'ReduceL2',
    'ReduceLogSum',
    'ReduceLogSumExp',
  ];
  test.each(approximate)('%s of floats', async (opType) => {
    await fc.assert(
      fc.asyncProperty(reductions(FLOAT, { min: 0.5, max: 9 }), ({ x, axes, keepdims }) =>
        expectSameNumbers({ opType, inputs: [x, int64(axes)], attributes: { keepdims }, ulps: 32 }),
      ),
      RUNS,
    );
  });

  test.each(['ReduceSum', 'ReduceMean', 'ReduceMax'])('%s with the axes as an attribute', async (opType) => {
    const opset = opType === 'ReduceSum' ? 12 : 17;
    await fc.assert(
      fc.asyncProperty(reductions(FLOAT, { min: 0.5, max: 9 }), ({ x, axes, keepdims }) =>
        expectSameNumbers({ opType, inputs: [x], attributes: { keepdims, axes }, opset, ulps: 8 }),
      ),
      RUNS,
    );
  });

  test('no axes mean all, or none', async () => {
    const x = float([1, 2, 3, 4, 5, 6], [2, 3]);
    for (const noop_with_empty_axes of [0, 1]) {
      const attributes = { noop_with_empty_axes };
      await expectSameNumbers({ opType: 'ReduceSum', inputs: [x], attributes });
      await expectSameNumbers({ opType: 'ReduceSum', inputs: [x, int64([])], attributes });
      await expectSameNumbers({ opType: 'ReduceSumSquare', inputs: [x], attributes });
    }
  });
});

describe('evaluation', () => {
  test.each([
    ['ReduceSum', 0],
    ['ReduceProd', 1],
    ['ReduceMax', Number.NEGATIVE_INFINITY],
    ['ReduceMin', Number.POSITIVE_INFINITY],
    ['ReduceMean', Number.NaN],
    ['ReduceLogSum', Number.NEGATIVE_INFINITY],
    ['ReduceLogSumExp', Number.NEGATIVE_INFINITY],
    ['ReduceL2', 0],
  ])('%s of nothing is %d', (opType, expected) => {
    expect(evaluated(opType, [float([], [2, 0]), int64([1])])).toEqual([expected, expected]);
  });

  test('extremes of no integers are the ends of their range', () => {
    const none = dense(INT32, new Int32Array(), [0]);
    expect(evaluated('ReduceMax', [none])).toEqual([-(2 ** 31)]);
    expect(evaluated('ReduceMin', [none])).toEqual([2 ** 31 - 1]);
    expect(evaluated('ReduceMin', [dense(UINT8, new Uint8Array(), [0])])).toEqual([255]);
    expect(evaluated('ReduceMax', [bool([], [0])], { opset: 20 })).toEqual([0]);
  });

  test('all and any of bools', () => {
    const x = bool([1, 0, 1, 1], [2, 2]);
    expect(evaluated('ReduceMin', [x, int64([1])], { opset: 20 })).toEqual([0, 1]);
    expect(evaluateOp('ReduceMax', [x, int64([1])], { opset: 20 })[0]?.dtype).toBe(BOOL);
  });

  test('the logarithm of a sum of exponentials does not overflow', () => {
    expect(evaluated('ReduceLogSumExp', [float([1000, 1000])])).toEqual([Math.fround(1000 + Math.LN2)]);
  });

  test('an axis that does not exist is refused', () => {
    expect(() => evaluateOp('ReduceSum', [float([1]), int64([1])])).toThrow('axis 1 does not exist');
    expect(() => evaluateOp('ReduceLogSum', [int64([1])])).toThrow('not defined for int64');
  });
});

describe('inference', () => {
  const x = facts(FLOAT, ['B', 'T', 64]);

  test.each([
    [[1], 1, '[B, 1, 64]'],
    [[1], 0, '[B, 64]'],
    [[-1, 0], 0, '[T]'],
    [[], 0, '[]'],
    [[], 1, '[1, 1, 1]'],
  ])('over axes %j, keepdims %i', (axes, keepdims, expected) => {
    expect(inferOp('ReduceMean', [x, int64(axes)], { attributes: { keepdims } }).shape).toBe(expected);
    const older = inferOp('ReduceMean', [x], { attributes: { keepdims, axes }, opset: 17 });
    expect(older.shape).toBe(expected);
  });

  test('axes that depend on data leave what does not depend on them', () => {
    const axes = facts(INT64, [2]);
    expect(inferOp('ReduceSum', [facts(FLOAT, ['B', 1, 4]), axes]).shape).toBe('[?, 1, ?]');
    const dropped = inferOp('ReduceSum', [x, axes], { attributes: { keepdims: 0 } });
    expect(dropped.shape).toBe('[?]');
    expect(dropped.reasons).toEqual(['the axes depend on data']);
  });

  test('an input of unknown rank', () => {
    const unknown = facts(FLOAT, undefined);
    expect(inferOp('ReduceSum', [unknown], { attributes: { keepdims: 0 } }).shape).toBe('[]');
    expect(inferOp('ReduceSum', [unknown]).shape).toBeUndefined();
  });

  test('an axis that does not exist is said of, not thrown', () => {
    const result = inferOp('ReduceSum', [x, int64([5])]);
    expect(result.shape).toBeUndefined();
    expect(result.reasons).toEqual(['axis 5 does not exist in 3 dimensions']);
  });

  test.each([
    ['ReduceProd', '[64*B*T]'],
    ['ReduceSum', '[B + T + 64]'],
  ])('%s of a shape', (opType, expected) => {
    const shape = facts(INT64, [3], ['B', 'T', 64]);
    expect(inferOp(opType, [shape], { attributes: { keepdims: 0 } })).toMatchObject({ shape: '[]', content: expected });
  });

  test('extremes of a shape', () => {
    const sizes = facts(INT64, [2, 2], ['T', 'T + 1', 'B', 1]);
    expect(inferOp('ReduceMax', [sizes, int64([1])], { attributes: { keepdims: 0 } }).content).toBe('[T + 1, B]');
    expect(inferOp('ReduceMin', [sizes, int64([1])], { attributes: { keepdims: 0 } }).content).toBe('[T, 1]');
  });
});
