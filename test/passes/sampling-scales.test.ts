import * as ort from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import type { Model } from '../../src/model/model.js';
import { serialize } from '../../src/model/save.js';
import type { Value } from '../../src/model/value.js';
import { fixShapes } from '../../src/passes/fix-shapes.js';
import { Builder } from '../analysis/evidence/model.js';
import { operators, runPass } from './harness.js';

type Image = readonly [height: number, width: number];

/** Level k of an image, each half as large as the one before. */
const levelOf = ([height, width]: Image, k: number): Image => [Math.ceil(height / 2 ** k), Math.ceil(width / 2 ** k)];

/** `x [batch, 2, height, width]` and its halves, each sampled at its own two of `offsets [batch, 5, levels, 2]`. */
async function sampled(image: Image, levels: number, scale: (image: Image) => number[], opType = 'Div') {
  const b = await Builder.start();
  const x = b.input(['batch', 2, 'height', 'width']);
  const offsets = b.input(['batch', 5, levels, 2]);
  const numbers = Array.from({ length: levels }, (_, k) => scale(levelOf(image, k))).flat();
  const scaled = b.node(opType, [offsets, b.floats([1, 1, levels, 2], (i) => numbers[i] as number)]);
  const grid = b.node('Sub', [b.node('Mul', [scaled, b.floats([], () => 2)]), b.floats([], () => 1)]);
  let level: Value = x;
  for (let k = 0; k < levels; k++) {
    const own = b.node('Unsqueeze', [b.node('Gather', [grid, b.int(k)], { axis: { int: 2 } }), b.ints(1)]);
    b.output(b.node('GridSample', [level, own]));
    const attributes = { kernel_shape: { ints: [2, 2] }, strides: { ints: [2, 2] }, ceil_mode: { int: 1 } };
    level = b.node('MaxPool', [level], attributes);
  }
  return b.model;
}

/** A flow `[batch, height, width, 2]` whose columns and rows are scaled one by one, as `2 * x / (W - 1) - 1`. */
async function warped(opType: string, factor: (size: number) => number, [height, width]: Image) {
  const b = await Builder.start();
  const x = b.input(['batch', 2, 'height', 'width']);
  const flow = b.input(['batch', 'height', 'width', 2]);
  const parts = [width, height].map((size, k) => {
    const part = b.node('Unsqueeze', [b.node('Gather', [flow, b.int(k)], { axis: { int: -1 } }), b.ints(-1)]);
    return b.node('Sub', [b.node(opType, [part, b.floats([], () => factor(size))]), b.floats([], () => 1)]);
  });
  return b.output(b.node('GridSample', [x, b.node('Concat', parts, { axis: { int: -1 } })])).model;
}

async function run(model: Model, [height, width]: Image, points: readonly number[]): Promise<number[][]> {
  const session = await ort.InferenceSession.create(await serialize(model));
  const tensor = (dims: readonly number[]) => {
    const count = dims.reduce((a, b) => a * b, 1);
    return new ort.Tensor(
      'float32',
      Float32Array.from({ length: count }, (_, i) => Math.sin(i * i)),
      [...dims],
    );
  };
  const results = await session.run({ x0: tensor([1, 2, height, width]), x1: tensor(points) });
  return session.outputNames.map((name) => Array.from(results[name]?.data as Float32Array));
}

const inPixels = ([height, width]: Image) => [width, height];
const traced = (...images: Image[]) => Object.fromEntries(images.map(([h, w]) => ['x0', [1, 2, h, w]]));

