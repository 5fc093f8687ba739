import { describe, expect, it } from 'vitest';
import type { Model } from '../../src/model/model.js';
import type { Value } from '../../src/model/value.js';
import { declareShapes } from '../../src/passes/declare-shapes.js';
import { fixShapes } from '../../src/passes/fix-shapes.js';
import { DataType } from '../../src/tensor/dtype.js';
import { emptyModel } from '../support/build-model.js';
import { operators, output, runPass } from './harness.js';

function ints(model: Model, name: string, values: readonly number[]): Value {
  return model.graph.addInitializer(name, {
    dtype: DataType.INT64,
    shape: [values.length],
    data: BigInt64Array.from(values, BigInt),
  });
}

function numbersAt(value: Value | undefined): number[] {
  return Array.from((value?.initializer?.dense().data ?? []) as BigInt64Array, Number);
}

/** `x [batch, time, 32]` into Reshape, its result added to `y` of the given shape. */
async function reshape(target: readonly number[], shape: readonly (number | string)[]) {
  const model = await emptyModel();
  const x = model.graph.addInput('x', DataType.FLOAT, ['batch', 'time', 32]);
  const y = model.graph.addInput('y', DataType.FLOAT, shape);
  const [reshaped] = model.graph.addNode({ opType: 'Reshape', inputs: [x, ints(model, 'target', target)] }).outputs;
  if (reshaped === undefined) throw new Error('no output');
  output(model, 'Add', [reshaped, y]);
  return model;
}

