/** Averages over segments, spread over their positions again: CAM++ and its like, exported at fixed sizes. */
import * as ort from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import type { Model } from '../../src/model/model.js';
import { serialize } from '../../src/model/save.js';
import type { Value } from '../../src/model/value.js';
import { fixShapes } from '../../src/passes/fix-shapes.js';
import { DataType } from '../../src/tensor/dtype.js';
import { emptyModel } from '../support/build-model.js';
import { operators, output, runPass } from './harness.js';

const SEGMENT = 4;
const [GROUPS, FEATURES] = [2, 3];

/** `x [batch, 2, 3, time]` as `[1, 6, T]`, times the averages of its segments; every size but the segment's is the traced one. */
async function segmentPooling(traced: number): Promise<Model> {
  const model = await emptyModel();
  const { graph } = model;
  const ints = (...values: number[]) =>
    graph.addInitializer(graph.freshName('ints'), {
      dtype: DataType.INT64,
      shape: [values.length],
      data: BigInt64Array.from(values, BigInt),
    });
  const add = (opType: string, inputs: Value[], attributes = {}) =>
    graph.addNode({ opType, inputs, attributes }).outputs[0] as Value;
  const x = graph.addInput('x', DataType.FLOAT, ['batch', GROUPS, FEATURES, 'time']);
  const rows = add('Reshape', [x, ints(1, GROUPS * FEATURES, traced)]);
  const window = { kernel_shape: { ints: [SEGMENT] }, strides: { ints: [SEGMENT] }, ceil_mode: { int: 1 } };
  const column = add('Unsqueeze', [add('AveragePool', [rows], window), ints(-1)]);
  const segments = Math.ceil(traced / SEGMENT);
  const spread = add('Expand', [column, ints(1, GROUPS * FEATURES, segments, SEGMENT)]);
  const flat = add('Reshape', [spread, ints(1, GROUPS * FEATURES, -1)]);
  output(model, 'Mul', [rows, add('Slice', [flat, ints(0), ints(traced), ints(2)])]);
  return model;
}

function expected(x: Float32Array, time: number): number[] {
  return Array.from(x, (element, i) => {
    const [row, position] = [Math.floor(i / time), i % time];
    const begin = position - (position % SEGMENT);
    const segment = x.subarray(row * time + begin, row * time + Math.min(begin + SEGMENT, time));
    return element * (segment.reduce((sum, other) => sum + other, 0) / segment.length);
  });
}

describe('averages over segments', () => {
  it.each([5, 7, 8, 9, 4, 3, 2])('traced at %d positions', async (traced) => {
    const model = await segmentPooling(traced);
    const report = await runPass(fixShapes(), model);
    expect(report).toMatchObject({ changed: true, unresolved: [], others: [], sizes: { batch: 1, time: traced } });
    const session = await ort.InferenceSession.create(await serialize(model), { graphOptimizationLevel: 'disabled' });
    for (const [batch, time] of [
      [1, traced],
      [2, 11],
      [3, 8],
      [1, 1],
    ] as const) {
      const data = Float32Array.from({ length: batch * GROUPS * FEATURES * time }, (_, i) => ((i * 7) % 23) - 5);
      const feed = new ort.Tensor('float32', data, [batch, GROUPS, FEATURES, time]);
      const result = Object.values(await session.run({ x: feed }))[0] as ort.Tensor;
      expect(result.dims).toEqual([batch, GROUPS * FEATURES, time]);
      expect(Array.from(result.data as Float32Array)).toEqual(
        expected(data, time).map((value) => expect.closeTo(value, 3)),
      );
    }
    await session.release();
  });

  it('leaves them alone once they are live', async () => {
    const model = await segmentPooling(9);
    await runPass(fixShapes(), model);
    const before = operators(model);
    expect(await runPass(fixShapes(), model)).toMatchObject({ changed: false, findings: [], others: [] });
    expect(operators(model)).toEqual(before);
  });
});
