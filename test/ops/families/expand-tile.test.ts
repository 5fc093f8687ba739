import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DataType } from '../../../src/tensor/dtype.js';
import { expectAgreement } from '../../support/agreement.js';
import { shapes, tensors } from '../../support/arbitraries.js';
import { evaluateOp, facts, float, inferOp, int64 } from '../harness.js';

const RUNS = { numRuns: 40 };

describe('Expand', () => {
  test('broadcasts both ways, as onnxruntime', async () => {
    const cases = fc
      .array(fc.tuple(fc.integer({ min: 1, max: 4 }), fc.constantFrom('both', 'input', 'target')), { maxLength: 4 })
      .chain((axes) =>
        fc.record({
          x: tensors(fc.constant(axes.map(([size, side]) => (side === 'target' ? 1 : size)))),
          target: fc.constant(axes.map(([size, side]) => (side === 'input' ? 1 : size))),
          dropped: fc.integer({ min: 0, max: axes.length }),
        }),
      );
    await fc.assert(
      fc.asyncProperty(cases, async ({ x, target, dropped }) => {
        await expectAgreement({ opType: 'Expand', inputs: [x, int64(target.slice(dropped))] });
        await expectAgreement({ opType: 'Expand', inputs: [x, int64([2, ...target])] });
      }),
      RUNS,
    );
  });

  test('a number that meets a size does not fit', () => {
    const result = inferOp('Expand', [facts(DataType.FLOAT, ['B', 1, 'T']), int64([2, 18, 18])]);
    expect(result.conflicts).toEqual(['B|2|broadcasting of Expand', 'T|18|broadcasting of Expand']);
    expect(result.shape).toBe('[B, 18, T]');
  });

  test('to sizes that are not known keeps those above 1', () => {
    const target = facts(DataType.INT64, [2], [undefined, 'T']);
    expect(inferOp('Expand', [facts(DataType.FLOAT, [8, 1]), target]).shape).toBe('[8, T]');
  });

  test('repeats contents', () => {
    expect(inferOp('Expand', [facts(DataType.INT64, [1], ['T']), int64([3])]).content).toBe('[T, T, T]');
  });

  test('refuses shapes that do not broadcast', () => {
    expect(() => evaluateOp('Expand', [float([1, 2]), int64([3])])).toThrow('broadcast');
  });
});

describe('Tile', () => {
  test('as onnxruntime', async () => {
    const cases = tensors(shapes({ minRank: 1, maxSize: 3 })).chain((x) =>
      fc.tuple(
        fc.constant(x),
        fc.array(fc.integer({ min: 0, max: 3 }), { minLength: x.shape.length, maxLength: x.shape.length }),
      ),
    );
    await fc.assert(
      fc.asyncProperty(cases, async ([x, repeats]) => {
        await expectAgreement({ opType: 'Tile', inputs: [x, int64(repeats)] });
      }),
      RUNS,
    );
  });

  test('of symbolic sizes, as often as a symbol says', () => {
    const repeats = facts(DataType.INT64, [2], ['B', 2 as never]);
    expect(inferOp('Tile', [facts(DataType.FLOAT, [1, 'T']), repeats]).shape).toBe('[B, 2*T]');
    expect(inferOp('Tile', [facts(DataType.FLOAT, undefined), int64([1, 2])]).shape).toBe('[?, ?]');
  });

  test('opset 1 repeats one axis', () => {
    const inputs = [float([1, 2], [1, 2]), float([3], []), float([1], [])];
    expect(evaluateOp('Tile', inputs, { opset: 1 })[0]?.shape).toEqual([1, 6]);
    expect(inferOp('Tile', [facts(1, ['B', 2]), ...inputs.slice(1)], { opset: 1 }).shape).toBe('[B, 6]');
  });

  test('refuses repeats for another rank', () => {
    expect(() => evaluateOp('Tile', [float([1, 2]), int64([1, 2])])).toThrow('do not fit');
  });
});
