import fc from 'fast-check';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { describe, expect, test } from 'vitest';
import { serialize } from '../../../src/model/save.js';
import { Dim } from '../../../src/symbolic/dim.js';
import { Rational } from '../../../src/symbolic/rational.js';
import type { DenseTensor } from '../../../src/tensor/dense.js';
import { DataType } from '../../../src/tensor/dtype.js';
import { emptyModel } from '../../support/build-model.js';
import { facts, float, inferOp, int64 } from '../harness.js';

const image = (h: number, w: number) => ({ dtype: 1, shape: [1, 2, h, w], data: new Float32Array(2 * h * w) });
const size = fc.integer({ min: 1, max: 40 });

/** Sizes that onnxruntime gives; all inputs but the image are constants, since its checks ask for their number. */
async function sizesInOnnxruntime(
  [x, ...constants]: readonly (DenseTensor | undefined)[],
  attributes: Readonly<Record<string, string | readonly number[]>>,
  opset: number,
): Promise<readonly number[]> {
  const model = await emptyModel({ opset, irVersion: 9 });
  const { graph } = model;
  const image = graph.addInput('x', 1, [...(x?.shape ?? [])]);
  const others = constants.map((tensor, i) => tensor && graph.addInitializer(`c${i}`, tensor));
  const node = graph.addNode({
    opType: 'Resize',
    inputs: [image, ...others],
    outputs: 1,
    attributes: Object.fromEntries(
      Object.entries(attributes).map(([name, value]) => [
        name,
        typeof value === 'string' ? { string: value } : { ints: [...value] },
      ]),
    ),
  });
  const [output] = node.outputs;
  if (output !== undefined) graph.addOutput(output);
  const session = await InferenceSession.create(await serialize(model), {
    graphOptimizationLevel: 'disabled',
    logSeverityLevel: 4,
  });
  const results = await session.run({ x: new Tensor('float32', x?.data as Float32Array, [...(x?.shape ?? [])]) });
  await session.release();
  return results[output?.name ?? '']?.dims ?? [];
}

/** Runs Resize both ways and compares the sizes. */
async function expectResized(
  inputs: readonly (DenseTensor | undefined)[],
  attributes: Readonly<Record<string, string | readonly number[]>>,
  opset: number,
): Promise<void> {
  const sizes = await sizesInOnnxruntime(inputs, attributes, opset);
  expect(inferOp('Resize', inputs, { attributes, opset }).shape).toBe(`[${sizes.join(', ')}]`);
}

describe('Resize is as in onnxruntime', () => {
  const scale = fc.oneof(
    fc.constantFrom(0.5, 1, 2, 1.5, 0.25, 3),
    fc.float({ min: Math.fround(0.3), max: 4, noNaN: true }),
    fc.tuple(size, size).map(([a, b]) => a / b),
  );

  test.each([10, 11, 13, 19])('by scales, opset %d', async (opset) => {
    await fc.assert(
      fc.asyncProperty(size, size, scale, scale, async (h, w, y, x) => {
        const scales = float([1, 1, y, x]);
        await expectResized(opset === 10 ? [image(h, w), scales] : [image(h, w), float([]), scales], {}, opset);
      }),
      { numRuns: 80 },
    );
  });

  test('to sizes, of some axes', async () => {
    await fc.assert(
      fc.asyncProperty(size, size, size, size, async (h, w, y, x) => {
        await expectResized([image(h, w), undefined, undefined, int64([x, y])], { axes: [3, -2] }, 19);
      }),
      { numRuns: 30 },
    );
  });

  test.each(['not_larger', 'not_smaller'])('to sizes, keeping the ratio: %s', async (keep_aspect_ratio_policy) => {
    await fc.assert(
      fc.asyncProperty(size, size, size, size, async (h, w, y, x) => {
        const inputs = [image(h, w), undefined, undefined, int64([x, y])];
        await expectResized(inputs, { axes: [3, 2], keep_aspect_ratio_policy }, 19);
      }),
      { numRuns: 80 },
    );
  });
});

