import { describe, expect, it } from 'vitest';
import { findBaked } from '../../src/analysis/baked.js';
import { elidedPadding } from '../../src/analysis/elided-padding.js';
import type { Model } from '../../src/model/model.js';
import type { Value } from '../../src/model/value.js';
import { DataType } from '../../src/tensor/dtype.js';
import { emptyModel } from '../support/build-model.js';

function add(model: Model, opType: string, inputs: Value[]): Value {
  return model.graph.addNode({ opType, inputs }).outputs[0] as Value;
}

function ints(model: Model, values: number | readonly number[]): Value {
  const list = typeof values === 'number' ? [values] : values;
  const shape = typeof values === 'number' ? [] : [values.length];
  const data = BigInt64Array.from(list, BigInt);
  return model.graph.addInitializer(model.graph.freshName('ints'), { dtype: DataType.INT64, shape, data });
}

/** An int64 vector from sizes of `x` (an axis), numbers, and live values. */
function shape(model: Model, entries: readonly (number | Value)[]): Value {
  const parts = entries.map((entry) => (typeof entry === 'number' ? ints(model, [entry]) : entry));
  return model.graph.addNode({ opType: 'Concat', inputs: parts, attributes: { axis: { int: 0 } } }).outputs[0] as Value;
}

function sizeOf(model: Model, x: Value, axis: number): Value {
  return add(model, 'Gather', [add(model, 'Shape', [x]), ints(model, [axis])]);
}

async function input(...dims: (string | number)[]) {
  const model = await emptyModel();
  return { model, x: model.graph.addInput('x', DataType.FLOAT, dims) };
}

function diagnose(model: Model, output: Value) {
  model.graph.setValueInfo(output, { kind: 'tensor', elemType: DataType.FLOAT, shape: undefined });
  model.graph.addOutput(output);
  const { demands, inference } = findBaked(model);
  const elided = elidedPadding(inference, demands);
  return { kinds: demands.map(({ kind }) => kind), elided: elided && `${elided.left} = ${elided.right}` };
}

