import * as ort from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import type { Model } from '../../src/model/model.js';
import { serialize } from '../../src/model/save.js';
import type { Value } from '../../src/model/value.js';
import { fixMasks } from '../../src/passes/fix-masks.js';
import { fixPe } from '../../src/passes/fix-pe.js';
import { fixShapes } from '../../src/passes/fix-shapes.js';
import { pipeline } from '../../src/passes/pipeline.js';
import { Builder } from '../analysis/evidence/model.js';
import { runPass } from './harness.js';

const HEADS = 2;
const FEATURES = 3;
const embedding = (row: number, feature: number) => Math.cos(row * 2 + feature);

interface Traced {
  readonly time: number;
  readonly window: number;
}

/** The learned rows, one for each distance in the window, padded and cut to those of `time` positions. */
function table(b: Builder, { time, window }: Traced): Value {
  const rows = b.floats([1, 2 * window + 1, FEATURES], (i) => embedding(Math.floor(i / FEATURES), i % FEATURES));
  const pad = time - window - 1;
  const padded = b.node('Pad', [rows, b.ints(0, pad, 0, 0, pad, 0)]);
  return b.node('Slice', [padded, b.ints(0), b.ints(2 * time - 1), b.ints(1)]);
}

/** Scores by distance, as VITS computes them: q [batch, 2, time, 3] to [batch, 2, time, time]. */
function toAbsolute(
  b: Builder,
  traced: Traced,
  other = b.input(['batch', HEADS, 'time', 'time']),
  rows = table(b, traced),
): Value {
  const { time: T } = traced;
  const q = b.input(['batch', HEADS, 'time', FEATURES]);
  const keys = b.node('Transpose', [rows], { perm: { ints: [0, 2, 1] } });
  const x = b.node('Pad', [b.node('MatMul', [q, keys]), b.ints(0, 0, 0, 0, 0, 0, 0, 1)]);
  const flat = b.node('Pad', [b.node('Reshape', [x, b.ints(0, HEADS, 2 * T * T)]), b.ints(0, 0, 0, 0, 0, T - 1)]);
  const skewed = b.node('Reshape', [flat, b.ints(0, HEADS, T + 1, 2 * T - 1)]);
  const square = b.node('Slice', [skewed, b.ints(0), b.ints(T), b.ints(2)]);
  const own = b.node('Slice', [square, b.ints(T - 1), b.ints(Number.MAX_SAFE_INTEGER), b.ints(3)]);
  return b.node('Add', [other, own]);
}

/** Values by distance: p [batch, 2, time, time] to [batch, 2, time, 3]. */
function toRelative(b: Builder, traced: Traced, p = b.input(['batch', HEADS, 'time', 'time'])): Value {
  const { time: T } = traced;
  const x = b.node('Pad', [p, b.ints(0, 0, 0, 0, 0, 0, 0, T - 1)]);
  const flat = b.node('Pad', [b.node('Reshape', [x, b.ints(0, HEADS, T * (2 * T - 1))]), b.ints(0, 0, T, 0, 0, 0)]);
  const skewed = b.node('Reshape', [flat, b.ints(0, HEADS, T, 2 * T)]);
  const relative = b.node('Slice', [skewed, b.ints(1), b.ints(Number.MAX_SAFE_INTEGER), b.ints(3)]);
  return b.node('MatMul', [relative, table(b, traced)]);
}

async function run(model: Model, inputs: readonly (readonly number[])[]) {
  const feeds = inputs.map((shape, i) => {
    const data = Float32Array.from({ length: shape.reduce((a, b) => a * b) }, (_, k) => Math.sin(k + i));
    return [model.graph.inputs[i]?.name as string, new ort.Tensor('float32', data, shape)] as const;
  });
  const session = await ort.InferenceSession.create(await serialize(model), { graphOptimizationLevel: 'disabled' });
  const results = await session.run(Object.fromEntries(feeds));
  const { data, dims } = results[session.outputNames[0] as string] as ort.Tensor;
  return { data: data as Float32Array, dims, inputs: feeds.map(([, tensor]) => tensor.data as Float32Array) };
}

