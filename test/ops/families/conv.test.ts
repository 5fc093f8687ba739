import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Dim } from '../../../src/symbolic/dim.js';
import { DataType } from '../../../src/tensor/dtype.js';
import { factsText } from '../../support/facts-text.js';
import { expectShapes } from '../../support/shape-agreement.js';
import { dense, facts, float, inferOp } from '../harness.js';

const small = (max: number, min = 0) => fc.integer({ min, max });
const geometry = fc.record({
  size: small(12, 1),
  kernel: small(4, 1),
  stride: small(4, 1),
  dilation: small(3, 1),
  head: small(3),
  tail: small(3),
  group: fc.constantFrom(1, 2),
  mode: fc.constantFrom('NOTSET', 'VALID', 'SAME_UPPER', 'SAME_LOWER'),
});

describe('Conv', () => {
  test('as onnxruntime', async () => {
    await fc.assert(
      fc.asyncProperty(geometry, async ({ size, kernel, stride, dilation, head, tail, group, mode }) => {
        // onnxruntime takes no dilation together with padding to the same size.
        fc.pre(!mode.startsWith('SAME') || dilation === 1);
        const pads = mode === 'NOTSET' ? { pads: [head, 0, tail, 1] } : { auto_pad: mode };
        const attributes = { strides: [stride, 1], dilations: [dilation, 1], group, ...pads };
        await expectShapes({
          opType: 'Conv',
          inputs: [[2, 2 * group, size, 5], [4, 2, kernel, 3], [4]],
          attributes,
        });
      }),
      { numRuns: 120 },
    );
  });

  const rule = (size: string, kernel: number, attributes: Record<string, readonly number[] | string | number>) =>
    inferOp('Conv', [facts(1, ['B', 80, size]), facts(1, [512, 80, kernel])], { attributes });

  test.each([
    { kernel: 3, attributes: { strides: [2] }, length: '(T - 1)//2' },
    { kernel: 3, attributes: { strides: [2], pads: [1, 1] }, length: '(T + 1)//2' },
    { kernel: 3, attributes: { dilations: [2], pads: [2, 2] }, length: 'T' },
    { kernel: 31, attributes: { pads: [15, 15] }, length: 'T' },
    { kernel: 4, attributes: { strides: [3], auto_pad: 'SAME_UPPER' }, length: '(T + 2)//3' },
    { kernel: 5, attributes: { auto_pad: 'VALID', pads: [9, 9] }, length: 'T - 4' },
  ])('of kernel $kernel with $attributes leaves $length', ({ kernel, attributes, length }) => {
    expect(rule('T', kernel, attributes).shape).toBe(`[B, 512, ${Dim.parse(length)}]`);
  });

  test('two with stride 2 are the subsampling by 4 of speech models', () => {
    const first = rule('T', 3, { strides: [2] });
    const second = inferOp('Conv', [first.tensor, facts(1, [512, 512, 3])], { attributes: { strides: [2] } });
    expect(second.shape).toBe(`[B, 512, ${Dim.parse('((T-1)//2 - 1)//2')}]`);
  });

  test('without the rank of the input, the weight tells it', () => {
    expect(inferOp('Conv', [facts(1, undefined), facts(1, [8, 3, 3, 3])]).shape).toBe('[?, 8, ?, ?]');
  });

  test('a frozen size that meets the channels is a conflict, also behind groups', () => {
    const grouped = inferOp('Conv', [facts(1, ['B', 'C', 'T']), facts(1, [8, 5, 3])], { attributes: { group: 4 } });
    expect(grouped.conflicts).toEqual(['C|20|input channels of Conv']);
    expect(
      inferOp('Conv', [facts(1, ['B', 6, 'T']), facts(1, [6, 1, 3])], { attributes: { group: 6 } }).conflicts,
    ).toEqual([]);
  });

  test('a bias of another size, and a kernel_shape that is not the weight, are conflicts', () => {
    const inputs = [facts(1, ['B', 3, 'T']), facts(1, [8, 3, 5]), facts(1, [7])];
    const { conflicts } = inferOp('Conv', inputs, { attributes: { kernel_shape: [3] } });
    expect(conflicts).toEqual(['3|5|kernel_shape of Conv', '8|7|bias of Conv']);
  });

  test('sizes do not remember the kernel, channels remember the weight', () => {
    const weight = facts(1, [Dim.cell('#0.0', 8), 3, Dim.cell('#0.2', 5)]);
    const shape = inferOp('Conv', [facts(1, ['B', 3, 'T']), weight]).tensor?.shape;
    expect(shape?.map((dim) => [...(dim?.cells ?? [])])).toEqual([[], ['#0.0'], []]);
  });
});

