import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DataType } from '../../../src/tensor/dtype.js';
import { expectAgreement } from '../../support/agreement.js';
import { shapes } from '../../support/arbitraries.js';
import { dense, evaluateOp, facts, float, inferOp, int32, int64, numbersOf } from '../harness.js';

const RUNS = { numRuns: 60 };

describe('Constant', () => {
  test.each([
    [{ value: float([1, 2], [2, 1]) }, DataType.FLOAT, [2, 1], [1, 2]],
    [{ value_int: 5 }, DataType.INT64, [], [5]],
    [{ value_ints: [5, 6] }, DataType.INT64, [2], [5, 6]],
    [{ value_float: 0.5 }, DataType.FLOAT, [], [0.5]],
    [{ value_floats: [0.5, 1] }, DataType.FLOAT, [2], [0.5, 1]],
  ])('%o', (attributes, dtype, shape, elements) => {
    const [result] = evaluateOp('Constant', [], { attributes });
    expect(result).toMatchObject({ dtype, shape });
    expect(result && numbersOf(result)).toEqual(elements);
    const inferred = inferOp('Constant', [], { attributes });
    expect(inferred.tensor?.dtype).toBe(dtype);
    expect(inferred).toMatchObject({ shape: `[${shape.join(', ')}]`, content: `[${elements.join(', ')}]` });
  });

  test('of strings', () => {
    expect(evaluateOp('Constant', [], { attributes: { value_string: 'a' } })).toEqual([
      { dtype: DataType.STRING, shape: [], data: ['a'] },
    ]);
    const [result] = evaluateOp('Constant', [], { attributes: { value_strings: ['a', 'b'] } });
    expect(result).toEqual({ dtype: DataType.STRING, shape: [2], data: ['a', 'b'] });
  });

  test('a sparse one is refused', () => {
    expect(() => evaluateOp('Constant', [])).toThrow('sparse');
    expect(inferOp('Constant', []).reasons).toEqual(['a sparse constant']);
  });
});

describe('ConstantOfShape', () => {
  test('as onnxruntime', async () => {
    const values = [float([1.5]), int64([-3]), int32([7]), dense(DataType.BOOL, Uint8Array.of(1)), undefined];
    await fc.assert(
      fc.asyncProperty(shapes({ minSize: 0 }), fc.constantFrom(...values), async (shape, value) => {
        const attributes = value === undefined ? {} : { value };
        await expectAgreement({ opType: 'ConstantOfShape', inputs: [int64(shape)], attributes });
      }),
      RUNS,
    );
  });

  test('of a symbolic shape', () => {
    expect(inferOp('ConstantOfShape', [facts(DataType.INT64, [2], ['B', 'T'])]).shape).toBe('[B, T]');
    expect(inferOp('ConstantOfShape', [facts(DataType.INT64, [3])]).shape).toBe('[?, ?, ?]');
    expect(inferOp('ConstantOfShape', [facts(DataType.INT64, undefined)]).shape).toBeUndefined();
  });
});

describe('Range', () => {
  const limit = fc.integer({ min: -20, max: 20 });
  const delta = limit.filter((x) => x !== 0);

  test('of integers, as onnxruntime', async () => {
    await fc.assert(
      fc.asyncProperty(limit, limit, delta, async (...limits) => {
        for (const tensor of [int64, int32]) {
          await expectAgreement({ opType: 'Range', inputs: limits.map((x) => tensor([x], [])) });
        }
      }),
      RUNS,
    );
  });

  test('of floats, which add up rounded sums as onnxruntime does', async () => {
    await fc.assert(
      fc.asyncProperty(limit, limit, delta, async (...limits) => {
        await expectAgreement({ opType: 'Range', inputs: limits.map((x) => float([x / 10], [])) });
      }),
      RUNS,
    );
    await expectAgreement({ opType: 'Range', inputs: [float([0.3], []), float([100], []), float([0.1], [])] });
  });

  test.each([
    ['0', 'T', '1', '[T]'],
    ['1 - T', 'T', '1', '[2*T - 1]'],
    ['0', 'T', '2', '[(T + 1)//2]'],
    ['T - 1', '-1', '-1', '[T]'],
    ['5', 'T', '1', '[max(T - 5, 0)]'],
    ['0', 'B*T', 'T', '[B]'],
  ])('from %s to %s by %s', (start, end, step, shape) => {
    const scalar = (text: string) => facts(DataType.INT64, [], [text]);
    expect(inferOp('Range', [scalar(start), scalar(end), scalar(step)]).shape).toBe(shape);
  });

  test('of symbolic elements', () => {
    const scalar = (text: string) => facts(DataType.INT64, [], [text]);
    expect(inferOp('Range', [scalar('T'), scalar('T + 3'), scalar('1')]).content).toBe('[T, T + 1, T + 2]');
  });

  test('limits that depend on data', () => {
    const result = inferOp('Range', [int64([0], []), facts(DataType.INT64, []), int64([1], [])]);
    expect(result.shape).toMatch(/^\[\?range_\d+]$/);
  });

  test('refuses a step of 0', () => {
    expect(() => evaluateOp('Range', [int64([0], []), int64([1], []), int64([0], [])])).toThrow('step');
    expect(() => evaluateOp('Range', [float([0], []), float([1], []), float([0], [])])).toThrow('step');
  });
});

describe('EyeLike', () => {
  test('as onnxruntime', async () => {
    const size = fc.integer({ min: 1, max: 5 });
    const dtype = fc.constantFrom(DataType.FLOAT, DataType.INT64, DataType.INT32);
    await fc.assert(
      fc.asyncProperty(size, size, fc.integer({ min: -6, max: 6 }), dtype, async (rows, columns, k, type) => {
        const x = float(new Array(rows * columns).fill(9), [rows, columns]);
        await expectAgreement({ opType: 'EyeLike', inputs: [x], attributes: { k, dtype: type } });
        await expectAgreement({ opType: 'EyeLike', inputs: [x], attributes: { k } });
      }),
      RUNS,
    );
  });
});
