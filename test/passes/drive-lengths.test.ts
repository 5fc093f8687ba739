import { describe, expect, it } from 'vitest';
import { load } from '../../src/model/load.js';
import type { Model } from '../../src/model/model.js';
import { serialize } from '../../src/model/save.js';
import type { Value } from '../../src/model/value.js';
import { driveLengths } from '../../src/passes/drive-lengths.js';
import { fixMasks } from '../../src/passes/fix-masks.js';
import { DataType } from '../../src/tensor/dtype.js';
import { emptyModel } from '../support/build-model.js';
import { attention, bools, matrix, operators, output, runPass } from './harness.js';

/** True where row b has padding. */
const padding = (lengths: readonly number[], size: number, shape = [lengths.length, 1, 1, size]) =>
  bools(shape, (k) => k % size >= (lengths[Math.floor(k / size)] as number));

/** Scores masked by a Where in each layer. */
async function masked(lengths: readonly number[], size: number, options = {}) {
  const { model, scores } = await attention(options);
  const low = model.graph.addInitializer(
    'low',
    matrix(1, () => -3e38, []),
  );
  scores.forEach((value, i) => {
    output(model, 'Where', [model.graph.addInitializer(`mask${i}`, padding(lengths, size)), low, value]);
  });
  return model;
}

/** An output that always holds these numbers. */
function frozenOutput(model: Model, numbers: readonly number[], dims: readonly (string | number)[] = ['batch']): Value {
  const tensor = { dtype: DataType.INT64, shape: [numbers.length], data: BigInt64Array.from(numbers, BigInt) };
  const node = model.graph.addNode({ opType: 'Constant', inputs: [], attributes: { value: { tensor } } });
  const value = node.outputs[0] as Value;
  value.name = 'out_lengths';
  value.setDeclared({ kind: 'tensor', elemType: DataType.INT64, shape: [...dims] });
  model.graph.addOutput(value);
  return value;
}

const drive = (model: Model, options = {}) => runPass(driveLengths({ lengths: 'lengths', ...options }), model);

