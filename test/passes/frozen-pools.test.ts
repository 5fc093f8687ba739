import * as ort from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import type { AttributeInput } from '../../src/model/attribute.js';
import type { Model } from '../../src/model/model.js';
import { serialize } from '../../src/model/save.js';
import type { Value } from '../../src/model/value.js';
import { fixShapes } from '../../src/passes/fix-shapes.js';
import { DataType } from '../../src/tensor/dtype.js';
import { Builder } from '../analysis/evidence/model.js';
import { emptyModel } from '../support/build-model.js';
import { operators, runPass } from './harness.js';

type Make = (b: Builder, x: Value) => Value;

/** `x0` through a pooling, and what reads it. */
async function pooled(
  shape: readonly (number | string)[],
  opType: string,
  attributes: Record<string, AttributeInput>,
  read: Make,
) {
  const b = await Builder.start();
  const x = b.input(shape);
  b.output(read(b, b.node(opType, [x], attributes)));
  return b.model;
}

const squeezed: Make = (b, y) => b.node('Squeeze', [y, b.ints(2)]);
const classified: Make = (b, y) => b.node('Gemm', [b.node('Flatten', [y]), b.floats([4, 5], (i) => i % 3)]);
const window = (...sizes: number[]) => ({ kernel_shape: { ints: sizes }, strides: { ints: sizes } });

async function run(model: Model, shape: readonly number[]) {
  const data = Float32Array.from({ length: shape.reduce((a, b) => a * b) }, (_, i) => (i * 7) % 11);
  const session = await ort.InferenceSession.create(await serialize(model), { graphOptimizationLevel: 'disabled' });
  const results = await session.run({ x0: new ort.Tensor('float32', data, shape) });
  const { dims, data: out } = results[session.outputNames[0] as string] as ort.Tensor;
  return { data, dims, out: [...(out as Float32Array)] };
}

describe('poolings over all of an axis', () => {
  it.each([
    ['AveragePool', 'GlobalAveragePool', (row: number[]) => row.reduce((a, b) => a + b) / row.length],
    ['MaxPool', 'GlobalMaxPool', (row: number[]) => Math.max(...row)],
  ])('become global: %s', async (opType, global, of) => {
    const model = await pooled(['batch', 4, 'time'], opType, window(20), squeezed);
    const report = await runPass(fixShapes(), model);
    expect(report).toMatchObject({ changed: true, unresolved: [], others: [], sizes: { time: 20 } });
    expect(report.edits[0]).toMatchObject({ what: 'window of 20 stands for time', after: global });
    expect(operators(model)).toEqual({ [global]: 1, Squeeze: 1 });
    const { data, dims, out } = await run(model, [2, 4, 33]);
    expect(dims).toEqual([2, 4]);
    out.forEach((y, i) => {
      expect(y).toBeCloseTo(of([...data.slice(i * 33, (i + 1) * 33)]), 5);
    });
    expect(await runPass(fixShapes(), model)).toMatchObject({ changed: false, others: [] });
  });

  it('stay where they are rounded up: a window longer than the axis has one position as well', async () => {
    const model = await pooled(
      ['batch', 4, 'time'],
      'AveragePool',
      { ...window(320), ceil_mode: { int: 1 } },
      squeezed,
    );
    expect(await runPass(fixShapes(), model)).toMatchObject({ changed: false, unresolved: [], others: [] });
    expect((await run(model, [2, 4, 33])).dims).toEqual([2, 4]);
  });

  it('become global where windows of several branches are shorter than the input', async () => {
    const b = await Builder.start();
    const x = b.input(['batch', 4, 'time']);
    const branches = [2, 3].map((width) => {
      const y = b.node('Conv', [x, b.floats([4, 4, width], (i) => i % 5)]);
      return squeezed(b, b.node('MaxPool', [y], window(21 - width)));
    });
    b.output(b.node('Concat', branches, { axis: { int: 1 } }));
    const report = await runPass(fixShapes(), b.model);
    expect(report.edits.map(({ what }) => what)).toEqual([
      'window of 19 stands for time - 1',
      'window of 18 stands for time - 2',
    ]);
    expect((await run(b.model, [3, 4, 9])).dims).toEqual([3, 8]);
  });

  it('become global over both axes of an image', async () => {
    const model = await pooled(['batch', 4, 'height', 'width'], 'AveragePool', window(7, 9), classified);
    expect(await runPass(fixShapes(), model)).toMatchObject({ changed: true, sizes: { height: 7, width: 9 } });
    expect((await run(model, [1, 4, 5, 12])).dims).toEqual([1, 5]);
  });

  it.each([11, 18])('leave the other axes to a window of their own (opset %d)', async (opset) => {
    const model = await emptyModel({ opset });
    const x = model.graph.addInput('x0', DataType.FLOAT, ['batch', 4, 'time', 12]);
    const add = (opType: string, inputs: Value[], attributes = {}) =>
      model.graph.addNode({ opType, inputs, attributes }).outputs[0] as Value;
    const pool = { kernel_shape: { ints: [20, 3] }, strides: { ints: [20, 3] } };
    const y = add('AveragePool', [x], pool);
    const weight = { dtype: DataType.FLOAT, shape: [16, 5], data: new Float32Array(80).fill(1) };
    const flat = add('Flatten', [y]);
    model.graph.addOutput(add('Gemm', [flat, model.graph.addInitializer('w', weight)]));
    const before = await run(model, [2, 4, 20, 12]);
    expect(await runPass(fixShapes(), model)).toMatchObject({ changed: true, unresolved: [] });
    const after = await run(model, [2, 4, 20, 12]);
    after.out.forEach((value, i) => {
      expect(value).toBeCloseTo(before.out[i] as number, 4);
    });
    expect((await run(model, [2, 4, 31, 12])).dims).toEqual([2, 5]);
  });

  it('are left where any number of windows is welcome', async () => {
    const model = await pooled(['batch', 4, 'time'], 'AveragePool', window(20), (_, y) => y);
    expect((await runPass(fixShapes(), model)).changed).toBe(false);
  });

  it('are left where the window does not give what is needed either', async () => {
    // Twenty positions halved are ten, which a table of 25 does not fit: something else was frozen.
    const added: Make = (b, y) => b.node('Add', [y, b.floats([1, 4, 25], (i) => Math.sin(i * i))]);
    const model = await pooled(['batch', 4, 'time'], 'MaxPool', window(2), added);
    expect((await runPass(fixShapes(), model)).edits).toEqual([]);
    expect(operators(model).MaxPool).toBe(1);
  });

  it('are left where padding is part of the window', async () => {
    const padded = { ...window(20), pads: { ints: [1, 1] } };
    const model = await pooled(['batch', 4, 'time'], 'AveragePool', padded, squeezed);
    expect((await runPass(fixShapes(), model)).changed).toBe(false);
  });
});