describe('fix-shapes', () => {
  it('writes 0 where Reshape keeps a size, without a node more', async () => {
    const model = await reshape([2, 18, 4, 8], ['batch', 'time', 4, 8]);
    const report = await runPass(fixShapes(), model);
    expect(report).toMatchObject({ changed: true, unresolved: [], sizes: { batch: 2, time: 18 } });
    const [node] = model.graph.nodes;
    expect(numbersAt(node?.inputs[1])).toEqual([0, 0, 4, 8]);
    expect(operators(model)).toEqual({ Reshape: 1, Add: 1 });
  });

  it('leaves a size that a learned table fixes anyway', async () => {
    const model = await emptyModel();
    const { graph } = model;
    const x = graph.addInput('x', DataType.FLOAT, ['batch', 'time', 'bands', 32]);
    const rows = graph.addNode({ opType: 'Reshape', inputs: [x, ints(model, 'rows', [0, -1, 32])] })
      .outputs[0] as Value;
    const data = Float32Array.from({ length: 12 * 32 }, (_, i) => Math.sin(i * i));
    const table = graph.addInitializer('table', { dtype: DataType.FLOAT, shape: [1, 12, 32], data });
    const placed = graph.addNode({ opType: 'Add', inputs: [rows, table] }).outputs[0] as Value;
    const heads = graph.addNode({ opType: 'Reshape', inputs: [placed, ints(model, 'heads', [-1, 12, 4, 8])] });
    const merged = graph.addNode({
      opType: 'Reshape',
      inputs: [heads.outputs[0] as Value, ints(model, 'merged', [-1, 12, 32])],
    });
    output(model, 'Add', [merged.outputs[0] as Value, placed]);
    expect(await runPass(fixShapes(), model)).toMatchObject({ changed: false, findings: [], unresolved: [] });
  });

  it('writes -1 where one size follows from the others', async () => {
    const model = await reshape([36, 32], ['rows', 32]);
    const [node] = model.graph.nodes;
    expect(await runPass(fixShapes(), model)).toMatchObject({ changed: true, unresolved: [] });
    expect(numbersAt(node?.inputs[1])).toEqual([-1, 32]);
  });

  it('tells a batch times heads from an equal number of features', async () => {
    const model = await reshape([2, 18, 4, 8], ['batch', 'time', 4, 8]);
    const { graph } = model;
    const x = graph.value('x');
    if (x === undefined) throw new Error('no input');
    const heads = graph.addInput('heads', DataType.FLOAT, ['batch', 4, 'time', 8]);
    const merged = graph.addNode({ opType: 'Reshape', inputs: [heads, ints(model, 'merged', [8, 18, 8])] });
    graph.addOutput(merged.outputs[0] as Value);
    const report = await runPass(fixShapes(), model);
    expect(report).toMatchObject({ changed: true, unresolved: [] });
    const target = merged.inputs[1];
    // batch * 4 rows, time steps, and 8 features that stay.
    expect(numbersAt(target).at(-1) ?? 8).toBe(8);
    expect(report.edits.map(({ what }) => what)).toContainEqual(expect.stringContaining('8 stands for 4*batch'));
  });

  it('reads sizes from live tensors for operators without a shorthand', async () => {
    const model = await emptyModel();
    const { graph } = model;
    const x = graph.addInput('x', DataType.FLOAT, ['batch', 'time', 32]);
    const speaker = graph.addInput('speaker', DataType.FLOAT, ['batch', 1, 32]);
    const [wide] = graph.addNode({ opType: 'Tile', inputs: [speaker, ints(model, 'repeats', [1, 20, 1])] }).outputs;
    if (wide === undefined) throw new Error('no output');
    output(model, 'Add', [x, wide]);
    const report = await runPass(fixShapes(), model);
    expect(report).toMatchObject({ changed: true, unresolved: [], sizes: { time: 20 } });
    expect(operators(model)).toMatchObject({ Tile: 1, Add: 1, Shape: 1, Concat: 1 });
    expect(await runPass(fixShapes(), model)).toMatchObject({ changed: false, findings: [] });
  });

  it('follows a size through Reshape after Reshape, and through what the outputs declare', async () => {
    const model = await emptyModel();
    const { graph } = model;
    const flat = graph.addInput('flat', DataType.FLOAT, ['batch*time*4']);
    const [first] = graph.addNode({ opType: 'Reshape', inputs: [flat, ints(model, 'a', [1, 2, 18, 4])] }).outputs;
    const [second] = graph.addNode({ opType: 'Reshape', inputs: [first, ints(model, 'b', [2, 18, 4])] }).outputs;
    const other = graph.addInput('other', DataType.FLOAT, ['batch', 'time', 4]);
    const sum = output(model, 'Add', [second as Value, other]);
    graph.setValueInfo(sum, { kind: 'tensor', elemType: DataType.FLOAT, shape: [2, 18, 4] });
    const report = await runPass(fixShapes(), model);
    expect(report).toMatchObject({ changed: true, unresolved: [], others: [], sizes: { batch: 2, time: 18 } });
    expect(sum.declared).toMatchObject({ shape: ['batch', 'time', 4] });
  });

  it('finds a batch that was 1 when what follows only works that way', async () => {
    const model = await emptyModel();
    const { graph } = model;
    const flat = graph.addInput('flat', DataType.FLOAT, ['batch*time', 4]);
    const [shaped] = graph.addNode({ opType: 'Reshape', inputs: [flat, ints(model, 'a', [1, 18, 4])] }).outputs;
    output(model, 'Sub', [graph.addInput('other', DataType.FLOAT, ['batch', 'time', 4]), shaped as Value]);
    const report = await runPass(fixShapes(), model);
    expect(report).toMatchObject({ changed: true, unresolved: [], sizes: { batch: 1, time: 18 } });
  });

  it('splits into equal parts what was split into equal numbers', async () => {
    const model = await emptyModel();
    const { graph } = model;
    const x = graph.addInput('x', DataType.FLOAT, ['batch', 4]);
    const { outputs } = graph.addNode({ opType: 'Split', inputs: [x, ints(model, 'sizes', [3, 3])], outputs: 2 });
    output(model, 'Sub', outputs as Value[]);
    const report = await runPass(fixShapes(), model);
    expect(report).toMatchObject({ changed: true, unresolved: [], others: [], sizes: { batch: 6 } });
    expect(report.edits[0]?.what).toBe('3 stands for batch//2, 3 stands for batch//2');
  });

  /** Rows of x in the order of something, taken apart into 3 and 4 and joined again. */
  async function ordered(order: (model: Model, x: Value) => Value) {
    const model = await emptyModel();
    const { graph } = model;
    const x = graph.addInput('x', DataType.FLOAT, ['rows', 4]);
    const sorted = graph.addNode({ opType: 'Gather', inputs: [x, order(model, x)], attributes: { axis: { int: 0 } } });
    const inputs = [sorted.outputs[0] as Value, ints(model, 'sizes', [3, 4])];
    const { outputs } = graph.addNode({ opType: 'Split', inputs, outputs: 2, attributes: { axis: { int: 0 } } });
    output(model, 'Concat', outputs as Value[]).producer?.attributes.set('axis', { int: 0 });
    return runPass(fixShapes(), model);
  }

  it('refuses parts that were counted in the data: tokens sorted by their experts', async () => {
    const report = await ordered(({ graph }, x) => {
      const column = graph.addNode({ opType: 'ReduceSum', inputs: [x], attributes: { keepdims: { int: 0 } } });
      const axes = graph.addInitializer('axes', { dtype: DataType.INT64, shape: [1], data: BigInt64Array.of(1n) });
      column.setInput(1, axes);
      const count = graph.addNode({ opType: 'Shape', inputs: [column.outputs[0] as Value] });
      const inputs = [column.outputs[0] as Value, count.outputs[0] as Value];
      return graph.addNode({ opType: 'TopK', inputs, outputs: 2, attributes: { axis: { int: 0 } } })
        .outputs[1] as Value;
    });
    expect(report).toMatchObject({ changed: false, unresolved: [{ code: 'unexplained-size' }] });
    expect(report.unresolved[0]?.message).toContain('the data put its rows in order');
  });

  it('takes rows in a given order apart at a live size', async () => {
    const report = await ordered(({ graph }) => graph.addInput('order', DataType.INT64, ['rows']));
    expect(report).toMatchObject({ changed: true, unresolved: [] });
  });

  it('changes nothing in a model that is right', async () => {
    const model = await reshape([0, -1, 4, 8], ['batch', 'time', 4, 8]);
    expect(await runPass(fixShapes(), model)).toMatchObject({
      changed: false,
      findings: [],
      unresolved: [],
      others: [],
    });
  });
});