describe('drive-lengths', () => {
  it('adds the input that was dropped, and computes the mask once for all layers', async () => {
    const model = await masked([12, 7], 12);
    const report = await drive(model);
    expect(report).toMatchObject({
      changed: true,
      unresolved: [],
      sizes: { batch: 2, time: 12 },
      inputs: { lengths: [12, 7] },
    });
    const added = model.graph.inputs.at(-1);
    expect(added?.name).toBe('lengths');
    expect(added?.declared).toMatchObject({ elemType: DataType.INT64, shape: ['batch'] });
    expect(operators(model)).toEqual({ Where: 2, Shape: 1, Gather: 1, Range: 1, Unsqueeze: 1, GreaterOrEqual: 1 });
    const again = await load(await serialize(model));
    expect(await drive(again)).toMatchObject({ changed: false, findings: [], unresolved: [] });
  });

  it.each([9, 11, 12, 13, 20])('speaks opset %i', async (opset) => {
    const model = await masked([8, 5, 3], 8, { opset, layers: 1 });
    expect(await drive(model)).toMatchObject({ changed: true, unresolved: [], inputs: { lengths: [8, 5, 3] } });
    expect(operators(model)).toMatchObject(opset < 12 ? { Less: 1, Not: 1 } : { GreaterOrEqual: 1 });
  });

  it('uses an input that is there, of int32 too', async () => {
    const model = await masked([12, 7], 12, { layers: 1 });
    model.graph.addInput('lengths', DataType.INT32, ['batch']);
    expect(await drive(model)).toMatchObject({ changed: true, inputs: { lengths: [12, 7] } });
    expect(model.graph.inputs).toHaveLength(2);
    expect(operators(model)).toMatchObject({ Cast: 1 });
  });

  it('lets counts that are outputs follow, under their own name', async () => {
    const model = await masked([12, 7], 12, { layers: 1 });
    frozenOutput(model, [12, 7]);
    expect((await drive(model)).edits.map(({ where }) => where)).toContain('output out_lengths');
    const out = model.graph.outputs.at(-1);
    expect(out?.name).toBe('out_lengths');
    expect(out?.producer?.inputs[0]?.name).toBe('lengths');
    expect(operators(model)).not.toHaveProperty('Constant');
  });

  it('refuses masks that no lengths explain together, naming the second', async () => {
    const { model, scores } = await attention();
    const low = model.graph.addInitializer(
      'low',
      matrix(1, () => -3e38, []),
    );
    scores.forEach((value, i) => {
      const mask = model.graph.addInitializer(`mask${i}`, padding([12, 7 + i], 12));
      output(model, 'Where', [mask, low, value]);
    });
    const report = await drive(model);
    expect(report).toMatchObject({ changed: false, unresolved: [{ value: 'mask1' }] });
    expect(model.graph.inputs).toHaveLength(2);
  });

  it('keeps a causal rule beside the padding', async () => {
    const { model, scores } = await attention({ layers: 1 });
    const lengths = [6, 4];
    const mask = bools([2, 1, 6, 6], (k) => {
      const [b, i, j] = [Math.floor(k / 36), Math.floor(k / 6) % 6, k % 6];
      return j <= i && j < (lengths[b] as number);
    });
    output(
      model,
      'And',
      [model.graph.addInitializer('mask', mask), booleans(model, scores[0] as Value)],
      DataType.BOOL,
    );
    const report = await drive(model);
    expect(report).toMatchObject({ changed: true, inputs: { lengths } });
    expect(operators(model)).toMatchObject({ Less: 1, Greater: 2, Not: 1, And: 2 });
  });

  it('repeats lengths for each head where rows are items by heads', async () => {
    const model = await emptyModel();
    const scores = model.graph.addInput('scores', DataType.FLOAT, ['4*batch', 'time', 'time']);
    model.graph.addInput('lengths', DataType.INT64, ['batch']);
    const low = model.graph.addInitializer(
      'low',
      matrix(1, () => 0, []),
    );
    const mask = bools([8, 1, 5], (k) => k % 5 >= (Math.floor(k / 5) < 4 ? 5 : 2));
    output(model, 'Where', [model.graph.addInitializer('mask', mask), low, scores]);
    expect(await drive(model)).toMatchObject({ changed: true, unresolved: [], inputs: { lengths: [5, 2] } });
    expect(operators(model)).toMatchObject({ Expand: 1, Reshape: 1 });
  });

  it('does nothing to a model without frozen lengths, and says so where the input would be new', async () => {
    const { model, scores } = await attention({ layers: 1 });
    output(model, 'Softmax', [...scores]);
    expect(await drive(model)).toMatchObject({ changed: false, unresolved: [{ code: 'no-frozen-lengths' }] });
    model.graph.addInput('lengths', DataType.INT64, ['batch']);
    expect(await drive(model)).toMatchObject({ changed: false, unresolved: [] });
  });

  it.each([
    ['scores0', 'holds no lengths'],
    ['Softmax_output', 'not an input'],
  ])('refuses %s as the input of lengths', async (lengths, why) => {
    const { model, scores } = await attention({ layers: 1 });
    output(model, 'Softmax', [...scores]);
    const report = await drive(model, { lengths });
    expect(report.unresolved[0]?.message).toContain(why);
  });
});

