import { describe, expect, it } from 'vitest';
import { infer } from '../../src/analysis/infer.js';
import type { Model } from '../../src/model/model.js';
import type { Value } from '../../src/model/value.js';
import { fixBatch } from '../../src/passes/fix-batch.js';
import { Builder } from '../../src/rewrite/builder.js';
import { Emitter } from '../../src/rewrite/emitter.js';
import { emitNormalisedItems } from '../../src/rewrite/normalise-items.js';
import { DataType } from '../../src/tensor/dtype.js';
import { emptyModel } from '../support/build-model.js';
import { operators, runPass } from './harness.js';

/** Numbers as data have them. */
const MEAN = [0.123456789, -1.98765432, 3.24159265];
const OTHER_MEAN = [0.2345678, -1.8765432, 3.2718281];
const ONE = [1];

interface LoopOptions {
  readonly opset?: number;
  readonly producer?: string;
  /** Into what the rows are written: zeros of the input's shape, or the input. */
  readonly inPlace?: boolean;
  /** Numbers of the model's own instead of Constant nodes. */
  readonly stored?: boolean;
}

/** Writes down `out[i] = (x[i] - means[i]) / deviations[i]` as the TorchScript exporter does. */
async function loop(
  means: readonly (readonly number[])[],
  deviations: readonly (readonly number[])[] = means.map(() => ONE),
  { opset = 17, producer = 'pytorch', inPlace = false, stored = false }: LoopOptions = {},
): Promise<Model> {
  const model = await emptyModel({ opset });
  model.producerName = producer;
  const { graph } = model;
  const x = graph.addInput('x', DataType.FLOAT, ['batch', 'time', 3]);
  const node = (opType: string, inputs: readonly Value[], attributes = {}) =>
    graph.addNode({ opType, inputs: [...inputs], attributes }).outputs[0] as Value;
  const int64 = (values: readonly number[], shape = [values.length]) => {
    const tensor = { dtype: DataType.INT64, shape, data: BigInt64Array.from(values, BigInt) };
    return node('Constant', [], { value: { tensor } });
  };
  const floats = (values: readonly number[]) => {
    const tensor = { dtype: DataType.FLOAT, shape: [values.length], data: Float32Array.from(values) };
    return stored ? graph.addInitializer(graph.freshName('w'), tensor) : node('Constant', [], { value: { tensor } });
  };
  let out = inPlace ? x : node('ConstantOfShape', [node('Shape', [x])]);
  means.forEach((mean, i) => {
    const source = inPlace ? out : x;
    const item = node('Gather', [source, int64([i], [])], { axis: { int: 0 } });
    const centred = node('Sub', [item, floats(mean)]);
    const scaled = node('Div', [centred, floats(deviations[i] as number[])]);
    const target = node('Gather', [out, int64([i], [])], { axis: { int: 0 } });
    const expanded = node('Expand', [scaled, node('Shape', [target])]);
    const rest = node('Slice', [node('Shape', [out]), int64([1]), int64([9]), int64([0])]);
    const update = node('Reshape', [expanded, node('Concat', [int64([1]), rest], { axis: { int: 0 } })]);
    out = node('ScatterND', [out, int64([i], [1, 1]), update]);
  });
  graph.setValueInfo(out, { kind: 'tensor', elemType: DataType.FLOAT, shape: ['batch', 'time', 3] });
  graph.addOutput(out);
  return model;
}