describe('declare-shapes', () => {
  it('frees inputs, and whatever else was declared at the traced size', async () => {
    const model = await emptyModel();
    const { graph } = model;
    const x = graph.addInput('x', DataType.FLOAT, [2, 20, 32]);
    const [inner] = graph.addNode({ opType: 'Relu', inputs: [x], outputs: ['inner'] }).outputs;
    if (inner === undefined) throw new Error('no output');
    const declared = { kind: 'tensor', elemType: DataType.FLOAT, shape: [2, 20, 32] } as const;
    graph.setValueInfo(inner, declared);
    const [last] = graph.addNode({ opType: 'Relu', inputs: [inner], outputs: ['y'] }).outputs;
    if (last === undefined) throw new Error('no output');
    graph.setValueInfo(last, declared);
    graph.addOutput(last);
    const report = await runPass(declareShapes({ inputShapes: { x: ['batch', 'time', 32] } }), model);
    expect(report).toMatchObject({ changed: true, sizes: { batch: 2, time: 20 } });
    expect(x.declared).toMatchObject({ shape: ['batch', 'time', 32] });
    expect(last.declared).toMatchObject({ shape: ['batch', 'time', 32] });
    expect(inner.declared).toBeUndefined();
  });

  it('does nothing unless asked', async () => {
    const model = await emptyModel();
    model.graph.addInput('x', DataType.FLOAT, [2, 20, 32]);
    expect(await runPass(declareShapes(), model)).toMatchObject({ changed: false, edits: [] });
  });
});

describe('numbers that several operators read', () => {
  it('are live for those that mean sizes by them, and stay for the others', async () => {
    const model = await emptyModel();
    const { graph } = model;
    const x = graph.addInput('x', DataType.FLOAT, ['batch', 6]);
    const y = graph.addInput('y', DataType.FLOAT, [4, 5, 6]);
    // Optimisers keep equal constants once: two items of 2 x 3 features, and two copies of each row.
    const shared = ints(model, 'shared', [2, 2, 3]);
    const items = graph.addNode({ opType: 'Reshape', inputs: [x, shared] });
    output(model, 'Relu', [items.outputs[0] as Value]);
    const copies = graph.addNode({ opType: 'Tile', inputs: [y, shared] });
    output(model, 'Neg', [copies.outputs[0] as Value]);
    expect(await runPass(fixShapes(), model)).toMatchObject({ changed: true, unresolved: [] });
    expect(numbersAt(items.inputs[1])).toEqual([0, 2, 3]);
    expect(copies.inputs[1]).toBe(shared);
  });
});

it('says what onnxruntime refuses to run: a normalization over no elements', async () => {
  const model = await emptyModel();
  const x = model.graph.addInput('x', DataType.FLOAT, ['batch', 0]);
  const scale = model.graph.addInitializer('scale', { dtype: DataType.FLOAT, shape: [0], data: new Float32Array(0) });
  output(model, 'LayerNormalization', [x, scale]);
  const report = await runPass(fixShapes(), model);
  expect(report).toMatchObject({ changed: false, others: [{ code: 'size-conflict' }] });
});

it('refuses relative shifts of scores whose positions were folded: no slice makes up for them', async () => {
  const model = await emptyModel();
  const { graph } = model;
  const q = graph.addInput('q', DataType.FLOAT, ['batch', 4, 'time', 8]);
  const scores = graph.addInput('scores', DataType.FLOAT, ['batch', 4, 'time', 'time']);
  const data = Float32Array.from({ length: 4 * 8 * 20 }, (_, i) => Math.sin(i * i));
  const table = graph.addInitializer('table', { dtype: DataType.FLOAT, shape: [1, 4, 8, 20], data });
  const node = (opType: string, inputs: Value[], attributes = {}) =>
    graph.addNode({ opType, inputs, attributes }).outputs[0] as Value;
  const raw = node('MatMul', [q, table]);
  const [zero, one, two, three] = [0, 1, 2, 3].map((n) => ints(model, `n${n}`, [n])) as [Value, Value, Value, Value];
  const column = node('Slice', [raw, zero, one, three]);
  const padded = node('Concat', [column, raw], { axis: { int: 3 } });
  const swapped = node('Reshape', [padded, ints(model, 'swapped', [-1, 4, 21, 20])]);
  const cut = node('Slice', [swapped, one, ints(model, 'end', [1000]), two]);
  const shifted = node('Reshape', [cut, ints(model, 'back', [-1, 4, 20, 20])]);
  output(model, 'Add', [scores, shifted]);
  const report = await runPass(fixShapes(), model);
  expect(report.edits.filter(({ before }) => before.includes('(1)'))).toEqual([]);
  expect([...report.unresolved, ...(report.others ?? [])].length).toBeGreaterThan(0);
});