describe('without --lengths', () => {
  it('masks of padding are refused, and it is said how they can be driven', async () => {
    const model = await masked([12, 7], 12, { layers: 1 });
    const report = await runPass(fixMasks(), model);
    expect(report).toMatchObject({ changed: false, unresolved: [{ value: 'mask0' }] });
    expect(report.unresolved[0]?.message).toContain('12, 7 of 12 positions are valid');
    expect(report.unresolved[0]?.message).toContain('--lengths');
  });

  it('lengths that grow from row to row are no causal mask', async () => {
    const model = await masked([10, 11, 12], 12, { layers: 1 });
    expect(await runPass(fixMasks(), model)).toMatchObject({ changed: false, unresolved: [{ value: 'mask0' }] });
  });

  it('masks with padding in front are no rule of positions', async () => {
    const { model, scores } = await attention({ layers: 1 });
    const low = model.graph.addInitializer(
      'low',
      matrix(1, () => -3e38, []),
    );
    const front = bools([2, 1, 1, 6], (k) => k === 6 || k === 7);
    output(model, 'Where', [model.graph.addInitializer('mask', front), low, ...scores]);
    for (const pass of [fixMasks(), driveLengths({ lengths: 'lengths' })]) {
      expect(await runPass(pass, model)).toMatchObject({ changed: false, unresolved: [{}] });
    }
  });

  it('a causal mask of queries along the first axis of an input stays one', async () => {
    const model = await emptyModel();
    const x = model.graph.addInput('x', DataType.FLOAT, ['queries', 'keys']);
    const causal = model.graph.addInitializer(
      'causal',
      bools([6, 8], (k) => k % 8 <= Math.floor(k / 8)),
    );
    const low = model.graph.addInitializer(
      'low',
      matrix(1, () => 0, []),
    );
    output(model, 'Where', [causal, x, low]);
    expect(await runPass(fixMasks(), model)).toMatchObject({ changed: true, unresolved: [] });
  });

  it('an output that is the traced length of every row becomes the live size', async () => {
    const model = await masked([12], 12, { layers: 1 });
    frozenOutput(model, [12]);
    expect(await runPass(driveLengths(), model)).toMatchObject({ changed: true, unresolved: [] });
    expect(model.graph.outputs.at(-1)?.producer?.opType).toBe('Expand');
  });

  it('becomes live where an optimiser declared the number of its elements', async () => {
    const model = await masked([12], 12, { layers: 1 });
    frozenOutput(model, [12], [1]);
    expect(await runPass(driveLengths(), model)).toMatchObject({ changed: true, unresolved: [] });
    expect(model.graph.outputs.at(-1)?.producer?.opType).toBe('Expand');
  });

  it('an output that is declared to have one element stays where nothing else is frozen', async () => {
    const { model, scores } = await attention({ layers: 1 });
    output(model, 'Softmax', [...scores]);
    frozenOutput(model, [12], [1]);
    expect(await runPass(driveLengths({ tracedShapes: { scores0: [1, 4, 12, 12] } }), model)).toMatchObject({
      changed: false,
    });
  });

  it('an output that is declared to be of one element stays', async () => {
    const model = await masked([12], 12, { layers: 1 });
    frozenOutput(model, [12], []);
    expect(await runPass(driveLengths(), model)).toMatchObject({ changed: false, unresolved: [] });
  });
});

/** Positive elements, as bools. */
function booleans(model: Model, value: Value): Value {
  const zero = model.graph.addInitializer(
    'zero',
    matrix(1, () => 0, []),
  );
  return model.graph.addNode({ opType: 'Greater', inputs: [value, zero] }).outputs[0] as Value;
}

