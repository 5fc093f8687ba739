import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DataType } from '../../../src/tensor/dtype.js';
import { expectAgreement } from '../../support/agreement.js';
import { axisOf, numbered, shapes } from '../../support/arbitraries.js';
import { evaluateOp, facts, float, inferOp, int64 } from '../harness.js';

const RUNS = { numRuns: 40 };
const TYPES = [DataType.FLOAT, DataType.INT64, DataType.BOOL, DataType.STRING];

describe('Concat', () => {
  test('as onnxruntime', async () => {
    const cases = shapes({ minRank: 1, maxRank: 3 }).chain((shape) =>
      fc.record({
        shape: fc.constant(shape),
        axis: axisOf(shape.length),
        sizes: fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 4 }),
        dtype: fc.constantFrom(...TYPES),
      }),
    );
    await fc.assert(
      fc.asyncProperty(cases, async ({ shape, axis, sizes, dtype }) => {
        const at = axis < 0 ? axis + shape.length : axis;
        const inputs = sizes.map((size, i) => numbered(dtype, shape.with(at, size), i));
        await expectAgreement({ opType: 'Concat', inputs, attributes: { axis } });
      }),
      RUNS,
    );
  });

  test('adds sizes along the axis and unifies the others', () => {
    const inputs = [facts(1, ['B', 'T', 4]), facts(1, ['B', 1, undefined]), facts(1, [2, 'S', 4])];
    const result = inferOp('Concat', inputs, { attributes: { axis: 1 } });
    expect(result).toMatchObject({ shape: '[B, S + T + 1, 4]', conflicts: ['B|2|axis 0 of Concat'] });
  });

  test('joins contents, known or not', () => {
    const shape = [facts(DataType.INT64, [1], ['B']), facts(DataType.INT64, [1]), int64([-1])];
    expect(inferOp('Concat', shape, { attributes: { axis: 0 } }).content).toBe('[B, ?, -1]');
  });

  test('an input of unknown rank leaves the axis open', () => {
    const inputs = [facts(1, ['B', 'T']), facts(1, undefined)];
    expect(inferOp('Concat', inputs, { attributes: { axis: 1 } }).shape).toBe('[B, ?]');
  });

  test('refuses shapes that do not fit', () => {
    const inputs = [float([1, 2], [1, 2]), float([1, 2, 3], [1, 3])];
    expect(() => evaluateOp('Concat', inputs, { attributes: { axis: 0 } })).toThrow('does not fit');
  });
});

describe('Split', () => {
  test('in given sizes, as onnxruntime', async () => {
    const cases = shapes({ minRank: 1, maxRank: 3 }).chain((shape) =>
      fc.record({
        shape: fc.constant(shape),
        axis: axisOf(shape.length),
        sizes: fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 1, maxLength: 4 }),
        dtype: fc.constantFrom(...TYPES.slice(0, 2)),
      }),
    );
    await fc.assert(
      fc.asyncProperty(cases, async ({ shape, axis, sizes, dtype }) => {
        const total = sizes.reduce((sum, size) => sum + size, 0);
        const x = numbered(dtype, shape.with(axis < 0 ? axis + shape.length : axis, total));
        const given = { opType: 'Split', outputs: sizes.length };
        await expectAgreement({ ...given, inputs: [x, int64(sizes)], attributes: { axis } });
        await expectAgreement({ ...given, inputs: [x], attributes: { axis, split: sizes }, opset: 11 });
      }),
      RUNS,
    );
  });

  test.each([
    [7, 3],
    [6, 3],
    [5, 3],
  ])('%i in %i parts, as onnxruntime', async (size, parts) => {
    const given = { opType: 'Split', inputs: [numbered(DataType.FLOAT, [2, size])], outputs: parts };
    await expectAgreement({ ...given, attributes: { axis: 1, num_outputs: parts }, opset: 18 });
    if (size % parts === 0) await expectAgreement({ ...given, attributes: { axis: 1 }, opset: 13 });
  });

  test('of a symbolic size', () => {
    const x = facts(1, ['B', '2*T', 512]);
    const shapesOf = (options: Parameters<typeof inferOp>[2], inputs: Parameters<typeof inferOp>[1] = [x]) =>
      inferOp('Split', inputs, options).outputs.map((output) => output?.kind === 'tensor' && String(output.shape?.[1]));
    expect(shapesOf({ outputs: 2, attributes: { axis: 1 }, opset: 13 })).toEqual(['T', 'T']);
    expect(shapesOf({ outputs: 3, attributes: { axis: 1, num_outputs: 3 } }).slice(0, 2)).toEqual([
      'T - (T//3)',
      'T - (T//3)',
    ]);
    const sizes = facts(
      DataType.INT64,
      [3],
      ['T', undefined, 2].map((s) => (s === 2 ? 2 : (s as string))),
    );
    expect(shapesOf({ outputs: 3, attributes: { axis: 1 } }, [x, sizes])).toEqual(['T', 'T - 2', '2']);
  });

  test('sizes that were frozen do not add up', () => {
    const result = inferOp('Split', [facts(1, ['B', 8]), int64([1, 1])], { outputs: 2 });
    expect(result.conflicts).toEqual(['B|2|sum of the sizes of Split']);
    const single = inferOp('Split', [facts(1, ['B', 8]), int64([1])]);
    expect(single).toMatchObject({ shape: '[B, 8]', conflicts: ['B|1|sum of the sizes of Split'] });
  });

  test('parts contents', () => {
    const x = facts(DataType.INT64, [3], ['B', 'T', 64]);
    const result = inferOp('Split', [x, int64([1, 2])], { outputs: 2 });
    const contents = result.outputs.map((output) => output?.kind === 'tensor' && String(output.content));
    expect(contents).toEqual(['B', 'T,64']);
  });

  test('refuses sizes that do not add up', () => {
    expect(() => evaluateOp('Split', [float([1, 2, 3]), int64([1, 1])], { outputs: 2 })).toThrow('split into 1 + 1');
    const attributes = { num_outputs: 4 };
    expect(() => evaluateOp('Split', [float([1, 2, 3, 4, 5])], { outputs: 4, attributes })).toThrow('2 + 2 + 1 + -1');
  });
});