describe('demands', () => {
  it('lets a model ask for multiples of its patches', async () => {
    const { model, x } = await input('batch', 'height', 3);
    const blocks = add(model, 'Div', [sizeOf(model, x, 1), ints(model, [4])]);
    const patches = add(model, 'Reshape', [x, shape(model, [sizeOf(model, x, 0), blocks, 4, 3])]);
    expect(diagnose(model, patches)).toEqual({ kinds: ['multiples'], elided: undefined });
  });

  it('doubts whole windows that are added to what was not cut to windows', async () => {
    const { model, x } = await input('batch', 'seq', 8);
    const blocks = add(model, 'Div', [sizeOf(model, x, 1), ints(model, [6])]);
    const windows = add(model, 'Reshape', [x, shape(model, [sizeOf(model, x, 0), blocks, 6, 8])]);
    const attended = add(model, 'Reshape', [windows, ints(model, [0, -1, 8])]);
    expect(diagnose(model, add(model, 'Add', [x, attended])).elided).toBe('seq = 6*(seq//6)');
  });

  it('doubts a padded size that is reshaped to the size before the padding', async () => {
    const { model, x } = await input('seq', 8);
    const size = sizeOf(model, x, 0);
    const rest = add(model, 'Mod', [size, ints(model, [4])]);
    const missing = add(model, 'Mod', [add(model, 'Sub', [ints(model, [4]), rest]), ints(model, [4])]);
    const padded = add(model, 'Pad', [x, shape(model, [0, 0, missing, 0])]);
    const result = diagnose(model, add(model, 'Reshape', [padded, shape(model, [size, 8])]));
    expect(result.elided).toContain('//4');
  });

  /** Rows cut into patches of 4 and joined again; the size that they have is read from `x`. */
  async function patched(rows: string, crop: (model: Model, x: Value) => Value) {
    const { model, x } = await input('batch', rows, 8);
    const blocks = add(model, 'Div', [sizeOf(model, x, 1), ints(model, [4])]);
    const windows = add(model, 'Reshape', [x, shape(model, [sizeOf(model, x, 0), blocks, 4, 8])]);
    const joined = add(model, 'Reshape', [add(model, 'Relu', [windows]), shape(model, [0, sizeOf(model, x, 1), 8])]);
    return diagnose(model, add(model, 'Slice', [joined, ints(model, [0]), crop(model, x), ints(model, [1])]));
  }

  it('doubts multiples where an output is cropped to the size that it has', async () => {
    const { kinds, elided } = await patched('height', (model, x) => sizeOf(model, x, 1));
    expect(kinds).toContain('multiples');
    expect(elided).toBe('height = 4*(height//4)');
    expect((await patched('height', (model) => ints(model, [2 ** 40]))).elided).toBeUndefined();
  });

  it('doubts multiples that only keys are cut into', async () => {
    const { model, x } = await input('batch', 'seq', 8);
    const blocks = add(model, 'Div', [sizeOf(model, x, 1), ints(model, [4])]);
    const windows = add(model, 'Reshape', [x, shape(model, [sizeOf(model, x, 0), blocks, 32])]);
    const weights = model.graph.addInitializer('w', {
      dtype: DataType.FLOAT,
      shape: [32, 8],
      data: new Float32Array(256),
    });
    const keys = add(model, 'MatMul', [windows, weights]);
    const turned = model.graph.addNode({
      opType: 'Transpose',
      inputs: [keys],
      attributes: { perm: { ints: [0, 2, 1] } },
    });
    const scores = add(model, 'MatMul', [x, turned.outputs[0] as Value]);
    expect(diagnose(model, add(model, 'MatMul', [scores, keys])).elided).toBe('seq = 4*(seq//4)');
    // Patches are what the model gives.
    const { model: other, x: y } = await input('batch', 'seq', 8);
    const count = add(other, 'Div', [sizeOf(other, y, 1), ints(other, [4])]);
    const patches = add(other, 'Reshape', [y, shape(other, [sizeOf(other, y, 0), count, 32])]);
    expect(diagnose(other, add(other, 'Relu', [patches])).elided).toBeUndefined();
  });

  it('doubts multiples that only the declaration of an input ensures', async () => {
    const { kinds, elided } = await patched('4*s2', (model, x) => sizeOf(model, x, 1));
    expect(kinds).toEqual([]);
    expect(elided).toBe('s2 = 4*(s2//4)');
    expect((await patched('4*s2', (model) => ints(model, [2 ** 40]))).elided).toBeUndefined();
  });

  it('knows what is equal at single sizes only', async () => {
    const { model, x } = await input('batch', 'seq', 8);
    const rows = add(model, 'Reshape', [x, ints(model, [-1, 8])]);
    expect(diagnose(model, add(model, 'Add', [x, rows])).kinds).toEqual(['contradiction']);
  });

  it('finds the number that is behind it', async () => {
    const { model, x } = await input('batch', 'seq', 8);
    const rows = add(model, 'Reshape', [x, ints(model, [1, -1, 8])]);
    expect(diagnose(model, add(model, 'Add', [x, rows])).kinds).toEqual([]);
    const sizes = findBaked(model).constants.flatMap(({ elements }) =>
      [...elements.values()].map(({ size }) => `${size}`),
    );
    expect(sizes).toEqual(['batch']);
  });

  it('takes windows that become positions again for windows, a mask over each included', async () => {
    const { model, x } = await input('batch', 'time', 8);
    const windows = add(model, 'Reshape', [x, ints(model, [-1, 4, 8])]);
    const turned = { opType: 'Transpose', inputs: [windows], attributes: { perm: { ints: [0, 2, 1] } } };
    const scores = add(model, 'MatMul', [windows, model.graph.addNode(turned).outputs[0] as Value]);
    const causal = Float32Array.from({ length: 16 }, (_, i) => (i % 4 > Math.floor(i / 4) ? -1e4 : 0));
    const mask = model.graph.addInitializer('mask', { dtype: DataType.FLOAT, shape: [4, 4], data: causal });
    const mixed = add(model, 'MatMul', [add(model, 'Add', [scores, mask]), windows]);
    const back = shape(model, [sizeOf(model, x, 0), sizeOf(model, x, 1), 8]);
    const found = diagnose(model, add(model, 'Reshape', [mixed, back]));
    expect(found).toEqual({ kinds: ['multiples', 'multiples'], elided: undefined });
    expect(findBaked(model).constants).toEqual([]);
  });

  it('takes bounds, and sizes that two inputs share, for what they are', async () => {
    const { model, x } = await input('seq', 8);
    const table = model.graph.addInput('table', DataType.FLOAT, [64, 8]);
    const cut = add(model, 'Slice', [table, ints(model, [0]), sizeOf(model, x, 0)]);
    const y = model.graph.addInput('y', DataType.FLOAT, ['frames', 8]);
    expect(diagnose(model, add(model, 'Add', [add(model, 'Add', [x, cut]), y])).kinds).toEqual([]);
  });

  it('goes back on a choice that turns out wrong', async () => {
    // [20, 1, 8] can be rows of all positions, until it meets what has both axes.
    const { model, x } = await input('frames', 'batch', 8);
    const flat = add(model, 'Reshape', [x, ints(model, [-1, 8])]);
    const folded = add(model, 'Reshape', [flat, ints(model, [20, 1, 8])]);
    const scaled = add(model, 'Relu', [folded]);
    expect(diagnose(model, add(model, 'Mul', [x, scaled]))).toEqual({ kinds: [], elided: undefined });
    expect(findBaked(model).unexplained).toEqual([]);
  });
});