describe('what follows from counts', () => {
  const floats = (shape: readonly number[], numbers: readonly number[]) => ({
    dtype: DataType.FLOAT,
    shape,
    data: Float32Array.from(numbers),
  });

  /** Frames [batch, time, 8] whose padding is masked, averaged over positions with constants that the test adds. */
  async function frames(mask: readonly number[], items: number, size: number) {
    const model = await emptyModel();
    const x = model.graph.addInput('x', DataType.FLOAT, ['batch', 'time', 8]);
    const weights = model.graph.addInitializer('weights', floats([items, size, 1], mask));
    const product = model.graph.addNode({ opType: 'Mul', inputs: [x, weights] }).outputs[0] as Value;
    const axes = { dtype: DataType.INT64, shape: [1], data: BigInt64Array.of(1n) };
    const inputs = [product, model.graph.addInitializer('axes', axes)];
    const attributes = { keepdims: { int: 0 } };
    const sum = model.graph.addNode({ opType: 'ReduceSum', inputs, attributes }).outputs[0] as Value;
    return { model, sum };
  }

  it('counts to divide by are computed, clipped to the size', async () => {
    const { model, sum } = await frames([1, 1, 1, 1, 1, 0], 2, 3);
    output(model, 'Div', [sum, model.graph.addInitializer('counts', floats([2, 1], [3, 2]))]);
    expect(await drive(model)).toMatchObject({ changed: true, unresolved: [], inputs: { lengths: [3, 2] } });
    const [div] = [...model.graph.nodes].filter(({ opType }) => opType === 'Div');
    expect(div?.inputs[1]?.producer?.opType).toBe('Unsqueeze');
  });

  it('so is the single number of an export with one item, but not another constant of that value', async () => {
    const { model, sum } = await frames([1, 1, 0, 0], 1, 4);
    const divided = output(model, 'Div', [sum, model.graph.addInitializer('count', floats([], [2]))]);
    output(model, 'Div', [divided, model.graph.addInitializer('two', floats([], [2]))]);
    expect((await drive(model)).edits.map(({ before }) => before)).toEqual([
      'frozen at 2',
      expect.stringContaining('weights'),
      expect.stringContaining('count'),
    ]);
    expect(model.graph.value('two')?.uses).toHaveLength(1);
  });

  it('weights of an average follow their counts', async () => {
    const third = Math.fround(1 / 3);
    const { model, sum } = await frames([third, third, third, 0.5, 0.5, 0], 2, 3);
    output(model, 'Identity', [sum]);
    expect(await drive(model)).toMatchObject({ changed: true, inputs: { lengths: [3, 2] } });
    expect(operators(model)).toMatchObject({ Reciprocal: 1, Where: 1, Less: 1 });
  });

  it('masks without padding are driven where nothing holds padding, and left alone where something does', async () => {
    const { model, sum } = await frames([1, 1, 1], 1, 3);
    output(model, 'Identity', [sum]);
    expect(await drive(model)).toMatchObject({ changed: true, inputs: { lengths: [3] } });
    expect(operators(model)).toMatchObject({ Less: 1, Cast: 1 });

    const padded = await frames([1, 1, 0], 1, 3);
    const ones = padded.model.graph.addInitializer('ones', floats([1, 3, 1], [1, 1, 1]));
    output(padded.model, 'Mul', [padded.model.graph.inputs[0] as Value, ones]);
    output(padded.model, 'Identity', [padded.sum]);
    expect((await drive(padded.model)).edits).toHaveLength(2);
    expect(padded.model.graph.value('ones')?.uses).toHaveLength(1);
  });

  it('positions that are compared with the lengths of the example are compared with live ones', async () => {
    const model = await emptyModel();
    const x = model.graph.addInput('x', DataType.FLOAT, ['batch', 'time']);
    const add = (name: string, shape: readonly number[], ...numbers: number[]) =>
      model.graph.addInitializer(name, { dtype: DataType.INT64, shape, data: BigInt64Array.from(numbers, BigInt) });
    const shape = model.graph.addNode({ opType: 'Shape', inputs: [x] }).outputs[0] as Value;
    const size = model.graph.addNode({ opType: 'Gather', inputs: [shape, add('one', [], 1)] }).outputs[0] as Value;
    const inputs = [add('zero', [], 0), size, add('step', [], 1)];
    const range = model.graph.addNode({ opType: 'Range', inputs }).outputs[0] as Value;
    output(model, 'Less', [range, add('frozen', [2, 1], 9, 5)], DataType.BOOL);
    expect(await drive(model)).toMatchObject({
      changed: true,
      sizes: { time: 9, batch: 2 },
      inputs: { lengths: [9, 5] },
    });
    expect(model.graph.value('frozen')).toBeUndefined();
  });
});
