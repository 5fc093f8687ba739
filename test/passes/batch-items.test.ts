import { describe, expect, it } from 'vitest';
import type { Model } from '../../src/model/model.js';
import type { Value } from '../../src/model/value.js';
import { fixBatch } from '../../src/passes/fix-batch.js';
import { DataType } from '../../src/tensor/dtype.js';
import { runFloats, Unroller } from '../support/unrolled.js';
import { operators, runPass } from './harness.js';

/** What a loop's body does with one item `[time, 4]`. */
type Branch = (u: Unroller, item: Value) => Value;

const TIME = 6;

async function unrolled(branch: Branch, count: number, opset: number, isTurned = false): Promise<Model> {
  const u = await Unroller.at(opset);
  const x = u.input('x', ['batch', 'time', 4]);
  const items = u.rows(x, 0, count, 'gather').map((item) => branch(u, item));
  u.output('y', u.stack(isTurned ? items.reverse() : items, 0));
  return u.model;
}

/** Rolls up the model of three items, or of one, and compares it with those unrolled for others. */
async function follows(branch: Branch, opset = 17, isTurned = false): Promise<Model> {
  const single = await runPass(fixBatch(), await unrolled(branch, 1, opset));
  expect(single.unresolved).toEqual([]);
  const model = await unrolled(branch, 3, opset, isTurned);
  expect(await runPass(fixBatch(), model)).toMatchObject({ changed: true, unresolved: [], sizes: { batch: 3 } });
  for (const count of [1, 2, 3, 5]) {
    const shapes = { x: [count, TIME, 4] };
    const expected = await runFloats(await unrolled(branch, count, opset, isTurned), shapes);
    const actual = await runFloats(model, shapes);
    expect(actual.y?.dims).toEqual(expected.y?.dims);
    const difference = Math.max(...(expected.y?.data ?? []).map((n, i) => Math.abs(n - (actual.y?.data[i] as number))));
    expect({ count, isClose: difference < 1e-5 }).toEqual({ count, isClose: true });
  }
  return model;
}

const toFloat = (u: Unroller, value: Value) => u.op('Cast', [value], { to: { int: DataType.FLOAT } });
const reduced = (u: Unroller, value: Value, axis: number) =>
  u.opset >= 13
    ? u.op('ReduceSum', [value, u.numbers([axis])], { keepdims: { int: 0 } })
    : u.op('ReduceSum', [value], { axes: { ints: [axis] }, keepdims: { int: 0 } });
const asImage = (u: Unroller, item: Value) =>
  u.axes('Unsqueeze', u.op('Transpose', [item], { perm: { ints: [1, 0] } }), 0);
const norm = (u: Unroller, item: Value) =>
  u.op('LayerNormalization', [item, u.weight('gamma', [4]), u.weight('beta', [4])]);

describe('batching', () => {
  it.each<[string, Branch]>([
    ['Gemm', (u, item) => u.op('Gemm', [item, u.weight('w', [4, 5]), u.weight('b', [5])])],
    ['Conv', (u, item) => u.op('Conv', [asImage(u, item), u.weight('k', [3, 4, 3])])],
    ['Softmax', (u, item) => u.op('Softmax', [item], { axis: { int: 0 } })],
    ['LayerNormalization', norm],
    ['TopK', (u, item) => u.outputs('TopK', [item, u.numbers([2])], 2)[0] as Value],
    ['Gather', (u, item) => u.op('Gather', [item, u.numbers([2, 0])], { axis: { int: 1 } })],
    ['an index of its own', (u, item) => u.op('Gather', [item, u.op('ArgMax', [item], { keepdims: { int: 0 } })])],
    ['Resize', (u, item) => u.op('Resize', [asImage(u, item), u.weight('roi', [0]), u.floats([1, 1, 2])])],
    [
      'LSTM',
      (u, item) =>
        u.op('LSTM', [u.axes('Unsqueeze', item, 1), u.weight('lw', [1, 12, 4]), u.weight('lr', [1, 12, 3])], {
          hidden_size: { int: 3 },
        }),
    ],
    [
      'attention',
      (u, item) => {
        const scores = u.op('MatMul', [item, u.op('Transpose', [item], { perm: { ints: [1, 0] } })]);
        return u.op('MatMul', [u.op('Softmax', [scores], { axis: { int: -1 } }), item]);
      },
    ],
  ])('does %s for all items at once', async (_, branch) => {
    expect(operators(await follows(branch))).not.toHaveProperty('Scan');
  });

  it('joins items from the last to the first', async () => {
    expect(operators(await follows(norm, 17, true))).toMatchObject({ LayerNormalization: 1, Slice: 1 });
  });
});