describe('ConvTranspose', () => {
  test('as onnxruntime', async () => {
    const cases = fc.record({ geometry, extra: small(2), mode: fc.constantFrom('NOTSET', 'VALID', 'SAME_UPPER') });
    await fc.assert(
      fc.asyncProperty(cases, async ({ geometry: g, extra, mode }) => {
        fc.pre(extra < g.stride || extra < g.dilation);
        const pads = mode === 'NOTSET' ? { pads: [g.head, 0, g.tail, 1] } : { auto_pad: mode };
        await expectShapes({
          opType: 'ConvTranspose',
          inputs: [[2, 2 * g.group, g.size, 5], [2 * g.group, 3, g.kernel, 3], [3 * g.group]],
          attributes: {
            strides: [g.stride, 1],
            dilations: [g.dilation, 1],
            output_padding: [extra, 0],
            group: g.group,
            ...pads,
          },
        });
      }),
      { numRuns: 120 },
    );
  });

  test('output_shape decides', async () => {
    const attributes = { strides: [3, 2], output_shape: [10, 8] };
    await expectShapes({
      opType: 'ConvTranspose',
      inputs: [
        [1, 1, 3, 3],
        [1, 2, 3, 3],
      ],
      attributes,
    });
  });

  test('doubles a symbol', () => {
    const attributes = { strides: [2], pads: [1, 1] };
    const inputs = [facts(1, ['B', 16, 'T']), facts(1, [16, 8, 4])];
    expect(inferOp('ConvTranspose', inputs, { attributes }).shape).toBe('[B, 8, 2*T]');
  });
});

test('ConvInteger and QLinearConv have integer outputs', async () => {
  const bytes = (shape: readonly number[]) =>
    dense(DataType.UINT8, new Uint8Array(shape.reduce((a, b) => a * b, 1)), shape);
  const [x, w] = [bytes([1, 2, 6]), bytes([3, 2, 3])];
  await expectShapes({ opType: 'ConvInteger', inputs: [x, w, bytes([]), bytes([])] });
  const scale = float([0.5], []);
  await expectShapes({
    opType: 'QLinearConv',
    inputs: [x, scale, bytes([]), w, scale, bytes([]), scale, bytes([])],
    attributes: { pads: [1, 1] },
  });
});

test('DeformConv: offsets and mask have the sizes of the output', () => {
  const inputs = [facts(1, ['B', 4, 'H', 8]), facts(1, [6, 4, 3, 3]), facts(1, ['B', 18, 'H - 2', 'W']), undefined];
  const { shape, conflicts } = inferOp('DeformConv', inputs, { opset: 22 });
  expect({ shape, conflicts }).toEqual({ shape: '[B, 6, H - 2, W]', conflicts: ['6|W|offsets of DeformConv'] });
});

test('CausalConvWithState keeps the length and hands on the end', () => {
  const inputs = [facts(1, ['B', 16, 'T']), facts(1, [16, 1, 4]), undefined, facts(1, ['B', 16, 3])];
  const { outputs, conflicts } = inferOp('CausalConvWithState', inputs, { outputs: 2, opset: 27 });
  expect(outputs.map(factsText)).toEqual(['float[B, 16, T]', 'float[B, 16, 3]']);
  expect(conflicts).toEqual([]);
});