describe('Resize of symbols', () => {
  const x = facts(1, ['B', 3, 'H', 'W']);
  const by = (scales: readonly number[]) => inferOp('Resize', [x, undefined, float(scales)]);

  test('by scales that are exact', () => {
    expect(by([1, 1, 2, 0.5]).shape).toBe('[B, 3, 2*H, W//2]');
    expect(by([1, 1, 1.5, 1]).shape).toBe(`[B, 3, ${Dim.parse('3*H//2')}, W]`);
  });

  test('by scales that are not, sizes are named but open', () => {
    const dims = by([1, 1, 0.7, 1]).tensor?.shape;
    expect(dims?.map((dim) => dim?.isFresh)).toEqual([false, false, true, false]);
    const third = facts(1, [3], [1, 1, Rational.of(Dim.symbol('T'), 3) as Rational]);
    const said = inferOp('Resize', [facts(1, ['B', 3, 3]), undefined, third]);
    expect(said.tensor?.shape?.map((dim) => dim?.isFresh)).toEqual([false, false, true]);
  });

  test('to sizes computed from shapes', () => {
    const sizes = facts(DataType.INT64, [4], ['B', 3, '2*H', '2*W']);
    expect(inferOp('Resize', [x, float([]), float([]), sizes]).shape).toBe('[B, 3, 2*H, 2*W]');
  });

  test('the ratio is a float: a half that it misses is rounded down', async () => {
    const attributes = { axes: [2, 3], keep_aspect_ratio_policy: 'not_larger' };
    await expectResized([image(6, 15), undefined, undefined, int64([25, 1000])], attributes, 19);
    const { shape } = inferOp('Resize', [image(6, 15), undefined, undefined, int64([25, 1000])], { attributes });
    expect(shape).toBe('[1, 2, 25, 62]');
  });

  test('keeping the ratio, where one axis provably decides', () => {
    const attributes = { axes: [2, 3], keep_aspect_ratio_policy: 'not_larger' };
    const sizes = facts(DataType.INT64, [2], ['H', '3*W']);
    expect(inferOp('Resize', [x, undefined, undefined, sizes], { attributes }).shape).toBe('[B, 3, H, W]');
    const larger = { ...attributes, keep_aspect_ratio_policy: 'not_smaller' };
    expect(inferOp('Resize', [x, undefined, undefined, sizes], { attributes: larger }).shape).toBe('[B, 3, 3*H, 3*W]');
    const open = facts(DataType.INT64, [2], ['P', 'Q']);
    expect(inferOp('Resize', [x, undefined, undefined, open], { attributes }).shape).toBe('[B, 3, ?, ?]');
  });

  test('a cropped region scales what it covers', () => {
    const attributes = { coordinate_transformation_mode: 'tf_crop_and_resize' };
    const roi = float([0, 0, 0, 0.25, 1, 1, 0.5, 0.75]);
    expect(inferOp('Resize', [x, roi, float([1, 1, 2, 4])], { attributes }).shape).toBe('[B, 3, H, 2*W]');
  });

  test('of an unknown rank, the scales tell it', () => {
    expect(inferOp('Resize', [facts(1, undefined), undefined, float([1, 1, 2])]).shape).toBe('[?, ?, ?]');
  });

  test('an unknown target leaves the axes it names unknown', () => {
    const attributes = { axes: [-1] };
    const inputs = [x, undefined, undefined, facts(DataType.INT64, [1])];
    expect(inferOp('Resize', inputs, { attributes }).shape).toBe('[B, 3, H, ?]');
  });
});

test.each([
  { opset: 1, attributes: { height_scale: 2, width_scale: 1.5 }, inputs: [] },
  { opset: 7, attributes: { scales: [1, 1, 2, 1.5] }, inputs: [] },
  { opset: 9, attributes: {}, inputs: [float([1, 1, 2, 1.5])] },
])('Upsample of opset $opset', ({ opset, attributes, inputs }) => {
  const said = inferOp('Upsample', [facts(1, ['B', 3, 'H', 6]), ...inputs], { attributes: { ...attributes }, opset });
  expect(said.shape).toBe('[B, 3, 2*H, 9]');
});