describe('scales of sampled coordinates', () => {
  it('follow the images of all levels, whose sizes tell each other', async () => {
    for (const options of [{ tracedShapes: traced([16, 24]) }, {}]) {
      const model = await sampled([16, 24], 3, inPixels);
      const report = await runPass(fixShapes(options), model);
      expect(report.edits).toHaveLength(1);
      expect(report).toMatchObject({ unresolved: [], sizes: { height: 16, width: 24 } });
      for (const image of [
        [16, 24],
        [9, 30],
        [5, 3],
      ] as const) {
        const expected = await run(await sampled(image, 3, inPixels), image, [1, 5, 3, 2]);
        expect(await run(model, image, [1, 5, 3, 2])).toEqual(expected);
      }
      expect((await runPass(fixShapes(options), model)).changed).toBe(false);
    }
  });

  it('may be multiplied by, and be of steps between pixels', async () => {
    const steps = ([height, width]: Image) => [1 / (width - 1), 1 / (height - 1)];
    const model = await sampled([8, 12], 1, steps, 'Mul');
    const report = await runPass(fixShapes({ tracedShapes: traced([8, 12]) }), model);
    expect(report.edits.map(({ what }) => what)).toEqual(['1 / (width - 1, height - 1)']);
    const image = [7, 9] as const;
    expect(await run(model, image, [1, 5, 1, 2])).toEqual(
      await run(await sampled(image, 1, steps, 'Mul'), image, [1, 5, 1, 2]),
    );
  });

  it.each([
    ['Div', (size: number) => (size - 1) / 2, '0.5 * (width - 1)'],
    ['Mul', (size: number) => 2 / (size - 1), '2 / (width - 1)'],
    ['Div', (size: number) => size, '(width)'],
  ])('are found for columns and rows that are joined after %s', async (opType, factor, what) => {
    const model = await warped(opType, factor, [6, 10]);
    const report = await runPass(fixShapes({ tracedShapes: traced([6, 10]) }), model);
    expect(report.edits.map((edit) => edit.what)).toContain(what);
    expect(report.edits).toHaveLength(2);
    const points = [1, 5, 8, 2];
    expect(await run(model, [5, 8], points)).toEqual(await run(await warped(opType, factor, [5, 8]), [5, 8], points));
  });

  it('are numbers of their own where they were no sizes of what is sampled', async () => {
    const swapped = ([height, width]: Image) => [height, width];
    const cases = [
      [await sampled([16, 24], 3, swapped), traced([16, 24])],
      [await sampled([16, 24], 3, inPixels), traced([32, 32])],
      [await sampled([16, 24], 1, inPixels), {}],
      [await sampled([16, 24], 2, () => [10, 10]), {}],
    ] as const;
    for (const [model, tracedShapes] of cases) {
      expect((await runPass(fixShapes({ tracedShapes }), model)).changed).toBe(false);
    }
  });

  it('let evenly spaced positions of an image be one', async () => {
    const b = await Builder.start();
    const x = b.input([1, 2, 'height', 'width']);
    const rows = b.node('Gather', [b.node('Shape', [x]), b.int(2)]);
    const float = (value: Value) => b.node('Cast', [value], { to: { int: 1 } });
    const positions = b.node('Range', [b.int(0), rows, b.int(1)], {});
    const step = b.node('Div', [float(rows), float(b.node('Sub', [rows, b.int(1)]))]);
    const spaced = b.node('Reshape', [b.node('Mul', [float(positions), step]), b.ints(1, -1, 1, 1)]);
    const scaled = b.node('Div', [
      b.node('Concat', [spaced, spaced], { axis: { int: 3 } }),
      b.floats([2], (i) => [24, 16][i] as number),
    ]);
    const { model } = b.output(b.node('GridSample', [x, scaled]));
    const report = await runPass(fixShapes({ tracedShapes: traced([16, 24]) }), model);
    expect(report.edits.map(({ what }) => what)).toEqual([
      expect.stringContaining('steps between height positions'),
      '(width, height)',
    ]);
    expect(operators(model)).toMatchObject({ Max: 1 });
    const session = await ort.InferenceSession.create(await serialize(model));
    const image = new ort.Tensor('float32', new Float32Array(6).fill(1), [1, 2, 1, 3]);
    const [output] = Object.values(await session.run({ x0: image }));
    expect(Array.from(output?.data as Float32Array).every(Number.isFinite)).toBe(true);
  });
});