describe('items that have to be done one after the other', () => {
  it.each<[string, Branch]>([
    ['NonZero', (u, item) => reduced(u, toFloat(u, u.op('NonZero', [item])), 1)],
    ['Compress', (u, item) => reduced(u, u.op('Compress', [item, u.bools([1, 0, 1])], { axis: { int: 0 } }), 0)],
    ['Det', (u, item) => u.op('Det', [u.slice(item, 0, 0, 4)])],
    ['Size', (u, item) => u.op('Mul', [item, toFloat(u, u.op('Size', [item]))])],
    [
      'two of them',
      (u, item) => {
        const places = reduced(u, toFloat(u, u.op('NonZero', [item])), 1);
        const last = u.op('Compress', [u.op('Softmax', [item], { axis: { int: 1 } }), u.bools([0, 1, 1])], {
          axis: { int: 1 },
        });
        return u.op('Add', [places, last]);
      },
    ],
  ])('puts %s into a Scan', async (_, branch) => {
    await follows(branch, 11);
    expect(operators(await follows(branch))).toMatchObject({ Scan: 1 });
  });
});

/** `list` of the items, a scripted loop over as many of them as there are, and its results joined. */
async function scripted(
  count: number,
  write: (u: Unroller, x: Value, count: number) => Value,
  declared: string | number = 'batch',
): Promise<Model> {
  const u = await Unroller.at(17);
  const x = u.input('x', ['batch', 'time', 4]);
  u.output('y', write(u, x, count), [declared, 'time', 4]);
  return u.model;
}

type Style = 'constructed' | 'inserted' | 'split' | 'tensor';

/** A Loop of a constant number of rounds over items, as scripting a part of a traced model leaves it. */
function loopOver(u: Unroller, x: Value, count: number, style: Style, carries: boolean): Value {
  const { graph } = u.model;
  const items = () => u.rows(x, 0, count, 'split').map((item) => u.op('Relu', [item]));
  const list =
    style === 'tensor'
      ? x
      : style === 'split'
        ? u.op('SplitToSequence', [x, u.numbers(Array.from({ length: count }, () => 1))])
        : style === 'constructed'
          ? u.op('SequenceConstruct', items())
          : items().reduce((list, item) => u.op('SequenceInsert', [list, item]), u.op('SequenceEmpty', []));
  const body = graph.createSubgraph('rounds');
  const round = body.addInput('round', DataType.INT64, []);
  const running = body.addInput('running', DataType.BOOL, []);
  const sum = carries ? body.addInput('sum', DataType.FLOAT, undefined) : undefined;
  const made = body.addInput('made', DataType.FLOAT, undefined);
  made.setDeclared({ kind: 'sequence', elemType: { kind: 'tensor', elemType: DataType.FLOAT, shape: undefined } });
  const op = (opType: string, inputs: Value[], attributes = {}) =>
    body.addNode({ opType, inputs, attributes }).outputs[0] as Value;
  let item = op(style === 'tensor' ? 'Gather' : 'SequenceAt', [list, round]);
  if (style === 'split') item = op('Squeeze', [item, u.numbers([0])]);
  const next = sum && op('Add', [sum, item]);
  const result = op('MatMul', [next ?? item, u.weight('w', [4, 4])]);
  const outputs = [op('Identity', [running]), ...(next ? [next] : []), op('SequenceInsert', [made, result])];
  for (const output of outputs) body.addOutput(output);
  const zeros = carries ? [u.op('Mul', [u.op('Gather', [x, u.numbers([0], [])]), u.scalar(0)])] : [];
  const loop = graph.addNode({
    opType: 'Loop',
    inputs: [u.numbers([count], []), u.op('Squeeze', [u.bools([1])]), ...zeros, u.op('SequenceEmpty', [])],
    outputs: outputs.length - 1,
    attributes: { body: { graph: body } },
  });
  return u.op('ConcatFromSequence', [loop.outputs.at(-1) as Value], { axis: { int: 0 }, new_axis: { int: 1 } });
}