describe('statistics of the items of the example', () => {
  it.each([
    ['for one item', [MEAN], {}],
    ['for each of two', [MEAN, OTHER_MEAN], {}],
    ['for rows of the tensor itself', [MEAN, OTHER_MEAN], { inPlace: true }],
    ['in older models', [MEAN], { opset: 12 }],
  ])('become the mean of every item: %s', async (_, means, options) => {
    const model = await loop(means, undefined, options);
    const report = await runPass(fixBatch(), model);
    expect(report).toMatchObject({
      changed: true,
      changesValues: true,
      unresolved: [],
      sizes: { batch: means.length },
      items: { batch: means.length },
    });
    expect(operators(model)).toEqual({ ReduceMean: 1, Sub: 1 });
    expect(report.edits[0]?.after).toMatch(/mean of every item; assumed: .* over all of axis 1/);
    expect(report.findings[0]?.evidence?.[0]).toContain(`of which the example had ${means.length}`);
  });

  it("become PyTorch's deviation where items are scaled, too", async () => {
    const model = await loop([MEAN], [[1.2345678, 0.8765432, 2.3456789]]);
    const report = await runPass(fixBatch(), model);
    expect(report).toMatchObject({ changed: true, unresolved: [] });
    expect(operators(model)).toMatchObject({ ReduceMean: 1, Sqrt: 1, Max: 1, Div: 2 });
    expect(report.edits[0]?.after).toMatch(/the deviation is torch\.std's/);
  });

  it('are refused where another framework may have divided by n', async () => {
    const model = await loop([MEAN], [[1.2345678, 0.8765432, 2.3456789]], { producer: 'somebody' });
    const report = await runPass(fixBatch(), model);
    expect(report.edits).toEqual([]);
    expect(report.unresolved[0]?.message).toMatch(/samples \(n - 1\) or of a population \(n\)/);
  });

  it('are refused where an input may say which positions are padding', async () => {
    const model = await loop([MEAN]);
    const lengths = model.graph.addInput('lengths', DataType.FLOAT, ['batch']);
    model.graph.addOutput(model.graph.addNode({ opType: 'Neg', inputs: [lengths] }).outputs[0] as Value);
    const report = await runPass(fixBatch(), model);
    expect(report.edits).toEqual([]);
    expect(report.unresolved[0]?.message).toMatch(/padding by lengths must not count/);
    const named = await runPass(fixBatch({ lengths: 'x_len' }), await loop([MEAN]));
    expect(named.unresolved[0]?.message).toMatch(/padding by x_len must not count/);
  });

  it.each([
    ['numbers that people write', [[0.485, 0.456, 0.406]], {}],
    ['parameters of the model', [MEAN], { stored: true }],
    ['numbers that all items share', [MEAN, MEAN], {}],
  ])('are not %s', async (_, means, options) => {
    const model = await loop(means, undefined, options);
    const report = await runPass(fixBatch(), model);
    expect(report.findings.map(({ code }) => code)).not.toContain('frozen-statistic');
    expect(operators(model)).not.toHaveProperty('ReduceMean');
  });

  it('are not what is subtracted from all items at once', async () => {
    const model = await emptyModel();
    const x = model.graph.addInput('x', DataType.FLOAT, ['batch', 'time', 3]);
    const tensor = { dtype: DataType.FLOAT, shape: [3], data: Float32Array.from(MEAN) };
    const mean = model.graph.addNode({ opType: 'Constant', inputs: [], attributes: { value: { tensor } } });
    const centred = model.graph.addNode({ opType: 'Sub', inputs: [x, mean.outputs[0] as Value] });
    model.graph.addOutput(centred.outputs[0] as Value);
    expect(await runPass(fixBatch(), model)).toMatchObject({ changed: false, findings: [], unresolved: [] });
  });
});

describe('emitNormalisedItems', () => {
  it.each([11, 13, 18])('computes mean and deviation of samples at opset %i', async (opset) => {
    const model = await emptyModel({ opset });
    const tensor = { dtype: DataType.FLOAT, shape: [1, 3, 2], data: Float32Array.of(1, 5, 2, 5, 6, 5) };
    const x = model.graph.addInitializer('x', tensor);
    const anchor = model.graph.addNode({ opType: 'Identity', inputs: [x] });
    const build = new Builder(new Emitter(), anchor, 'normalized');
    const value = emitNormalisedItems(build, x, {
      axes: [1],
      dtype: DataType.FLOAT,
      centre: true,
      leastDeviation: 0.5,
    });
    const numbers = Array.from(infer(model).constants.dense(value)?.data ?? [], Number);
    const deviation = Math.sqrt((4 + 1 + 9) / 2);
    const expected = [-2 / deviation, 0, -1 / deviation, 0, 3 / deviation, 0];
    expect(numbers).toHaveLength(6);
    for (const [i, number] of numbers.entries()) expect(number).toBeCloseTo(expected[i] as number, 6);
  });
});
