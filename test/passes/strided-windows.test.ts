import * as ort from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import { serialize } from '../../src/model/save.js';
import { fixShapes } from '../../src/passes/fix-shapes.js';
import { asStrided } from '../analysis/evidence/as-strided.js';
import { Builder } from '../analysis/evidence/model.js';
import { runPass } from './harness.js';

const FEATURES = 3;

/** Overlapping windows of [batch, time, 3], by a stride that was frozen at `traced` frames; repaired. */
async function repaired(hop: number, hops: number, traced: number) {
  const b = await Builder.start();
  const x = b.input(['batch', 'time', FEATURES]);
  const chunks = b.node('Reshape', [x, b.ints(0, -1, hop, FEATURES)]);
  const sizes = [[x, 0], [chunks, 1, 1, 1 - hops], hop * hops, FEATURES] as const;
  b.output(asStrided(b, chunks, sizes, [traced * FEATURES, hop * FEATURES, FEATURES, 1]));
  return { model: b.model, report: await runPass(fixShapes(), b.model) };
}

async function run(model: Parameters<typeof serialize>[0], batch: number, time: number) {
  const data = Float32Array.from({ length: batch * time * FEATURES }, (_, i) => i);
  const session = await ort.InferenceSession.create(await serialize(model), { graphOptimizationLevel: 'disabled' });
  const results = await session.run({ x0: new ort.Tensor('float32', data, [batch, time, FEATURES]) });
  return results[session.outputNames[0] as string] as ort.Tensor;
}

describe('windows read by frozen strides', () => {
  it.each([
    [4, 3, 32, 2, 20],
    [4, 2, 16, 3, 12],
    [8, 4, 64, 1, 40],
    [5, 3, 15, 4, 35],
  ])('of %d x %d frames, traced at %d, are right for %d items of %d', async (hop, hops, traced, batch, time) => {
    const { model, report } = await repaired(hop, hops, traced);
    expect(report).toMatchObject({ changed: true, unresolved: [] });
    const { dims, data } = await run(model, batch, time);
    const windows = time / hop - hops + 1;
    const size = hop * hops * FEATURES;
    expect(dims).toEqual([batch, windows, hop * hops, FEATURES]);
    const expected = Array.from({ length: batch * windows * size }, (_, i) => {
      const window = Math.floor(i / size);
      const item = Math.floor(window / windows);
      return item * time * FEATURES + (window % windows) * hop * FEATURES + (i % size);
    });
    expect([...(data as Float32Array)]).toEqual(expected);
  });
});
