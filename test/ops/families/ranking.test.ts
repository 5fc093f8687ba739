import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DataType } from '../../../src/tensor/dtype.js';
import { axisOf, shapes } from '../../support/arbitraries.js';
import { tensorOf } from '../../support/numeric-arbitraries.js';
import { expectSameNumbers } from '../../support/same-numbers.js';
import { evaluated, evaluateOp, facts, float, inferOp, int64, numbersOf } from '../harness.js';

const { FLOAT, DOUBLE, INT32, INT64 } = DataType;
const RUNS = { numRuns: 25 };

describe('as onnxruntime', () => {
  const table = ['ArgMax', 'ArgMin'].flatMap((op) => [FLOAT, INT32].map((dtype) => [op, dtype] as const));
  test.each(table)('%s of type %i', async (opType, dtype) => {
    const cases = shapes({ minRank: 1 }).chain((shape) =>
      fc.record({
        // Few values: ties are the point.
        x: tensorOf(dtype, shape, { min: -2, max: 2 }),
        axis: axisOf(shape.length),
        keepdims: fc.constantFrom(0, 1),
        select_last_index: fc.constantFrom(0, 1),
      }),
    );
    await fc.assert(
      fc.asyncProperty(cases, ({ x, ...attributes }) => expectSameNumbers({ opType, inputs: [x], attributes })),
      RUNS,
    );
  });

  test.each([FLOAT, DOUBLE, INT32, INT64])('TopK of type %i', async (dtype) => {
    const cases = shapes({ minRank: 1 }).chain((shape) =>
      axisOf(shape.length).chain((axis) =>
        fc.record({
          x: tensorOf(dtype, shape, { min: -2, max: 2 }),
          axis: fc.constant(axis),
          k: fc.integer({ min: 1, max: shape.at(axis) as number }),
          largest: fc.constantFrom(0, 1),
        }),
      ),
    );
    await fc.assert(
      fc.asyncProperty(cases, ({ x, axis, k, largest }) =>
        expectSameNumbers({ opType: 'TopK', inputs: [x, int64([k])], attributes: { axis, largest }, outputs: 2 }),
      ),
      RUNS,
    );
  });
});

describe('evaluation', () => {
  test('equal elements keep their order', () => {
    const [values, indices] = evaluateOp('TopK', [float([1, 3, 3, 2]), int64([3])], { outputs: 2 });
    expect([numbersOf(values as never), numbersOf(indices as never)]).toEqual([
      [3, 3, 2],
      [1, 2, 3],
    ]);
  });

  test('before opset 10 K is an attribute', () => {
    expect(evaluated('TopK', [float([1, 3, 2])], { opset: 1, attributes: { k: 2 } })).toEqual([3, 2]);
  });

  test('more than there are is refused', () => {
    expect(() => evaluateOp('TopK', [float([1]), int64([2])])).toThrow('the top 2 of 1 elements');
    expect(() => evaluateOp('ArgMax', [float([], [0])])).toThrow('no elements');
  });
});

describe('inference', () => {
  test('the extremes of an axis', () => {
    const x = facts(FLOAT, ['B', 'T', 'V']);
    expect(inferOp('ArgMax', [x], { attributes: { axis: -1, keepdims: 0 } })).toMatchObject({ shape: '[B, T]' });
    expect(inferOp('ArgMax', [x], { attributes: { axis: -1 } }).shape).toBe('[B, T, 1]');
    expect(inferOp('ArgMax', [x]).tensor?.dtype).toBe(INT64);
    expect(inferOp('ArgMax', [facts(FLOAT, ['B'])], { attributes: { axis: 3 } }).shape).toBeUndefined();
  });

  test('K is a size, known or symbolic', () => {
    const x = facts(FLOAT, ['B', 'T']);
    const result = inferOp('TopK', [x, facts(INT64, [1], ['min(T, 5)'])], { outputs: 2 });
    expect(result.shape).toBe('[B, min(T, 5)]');
    expect(result.outputs[1]).toMatchObject({ dtype: INT64 });
    expect(inferOp('TopK', [x, int64([3])], { attributes: { axis: 0 } }).shape).toBe('[3, T]');
  });

  test('K that depends on data is one fresh size in both outputs', () => {
    const { outputs, reasons } = inferOp('TopK', [facts(FLOAT, ['B', 'T']), facts(INT64, [1])], { outputs: 2 });
    const [values, indices] = outputs.map((facts) => (facts?.kind === 'tensor' ? facts.shape?.[1] : undefined));
    expect(values?.isFresh).toBe(true);
    expect(indices).toBe(values);
    expect(reasons).toEqual(['K depends on data']);
  });

  test('numbers are ranked', () => {
    expect(inferOp('ArgMax', [float([1, 5, 2])]).content).toBe('[1]');
    expect(inferOp('TopK', [float([1, 5, 2]), int64([2])]).content).toBe('[5, 2]');
  });
});
