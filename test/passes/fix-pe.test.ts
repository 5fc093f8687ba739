import * as ort from 'onnxruntime-node';
import { describe, expect, it } from 'vitest';
import { serialize } from '../../src/model/save.js';
import type { Value } from '../../src/model/value.js';
import { fixPe } from '../../src/passes/fix-pe.js';
import type { DenseTensor } from '../../src/tensor/dense.js';
import { DataType } from '../../src/tensor/dtype.js';
import { emptyModel } from '../support/build-model.js';
import { attention, matrix, operators, output, runPass } from './harness.js';

/** Sines and cosines of base 10000, interleaved, as exporters fold them. */
function sinusoid(rows: number, columns: number, position = (row: number) => row): DenseTensor {
  const data = new Float32Array(rows * columns);
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < columns; c++) {
      const rate = Math.fround(Math.exp(Math.fround((c - (c % 2)) * Math.fround(-Math.log(10000) / columns))));
      const angle = Math.fround(position(r) * rate);
      data[r * columns + c] = c % 2 === 0 ? Math.sin(angle) : Math.cos(angle);
    }
  }
  return { dtype: DataType.FLOAT, shape: [1, rows, columns], data };
}

async function added(table: DenseTensor, opset = 17) {
  const model = await emptyModel({ opset });
  const x = model.graph.addInput('x', DataType.FLOAT, ['batch', 'time', 16]);
  const constant = model.graph.addInitializer('table', table);
  output(model, 'Add', [x, constant]);
  return { model, table: () => [...model.graph.nodes].find((node) => node.opType === 'Slice')?.inputs[0] as Value };
}