describe('loops of a constant number of rounds', () => {
  const rollUp = async (style: Style, carries: boolean) => {
    const write = (u: Unroller, x: Value, count: number) => loopOver(u, x, count, style, carries);
    const model = await scripted(3, write);
    expect(await runPass(fixBatch(), model)).toMatchObject({ changed: true, unresolved: [], sizes: { batch: 3 } });
    for (const count of [1, 2, 5]) {
      const shapes = { x: [count, TIME, 4] };
      expect(await runFloats(model, shapes)).toEqual(await runFloats(await scripted(count, write), shapes));
    }
    return operators(model);
  };

  it.each<Style>(['constructed', 'inserted', 'split', 'tensor'])(
    'are batched over items that are %s',
    async (style) => {
      expect(await rollUp(style, false)).not.toHaveProperty('Loop');
    },
  );

  it.each<Style>(['constructed', 'inserted', 'split'])(
    'follow the items where they carry something on: %s',
    async (style) => {
      expect(await rollUp(style, true)).toMatchObject({ Loop: 1 });
    },
  );

  it('are left alone where that many are asked for', async () => {
    const model = await scripted(3, (u, x, count) => loopOver(u, x, count, 'tensor', false), 3);
    expect(await runPass(fixBatch(), model)).toMatchObject({ changed: false, findings: [], unresolved: [] });
  });
});

describe('a size that every item has of its own', () => {
  it('is not computed for one item after the other: no tensor could have all of them', async () => {
    const u = await Unroller.at(17);
    const x = u.input('x', ['batch', 'time', 4]);
    const [item] = u.rows(x, 0, 1, 'split') as [Value];
    const found = u.op('NonZero', [u.op('Greater', [item, u.scalar(0)])]);
    const count = u.op('Gather', [u.op('Shape', [found]), u.numbers([1], [])]);
    const shape = u.op('Concat', [u.axes('Unsqueeze', count, 0), u.numbers([2])], { axis: { int: 0 } });
    u.output('y', u.op('ConstantOfShape', [shape]));
    const report = await runPass(fixBatch(), u.model);
    expect(report).toMatchObject({ changed: false, edits: [] });
    expect(report.unresolved[0]?.message).toContain('have a size of their own');
    expect(operators(u.model)).not.toHaveProperty('Scan');
  });
});

/** `out[:, i] = ..` for every frame, with the indices as exporters write them. */
async function written(count: number, isKept: boolean): Promise<Model> {
  const u = await Unroller.at(17);
  const x = u.input('x', ['batch', 'time', 4]);
  const size = (axis: number) => u.op('Gather', [u.op('Shape', [x]), u.numbers([axis], [])], { axis: { int: 0 } });
  let out = u.op('ConstantOfShape', [u.op('Shape', [x])]);
  u.rows(x, 1, count, 'gather').forEach((frame, i) => {
    const all = u.op('Range', [u.numbers([0], []), size(0), u.numbers([1], [])]);
    const lead = isKept ? u.op('Reshape', [all, u.numbers([-1, 1])]) : all;
    const shape = u.op('Shape', [lead]);
    const parts = [lead, u.op('Expand', [u.numbers([i]), shape])].map((part) => u.axes('Unsqueeze', part, -1));
    const row = u.op('Softmax', [frame], { axis: { int: 1 } });
    const update = isKept ? u.axes('Unsqueeze', row, 1) : row;
    out = u.op('ScatterND', [out, u.op('Concat', parts, { axis: { int: -1 } }), update]);
  });
  u.output('y', out, ['batch', 'time', 4]);
  return u.model;
}

describe('rows that are written into a tensor', () => {
  it.each([true, false])('are one operator along the second axis (axis kept: %s)', async (isKept) => {
    const model = await written(3, isKept);
    expect(await runPass(fixBatch(), model)).toMatchObject({ changed: true, unresolved: [], sizes: { time: 3 } });
    expect(operators(model)).not.toHaveProperty('ScatterND');
    for (const count of [1, 2, 5]) {
      const shapes = { x: [2, count, 4] };
      expect(await runFloats(model, shapes)).toEqual(await runFloats(await written(count, isKept), shapes));
    }
  });
});
