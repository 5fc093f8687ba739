import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Dim } from '../../../src/symbolic/dim.js';
import { DataType } from '../../../src/tensor/dtype.js';
import { expectAgreement } from '../../support/agreement.js';
import { numbered, shapes } from '../../support/arbitraries.js';
import { dense, evaluateOp, facts, float, inferOp, int64 } from '../harness.js';

const RUNS = { numRuns: 60 };

/** A shape, and amounts that leave something of every axis; at most `most` more than there is. */
function padded(least: number, most: (size: number) => number) {
  return shapes({ minRank: 1, maxRank: 3, minSize: 2 }).chain((shape) => {
    const amounts = shape.map((size) => fc.integer({ min: least, max: most(size) }));
    return fc.record({ shape: fc.constant(shape), pads: fc.tuple(...amounts, ...amounts) });
  });
}

describe('Pad', () => {
  test('by a constant, or cutting, as onnxruntime', async () => {
    const cases = fc.tuple(
      padded(-1, () => 3),
      fc.constantFrom(DataType.FLOAT, DataType.INT64, DataType.BOOL),
      fc.boolean(),
    );
    await fc.assert(
      fc.asyncProperty(cases, async ([{ shape, pads }, dtype, withValue]) => {
        fc.pre(shape.every((size, axis) => size + (pads[axis] as number) + (pads[axis + shape.length] as number) > 0));
        const value = withValue ? numbered(dtype, [1], 1) : undefined;
        const scalar = value && dense(dtype, value.data, []);
        const inputs = [numbered(dtype, shape), int64(pads), ...(scalar ? [scalar] : [])];
        await expectAgreement({ opType: 'Pad', inputs });
      }),
      RUNS,
    );
  });

  test.each([
    ['edge', () => 5],
    ['reflect', (size: number) => size - 1],
    ['wrap', (size: number) => size],
  ] as const)('by %s, as onnxruntime', async (mode, most) => {
    await fc.assert(
      fc.asyncProperty(padded(0, most), async ({ shape, pads }) => {
        await expectAgreement({ opType: 'Pad', inputs: [numbered(1, shape), int64(pads)], attributes: { mode } });
      }),
      RUNS,
    );
  });

  test('some axes only, as onnxruntime', async () => {
    const inputs = [numbered(1, [2, 3, 4]), int64([1, 2, 0, -1]), undefined, int64([-1, 0])];
    await expectAgreement({ opType: 'Pad', inputs });
  });

  test('with attributes, as onnxruntime', async () => {
    const attributes = { pads: [0, 1, 2, 0], value: 1.5, mode: 'constant' };
    await expectAgreement({ opType: 'Pad', inputs: [numbered(1, [2, 3])], attributes, floats: ['value'], opset: 10 });
  });

  test('adds symbolic amounts', () => {
    const x = facts(DataType.FLOAT, ['B', 'T']);
    const pads = {
      ...facts(DataType.INT64, [4]),
      content: [0, 0, 0, 'T'].map((s) => (s === 'T' ? Dim.parse('7 - (T + 7)%8') : Dim.of(0))),
    };
    const result = inferOp('Pad', [x, pads]);
    expect(result.shape).toBe('[B, 8*((T + 7)//8)]');
  });

  test('amounts that are not known leave the axis open', () => {
    const pads = facts(DataType.INT64, [4], [undefined, '0', '0', '0']);
    const result = inferOp('Pad', [facts(DataType.FLOAT, ['B', 'T']), pads]);
    expect(result).toMatchObject({ shape: '[?, T]', reasons: ['the amounts of Pad depend on the data'] });
    const axes = facts(DataType.INT64, [1]);
    expect(inferOp('Pad', [facts(1, ['B', 'T']), int64([1, 1]), undefined, axes]).shape).toBe('[?, ?]');
  });

  test('pads contents', () => {
    const shape = facts(DataType.INT64, [2], ['B', 'T']);
    expect(inferOp('Pad', [shape, int64([1, 0]), int64([4], [])]).content).toBe('[4, B, T]');
    expect(inferOp('Pad', [shape, int64([0, 2])], { attributes: { mode: 'reflect' } }).content).toBe('[B, T, B, T]');
  });

  test('refuses what cannot be', () => {
    expect(() => evaluateOp('Pad', [float([1]), int64([1])])).toThrow('1 amounts for 1 axes');
    expect(() => evaluateOp('Pad', [float([1]), int64([-2, 0])])).toThrow('cannot be cut');
    expect(() => evaluateOp('Pad', [float([]), int64([1, 0])], { attributes: { mode: 'edge' } })).toThrow('empty');
  });
});