describe('fix-pe', () => {
  it('lengthens sinusoidal tables, keeps their rows, and cuts what is needed', async () => {
    const original = sinusoid(20, 16);
    const { model, table } = await added(original);
    const report = await runPass(fixPe({ maxLength: 300 }), model);
    expect(report).toMatchObject({ changed: true, unresolved: [], sizes: { time: 20 } });
    expect(operators(model)).toEqual({ Shape: 1, Slice: 1, Add: 1 });
    const long = table().initializer?.dense();
    expect(long?.shape).toEqual([1, 300, 16]);
    expect(long?.data.slice(0, 320)).toEqual(original.data);
    expect(long?.data).toEqual(sinusoid(300, 16).data);
    expect(await runPass(fixPe({ maxLength: 300 }), model)).toMatchObject({ changed: false, findings: [] });
  });

  it('serves 5000 positions unless told otherwise', async () => {
    const { model, table } = await added(sinusoid(20, 16));
    await runPass(fixPe(), model);
    expect(table().initializer?.dims).toEqual([1, 5000, 16]);
  });

  it('lengthens tables that count down to 0 at their front', async () => {
    const { model, table } = await added(sinusoid(20, 16, (row) => 19 - row));
    await runPass(fixPe({ maxLength: 50 }), model);
    expect(table().initializer?.dense().data).toEqual(sinusoid(50, 16, (row) => 49 - row).data);
  });

  it('reads tables by Gather where Slice has no dynamic bounds', async () => {
    const { model } = await added(sinusoid(20, 16), 9);
    expect(await runPass(fixPe(), model)).toMatchObject({ changed: true, unresolved: [] });
    expect(operators(model)).toMatchObject({ Gather: 2, NonZero: 1 });
  });

  it('cuts learned tables for shorter sequences, and invents no rows', async () => {
    const learned = sinusoid(20, 16);
    (learned.data as Float32Array).forEach((_, i, data) => {
      data[i] = Math.fround(Math.sin(i * i * 12.9898) * 0.02);
    });
    const { model, table } = await added(learned);
    expect(await runPass(fixPe(), model)).toMatchObject({
      changed: true,
      edits: [{ what: expect.stringContaining('20') }],
    });
    expect(table().initializer?.dims).toEqual([1, 20, 16]);
  });

  describe('constants that are the same at every position or for every item', () => {
    const tokens = (items: number, shape: number[], width: number): DenseTensor => {
      const one = Float32Array.from({ length: width }, (_, i) => Math.fround(Math.sin(9 * i * i)));
      const data = Float32Array.from({ length: items * width }, (_, i) => one[i % width] as number);
      return { dtype: DataType.FLOAT, shape, data };
    };

    it('are kept once where they are added', async () => {
      const { model } = await added(tokens(18, [1, 18, 16], 16));
      expect(await runPass(fixPe(), model)).toMatchObject({ changed: true, unresolved: [] });
      expect(operators(model)).toEqual({ Add: 1 });
      const [add] = model.graph.nodes;
      expect(add?.inputs[1]?.initializer?.dense()).toEqual(tokens(1, [1, 1, 16], 16));
    });

    it('are expanded where a batch is needed', async () => {
      const model = await emptyModel({ opset: 17 });
      const x = model.graph.addInput('x', DataType.FLOAT, ['batch', 'time', 16]);
      const memory = model.graph.addInitializer('memory', tokens(2, [2, 4, 16], 64));
      output(model, 'Concat', [memory, x]).producer?.attributes.set('axis', { int: 1 });
      expect(await runPass(fixPe(), model)).toMatchObject({ changed: true, unresolved: [] });
      expect(operators(model)).toMatchObject({ Expand: 1, Concat: 2 });
    });

    it('are weights where a product sums over them', async () => {
      const model = await emptyModel({ opset: 17 });
      const x = model.graph.addInput('x', DataType.FLOAT, ['batch', 'time']);
      const weight = model.graph.addInitializer('weight', tokens(18, [18, 16], 16));
      output(model, 'MatMul', [x, weight]);
      expect(await runPass(fixPe(), model)).toMatchObject({ changed: false, unresolved: [{ value: 'weight' }] });
    });

    it('do not keep a table from being recognised', async () => {
      const { data } = sinusoid(20, 16);
      const twice = new Float32Array([...(data as Float32Array), ...(data as Float32Array)]);
      const { model, table } = await added({ dtype: DataType.FLOAT, shape: [2, 20, 16], data: twice });
      expect(await runPass(fixPe({ maxLength: 50 }), model)).toMatchObject({ changed: true, unresolved: [] });
      expect(table().initializer?.dense().shape).toEqual([1, 50, 16]);
    });
  });

  it('computes ALiBi from its slopes', async () => {
    const { model, scores } = await attention({ layers: 1 });
    const data = new Float32Array(4 * 81);
    for (let h = 0; h < 4; h++) {
      for (let k = 0; k < 81; k++) data[h * 81 + k] = -(2 ** -(h + 1)) * Math.abs((k % 9) - Math.floor(k / 9));
    }
    const bias = model.graph.addInitializer('bias', { dtype: DataType.FLOAT, shape: [4, 9, 9], data });
    output(model, 'Add', [...scores, bias]);
    expect(await runPass(fixPe(), model)).toMatchObject({ changed: true, unresolved: [] });
    expect(operators(model)).toMatchObject({ Abs: 1, Mul: 1, Cast: 1 });
    expect(model.graph.value('bias')).toBeUndefined();
  });

  it('finds clipped relative positions, and the table that they index', async () => {
    const { model, scores } = await attention({ layers: 1 });
    const clipped = matrix(20, (i, j) => Math.max(-3, Math.min(3, j - i)) ** 3 / 7);
    output(model, 'Add', [...scores, model.graph.addInitializer('bias', clipped)]);
    const report = await runPass(fixPe(), model);
    expect(report).toMatchObject({ changed: true, edits: [{ what: 'relative bias for -3..3' }] });
    const gather = [...model.graph.nodes].find((node) => node.inputs[0]?.initializer?.dims[0] === 7);
    expect(gather?.opType).toBe('Gather');
  });

  it('refuses biases that go on beyond what was traced', async () => {
    const { model, scores } = await attention({ layers: 1 });
    const growing = matrix(20, (i, j) => Math.sin((j - i) ** 2) * Math.abs(j - i));
    output(model, 'Add', [...scores, model.graph.addInitializer('bias', growing)]);
    const report = await runPass(fixPe(), model);
    expect(report).toMatchObject({ changed: false, unresolved: [{ value: 'bias' }] });
  });

  it('says what comes nearest, and where it is worst', async () => {
    const { model, scores } = await attention({ layers: 1 });
    const almost = matrix(12, (i, j) => (i === 5 && j === 9 ? 7 : -Math.abs(j - i)));
    output(model, 'Add', [...scores, model.graph.addInitializer('bias', almost)]);
    const report = await runPass(fixPe(), model);
    expect(report.unresolved[0]?.message).toMatch(
      /nearest is a bias by relative position, but \[5, 9\] is 7 and not -4 \(1 of 144 elements differ\)/,
    );
  });

  it.each([
    ['from the front', (row: number) => row],
    ['counting down to 0', (row: number) => 19 - row],
  ])('computes tables at run time, %s', async (_, position) => {
    const { model } = await added(sinusoid(20, 16, position));
    const report = await runPass(fixPe({ computed: true }), model);
    expect(report).toMatchObject({ changed: true, reassociates: true, unresolved: [] });
    const session = await ort.InferenceSession.create(await serialize(model));
    for (const n of [20, 7, 31]) {
      const feed = new ort.Tensor('float32', new Float32Array(n * 16), [1, n, 16]);
      const results = await session.run({ x: feed });
      const got = results[session.outputNames[0] as string]?.data as Float32Array;
      const want = sinusoid(n, 16, (row) => (position(0) === 0 ? row : n - 1 - row)).data as Float32Array;
      expect(Math.max(...got.map((value, k) => Math.abs(value - (want[k] as number))))).toBeLessThan(1e-6);
    }
  });

  it('leaves masks to fix-masks', async () => {
    const { model, scores } = await attention({ layers: 1 });
    const causal = matrix(8, (i, j) => (j > i ? -1e4 : 0));
    output(model, 'Add', [...scores, model.graph.addInitializer('mask', causal)]);
    const report = await runPass(fixPe(), model);
    expect(report).toMatchObject({ changed: false, unresolved: [], others: [{ value: 'mask' }] });
  });

  describe('with a length to serve', () => {
    /** x + table[:, 12 - T : 11 + T], the relative positions of ESPnet's Conformer. */
    async function centred(table: DenseTensor) {
      const model = await emptyModel();
      const { graph } = model;
      const x = graph.addInput('x', DataType.FLOAT, ['batch', 'time', 16]);
      const int = (name: string, ...list: bigint[]) =>
        graph.addInitializer(name, { dtype: DataType.INT64, shape: [list.length], data: BigInt64Array.from(list) });
      const node = (opType: string, inputs: Value[]) => graph.addNode({ opType, inputs }).outputs[0] as Value;
      const time = node('Gather', [node('Shape', [x]), int('one', 1n)]);
      const start = node('Sub', [int('before', 12n), time]);
      const end = node('Add', [int('behind', 11n), time]);
      const rows = node('Slice', [graph.addInitializer('table', table), start, end, int('axis', 1n)]);
      graph.addOutput(rows);
      const slice = () => [...graph.nodes].find(({ opType }) => opType === 'Slice');
      return { model, slice };
    }

    it('lengthens tables to both sides, and moves both of their bounds', async () => {
      const { model, slice } = await centred(sinusoid(23, 16, (row) => 11 - row));
      const report = await runPass(fixPe({ maxLength: 40 }), model);
      expect(report).toMatchObject({ changed: true, unresolved: [], edits: [{ what: 'table of 79 positions' }] });
      const long = slice()?.inputs[0]?.initializer?.dense();
      expect(long?.data).toEqual(sinusoid(79, 16, (row) => 39 - row).data);
      const constants = (input: number) =>
        slice()?.inputs[input]?.producer?.inputs.map((v) => v?.initializer?.dense().data);
      expect([constants(1)?.[0], constants(2)?.[0]]).toEqual([BigInt64Array.of(40n), BigInt64Array.of(39n)]);
      expect(await runPass(fixPe({ maxLength: 40 }), model)).toMatchObject({ changed: false });
    });

    it('refuses to make up rows of learned tables', async () => {
      const learned = { ...sinusoid(23, 16), data: Float32Array.from({ length: 368 }, (_, i) => Math.sin(i * i)) };
      const { model } = await centred(learned);
      const report = await runPass(fixPe({ maxLength: 40 }), model);
      expect(report).toMatchObject({ changed: false, unresolved: [{ code: 'short-table' }] });
    });

    it('leaves tables alone that are long enough, and all of them without that option', async () => {
      const { model } = await centred(sinusoid(23, 16, (row) => 11 - row));
      expect(await runPass(fixPe({ maxLength: 12 }), model)).toMatchObject({ changed: false, unresolved: [] });
      expect(await runPass(fixPe(), model)).toMatchObject({ changed: false, unresolved: [] });
    });
  });
});