const TRACED: readonly Traced[] = [
  { time: 20, window: 4 },
  { time: 9, window: 2 },
  { time: 16, window: 7 },
];

describe('relative positions skewed by Reshape', () => {
  it.each(TRACED)('become absolute at any size, traced at $time', async (traced) => {
    const b = await Builder.start();
    b.output(toAbsolute(b, traced));
    expect(await runPass(fixShapes(), b.model)).toMatchObject({ changed: true, unresolved: [], others: [] });
    for (const time of [traced.window + 1, 13, 31]) {
      const shapes = [
        [2, HEADS, time, time],
        [2, HEADS, time, FEATURES],
      ];
      const { data, dims, inputs } = await run(b.model, shapes);
      expect(dims).toEqual([2, HEADS, time, time]);
      const [other, q] = inputs as [Float32Array, Float32Array];
      data.forEach((score, k) => {
        const [row, j] = [Math.floor(k / time), k % time];
        const distance = j - (row % time) + traced.window;
        const near = distance >= 0 && distance <= 2 * traced.window;
        let expected = other[k] as number;
        for (let d = 0; near && d < FEATURES; d++) {
          expected += (q[row * FEATURES + d] as number) * embedding(distance, d);
        }
        expect(score).toBeCloseTo(expected, 4);
      });
    }
  });

  it.each(TRACED)('are made of absolute ones at any size, traced at $time', async (traced) => {
    const b = await Builder.start();
    b.output(toRelative(b, traced));
    expect(await runPass(fixShapes(), b.model)).toMatchObject({ changed: true, unresolved: [], others: [] });
    for (const time of [traced.window + 1, 13, 31]) {
      const { data, dims, inputs } = await run(b.model, [[1, HEADS, time, time]]);
      expect(dims).toEqual([1, HEADS, time, FEATURES]);
      const [p] = inputs as [Float32Array];
      data.forEach((sum, k) => {
        const [row, d] = [Math.floor(k / FEATURES), k % FEATURES];
        let expected = 0;
        for (let j = 0; j < time; j++) {
          const distance = j - (row % time) + traced.window;
          if (distance < 0 || distance > 2 * traced.window) continue;
          expected += (p[row * time + j] as number) * embedding(distance, d);
        }
        expect(sum).toBeCloseTo(expected, 4);
      });
    }
  });

  it('are both live in one attention', async () => {
    const traced = { time: 20, window: 4 };
    const b = await Builder.start();
    const weights = b.node('Softmax', [toAbsolute(b, traced)], { axis: { int: -1 } });
    b.output(toRelative(b, traced, weights));
    const report = await runPass(fixShapes(), b.model);
    expect(report).toMatchObject({ changed: true, unresolved: [], others: [], sizes: { time: 20 } });
    const shapes = (time: number) => [
      [2, HEADS, time, time],
      [2, HEADS, time, FEATURES],
    ];
    expect((await run(b.model, shapes(7))).dims).toEqual([2, HEADS, 7, FEATURES]);
    expect(await runPass(fixShapes(), b.model)).toMatchObject({ changed: false, others: [] });
  });

  it('need a table that can be made for any size', async () => {
    // A learned row for every distance at the traced size: there are no more.
    const b = await Builder.start();
    const rows = b.floats([1, 39, FEATURES], (i) => Math.sin(i * i * 1.7));
    b.output(toAbsolute(b, { time: 20, window: 19 }, undefined, rows));
    const { model } = b;
    const passes = pipeline([fixShapes(), fixMasks(), fixPe()]);
    const report = await runPass(passes, model);
    expect(report.others?.map(({ code }) => code)).toContain('size-contradiction');
  });
});
