import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Dim } from '../../../src/symbolic/dim.js';
import { DataType } from '../../../src/tensor/dtype.js';
import { expectShapes } from '../../support/shape-agreement.js';
import { facts, inferOp, int64 } from '../harness.js';

const small = (max: number, min = 0) => fc.integer({ min, max });
const geometry = fc.record({
  size: small(14, 1),
  kernel: small(5, 1),
  stride: small(4, 1),
  dilation: small(3, 1),
  head: small(4),
  tail: small(4),
  up: fc.constantFrom(0, 1),
  mode: fc.constantFrom('NOTSET', 'NOTSET', 'VALID', 'SAME_UPPER', 'SAME_LOWER'),
});

describe('poolings are as in onnxruntime', () => {
  test.each([
    { opType: 'MaxPool', opset: 12, outputs: 2 },
    { opType: 'MaxPool', opset: 22, outputs: 1 },
    { opType: 'AveragePool', opset: 11, outputs: 1 },
    { opType: 'AveragePool', opset: 19, outputs: 1 },
    { opType: 'LpPool', opset: 18, outputs: 1 },
  ])('$opType of opset $opset', async ({ opType, opset, outputs }) => {
    const dilates = opType === 'MaxPool' || opset >= 18;
    await fc.assert(
      fc.asyncProperty(geometry, async ({ size, kernel, stride, dilation, head, tail, up, mode }) => {
        fc.pre(!mode.startsWith('SAME') || dilation === 1);
        fc.pre(head < kernel && tail < kernel);
        // Where no window fits at all, onnxruntime rounds a negative count towards zero.
        const padding = mode === 'NOTSET' ? head + tail : 0;
        fc.pre(mode.startsWith('SAME') || size + padding > dilation * (kernel - 1));
        const attributes = {
          kernel_shape: [kernel, 2],
          strides: [stride, 1],
          ceil_mode: up,
          ...(dilates ? { dilations: [dilation, 1] } : {}),
          ...(mode === 'NOTSET' ? { pads: [head, 0, tail, 1] } : { auto_pad: mode }),
        };
        await expectShapes({ opType, inputs: [[2, 3, size, 4]], attributes, opset, outputs });
      }),
      { numRuns: 100 },
    );
  });

  test.each(['GlobalMaxPool', 'GlobalAveragePool', 'GlobalLpPool'])('%s', async (opType) => {
    await expectShapes({ opType, inputs: [[2, 3, 4, 5]] });
  });
});

describe('sizes of a symbol', () => {
  const sizeAfter = (attributes: Record<string, number | readonly number[]>) =>
    inferOp('MaxPool', [facts(1, ['B', 8, 'T'])], { attributes }).tensor?.shape?.[2];

  test('rounded up, the last window starts inside: no minimum is left', () => {
    const attributes = { kernel_shape: [3], strides: [2], pads: [1, 1], ceil_mode: 1 };
    expect(sizeAfter(attributes)?.key).toBe(Dim.parse('T//2 + 1').key);
    expect(sizeAfter({ kernel_shape: [2], strides: [2], ceil_mode: 1 })?.key).toBe(Dim.parse('(T + 1)//2').key);
    // The window at T = 5, stride 3 would start in the padding.
    expect(sizeAfter({ kernel_shape: [2], strides: [3], pads: [0, 1], ceil_mode: 1 })?.evaluate({ T: 6 })).toBe(2);
  });

  test('of an unknown rank', () => {
    const pool = inferOp('AveragePool', [facts(1, undefined)], { attributes: { kernel_shape: [2, 2] } });
    expect(pool.shape).toBe('[?, ?, ?, ?]');
    expect(inferOp('GlobalAveragePool', [facts(1, undefined)]).shape).toBeUndefined();
  });
});

describe('MaxUnpool', () => {
  const inputs = [facts(1, ['B', 4, 'H', 'W']), facts(DataType.INT64, ['B', 4, 'H', 'W'])];
  const attributes = { kernel_shape: [2, 3], strides: [2, 2], pads: [0, 1, 0, 0] };

  test('undoes the window', () => {
    expect(inferOp('MaxUnpool', inputs, { attributes }).shape).toBe('[B, 4, 2*H, 2*W]');
  });

  test('or gives what it is asked for', () => {
    const size = facts(DataType.INT64, [4], ['B', 4, '2*H + 1', 'W']);
    expect(inferOp('MaxUnpool', [...inputs, size], { attributes }).shape).toBe('[B, 4, 2*H + 1, W]');
    expect(inferOp('MaxUnpool', [...inputs, int64([1, 4, 5, 5])], { attributes }).shape).toBe('[1, 4, 5, 5]');
    const unknown = facts(DataType.INT64, [4]);
    expect(inferOp('MaxUnpool', [...inputs, unknown], { attributes }).shape).toBe('[B, 4, ?, ?]');
  });
});
