import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DataType } from '../../../src/tensor/dtype.js';
import { factsText } from '../../support/facts-text.js';
import { expectShapes } from '../../support/shape-agreement.js';
import { facts, float, inferOp, int64 } from '../harness.js';

const small = (max: number, min = 1) => fc.integer({ min, max });

describe('as onnxruntime', () => {
  test('GridSample, of images and of volumes', async () => {
    await expectShapes({
      opType: 'GridSample',
      inputs: [[2, 3, 4, 5], float(new Array(2 * 6 * 7 * 2).fill(0), [2, 6, 7, 2])],
    });
    const grid = float(new Array(2 * 6 * 7 * 8 * 3).fill(0), [2, 6, 7, 8, 3]);
    await expectShapes({ opType: 'GridSample', inputs: [[2, 3, 4, 5, 6], grid] });
  });

  test('AffineGrid', async () => {
    const theta = float(new Array(2 * 6).fill(0.5), [2, 2, 3]);
    await expectShapes({ opType: 'AffineGrid', inputs: [theta, int64([2, 3, 5, 6])] });
  });

  test('RoiAlign and MaxRoiPool', async () => {
    const rois = float([0, 0, 3, 3, 1, 1, 4, 4], [2, 4]);
    const attributes = { output_height: 3, output_width: 2 };
    await expectShapes({ opType: 'RoiAlign', inputs: [[1, 4, 8, 8], rois, int64([0, 0])], attributes });
    await expectShapes({ opType: 'RoiAlign', inputs: [[1, 4, 8, 8], rois, int64([0, 0])] });
    const five = float([0, 0, 0, 3, 3], [1, 5]);
    await expectShapes({ opType: 'MaxRoiPool', inputs: [[1, 4, 8, 8], five], attributes: { pooled_shape: [3, 2] } });
  });

  test('CenterCropPad', async () => {
    const cases = fc.tuple(small(6), small(6), small(9), small(9), fc.constantFrom([0, 2], [-1, 1], [1, 0], undefined));
    await fc.assert(
      fc.asyncProperty(cases, async ([a, b, x, y, axes]) => {
        const target = axes === undefined ? [x, y, 2] : [x, y];
        const attributes = axes === undefined ? {} : { axes };
        await expectShapes({ opType: 'CenterCropPad', inputs: [[a, b, 4], int64(target)], attributes });
      }),
      { numRuns: 60 },
    );
  });

  test('Col2Im', async () => {
    const cases = fc.record({
      size: fc.tuple(small(9, 4), small(9, 4)),
      block: fc.tuple(small(3), small(3)),
      dilations: fc.tuple(small(2), small(2)),
      strides: fc.tuple(small(3), small(3)),
      pads: fc.tuple(small(2, 0), small(2, 0), small(2, 0), small(2, 0)),
    });
    await fc.assert(
      fc.asyncProperty(cases, async ({ size, block, ...attributes }) => {
        const { pads, dilations, strides } = attributes;
        const count = (i: 0 | 1) => {
          const room = size[i] + pads[i] + pads[i === 0 ? 2 : 3] - dilations[i] * (block[i] - 1) - 1;
          return Math.floor(room / strides[i]) + 1;
        };
        fc.pre(count(0) > 0 && count(1) > 0);
        const columns = [2, 3 * block[0] * block[1], count(0) * count(1)];
        await expectShapes({ opType: 'Col2Im', inputs: [columns, int64(size), int64(block)], attributes });
      }),
      { numRuns: 60 },
    );
  });
});

test('a grid of another batch, or of other coordinates, is a conflict', () => {
  const said = inferOp('GridSample', [facts(1, ['B', 3, 'H', 'W']), facts(1, [4, 7, 'V', 3])]);
  expect(said.conflicts).toEqual(['B|4|batch of GridSample', '3|2|coordinates of GridSample']);
  expect(said.shape).toBe('[B, 3, 7, V]');
});

test('AffineGrid takes sizes from content, or only the rank from the matrices', () => {
  const theta = facts(1, ['B', 2, 3]);
  const size = facts(DataType.INT64, [4], ['B', 3, 'H', 'W']);
  expect(inferOp('AffineGrid', [theta, size]).shape).toBe('[B, H, W, 2]');
  expect(inferOp('AffineGrid', [theta, facts(DataType.INT64, [4])]).shape).toBe('[B, ?, ?, 2]');
});

test('CenterCropPad to symbols', () => {
  const target = facts(DataType.INT64, [1], ['2*T']);
  const attributes = { axes: [-1] };
  expect(inferOp('CenterCropPad', [facts(1, ['B', 'T']), target], { attributes }).shape).toBe('[B, 2*T]');
});

test('blocks that are not as many as Col2Im expects are a conflict', () => {
  const inputs = [facts(1, ['B', 12, 24]), int64([5, 7]), int64([2, 2])];
  const padded = inferOp('Col2Im', inputs);
  expect({ shape: padded.shape, conflicts: padded.conflicts }).toEqual({ shape: '[B, 3, 5, 7]', conflicts: [] });
  const frozen = inferOp('Col2Im', [facts(1, ['B', 12, 25]), ...inputs.slice(1)]);
  expect(frozen.conflicts).toEqual(['25|24|blocks of Col2Im']);
});

test('sizes that are in the data are named', () => {
  const image = inferOp('ImageDecoder', [facts(DataType.UINT8, ['N'])], { attributes: { pixel_format: 'Grayscale' } });
  expect(image.tensor?.shape?.map((dim) => dim?.isFresh)).toEqual([true, true, false]);
  expect(image.tensor?.shape?.[2]?.value).toBe(1);
  const inputs = [facts(1, ['B', 'K', 4]), facts(1, [2, 'C', 'K'])];
  const boxes = inferOp('NonMaxSuppression', inputs);
  expect(factsText(boxes.tensor)).toMatch(/^int64\[\?\S+, 3\]$/);
  expect(boxes.conflicts).toEqual(['B|2|batch of NonMaxSuppression']);
});
