import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { elementCount } from '../../../src/tensor/dense.js';
import { DataType } from '../../../src/tensor/dtype.js';
import { expectAgreement } from '../../support/agreement.js';
import { axisOf, shapes, tensors } from '../../support/arbitraries.js';
import { bool, dense, evaluateOp, facts, float, inferOp, int64 } from '../harness.js';

const RUNS = { numRuns: 40 };
const NUMBERS = [DataType.FLOAT, DataType.INT64, DataType.BOOL, DataType.UINT8];

describe('NonZero', () => {
  test('as onnxruntime', async () => {
    const cases = tensors(shapes({ minRank: 1, maxRank: 3, minSize: 0 }), NUMBERS);
    await fc.assert(
      fc.asyncProperty(cases, async (x) => {
        await expectAgreement({ opType: 'NonZero', inputs: [x] });
      }),
      RUNS,
    );
  });

  test('finds what is decided', () => {
    const sizes = facts(DataType.INT64, [4], ['T', '0', 'T + 1', '5 - 5']);
    expect(inferOp('NonZero', [sizes])).toMatchObject({ shape: '[1, 2]', content: '[0, 2]' });
    expect(inferOp('NonZero', [facts(DataType.INT64, [2], ['T', 'T - 5'])]).shape).toMatch(/^\[1, \?nonzero_\d+]$/);
    expect(inferOp('NonZero', [facts(DataType.INT64, ['B', 'T'])]).shape).toMatch(/^\[2, \?nonzero_\d+]$/);
  });
});

test('NonZero of ones, as exporters write a range', () => {
  const filled = (value: number) =>
    inferOp('ConstantOfShape', [facts(DataType.INT64, [2], ['B', 'T'])], { attributes: { value: float([value]) } })
      .tensor;
  expect(inferOp('NonZero', [filled(1)]).shape).toBe('[2, B*T]');
  expect(inferOp('NonZero', [filled(0)]).shape).toBe('[2, 0]');
  const reshaped = inferOp('Reshape', [filled(1), int64([-1])]).tensor;
  const moved = inferOp('Slice', [reshaped, int64([1]), int64([2 ** 31 - 1])]).tensor;
  expect(inferOp('NonZero', [moved]).shape).toBe('[1, B*T - 1]');
  // Zeros are put in between.
  const pads = int64([1, 0]);
  expect(inferOp('NonZero', [inferOp('Pad', [moved, pads]).tensor]).shape).toMatch(/\?nonzero_\d+]$/);
});

describe('Compress', () => {
  test('as onnxruntime', async () => {
    const cases = tensors(shapes({ minRank: 1, maxRank: 3 }), NUMBERS).chain((x) =>
      fc.option(axisOf(x.shape.length)).chain((axis) => {
        const size = axis === null ? elementCount(x.shape) : (x.shape.at(axis) as number);
        const condition = fc.array(fc.boolean(), { minLength: 1, maxLength: size });
        return fc.tuple(fc.constant(x), fc.constant(axis), condition);
      }),
    );
    await fc.assert(
      fc.asyncProperty(cases, async ([x, axis, condition]) => {
        const attributes = axis === null ? {} : { axis };
        await expectAgreement({ opType: 'Compress', inputs: [x, bool(condition)], attributes });
      }),
      RUNS,
    );
  });

  test('by a condition that is not known', () => {
    const inputs = [facts(DataType.FLOAT, ['B', 'T']), facts(DataType.BOOL, ['T'])];
    expect(inferOp('Compress', inputs, { attributes: { axis: 1 } }).shape).toMatch(/^\[B, \?compress_\d+]$/);
    expect(inferOp('Compress', inputs).shape).toMatch(/^\[\?compress_\d+]$/);
  });
});

describe('OneHot', () => {
  test('as onnxruntime', async () => {
    const cases = shapes({ minRank: 1, maxRank: 2 }).chain((shape) =>
      fc.record({
        shape: fc.constant(shape),
        depth: fc.integer({ min: 1, max: 4 }),
        axis: axisOf(shape.length + 1),
        values: fc.array(fc.integer({ min: -5, max: 5 }), {
          minLength: elementCount(shape),
          maxLength: elementCount(shape),
        }),
      }),
    );
    await fc.assert(
      fc.asyncProperty(cases, async ({ shape, depth, axis, values }) => {
        const inputs = [int64(values, shape), int64([depth], [1]), float([2, 5])];
        await expectAgreement({ opType: 'OneHot', inputs, attributes: { axis } });
      }),
      RUNS,
    );
  });

  test('of symbolic depth', () => {
    const inputs = [facts(DataType.INT64, ['B', 'S']), facts(DataType.INT64, [1], ['T']), float([0, 1])];
    expect(inferOp('OneHot', inputs, { attributes: { axis: 1 } }).shape).toBe('[B, T, S]');
    expect(inferOp('OneHot', [inputs[0], facts(DataType.INT64, [1]), float([0, 1])]).shape).toMatch(/\?depth_\d+]$/);
  });

  test('refuses a depth of 0', () => {
    expect(() => evaluateOp('OneHot', [int64([0]), int64([0]), float([0, 1])])).toThrow('depth');
  });
});

describe('Unique', () => {
  test('as onnxruntime', async () => {
    const cases = shapes({ minRank: 1, maxRank: 3 }).chain((shape) =>
      fc.record({
        shape: fc.constant(shape),
        axis: fc.option(axisOf(shape.length)),
        sorted: fc.integer({ min: 0, max: 1 }),
        values: fc.array(fc.integer({ min: -2, max: 2 }), {
          minLength: elementCount(shape),
          maxLength: elementCount(shape),
        }),
      }),
    );
    await fc.assert(
      fc.asyncProperty(cases, async ({ shape, axis, sorted, values }) => {
        const attributes = axis === null ? { sorted } : { axis, sorted };
        for (const x of [float(values, shape), int64(values, shape)]) {
          await expectAgreement({ opType: 'Unique', inputs: [x], attributes, outputs: 4 });
        }
      }),
      RUNS,
    );
  });

  test('of strings', async () => {
    const x = dense(DataType.STRING, ['b', 'a', 'b', 'c']);
    await expectAgreement({ opType: 'Unique', inputs: [x], outputs: 4, symbolic: [] });
  });

  test('gives outputs of one unknown length, and one place for each element', () => {
    const result = inferOp('Unique', [facts(DataType.INT64, ['B', 'T'])], { outputs: 4 });
    const sizes = result.outputs.map((output) => (output?.kind === 'tensor' ? String(output.shape?.[0]) : ''));
    expect(sizes[0]).toMatch(/^\?unique_\d+$/);
    expect(sizes).toEqual([sizes[0], sizes[0], 'B*T', sizes[0]]);
  });

  test('refuses NaN, which has no order', () => {
    expect(() => evaluateOp('Unique', [float([1, Number.NaN])])).toThrow('NaN');
  });
});
