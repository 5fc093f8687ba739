import { describe, expect, it } from 'vitest';
import { infer } from '../../src/analysis/infer.js';
import { load } from '../../src/model/load.js';
import type { Model } from '../../src/model/model.js';
import { serialize } from '../../src/model/save.js';
import type { Value } from '../../src/model/value.js';
import { fixOps } from '../../src/passes/fix-ops.js';
import { DataType } from '../../src/tensor/dtype.js';
import { emptyModel } from '../support/build-model.js';
import { runFloats } from '../support/unrolled.js';
import { operators, runPass } from './harness.js';

/** A model of one operator of PyTorch and one of somebody else's, as it comes from a file. */
async function model(...nodes: readonly (readonly [domain: string, opType: string])[]): Promise<Model> {
  const made = await emptyModel();
  const { graph } = made;
  let value: Value = graph.addInput('x', DataType.FLOAT, ['batch', 'time', 4]);
  for (const [domain, opType] of nodes) {
    if (domain !== '') made.opsetImports.set(domain, 1);
    const attributes = domain === 'my.library' ? { window: { int: 3 }, name: { string: 'fast' } } : {};
    const node = graph.addNode({ opType, domain, name: `/${opType}`, inputs: [value], attributes });
    value = node.outputs[0] as Value;
  }
  graph.addOutput(value);
  return load(await serialize(made));
}

describe('fix-ops', () => {
  it('replaces an operator under the name that its output has, and drops the import', async () => {
    const given = await model(['org.pytorch.aten', 'square'], ['', 'Relu'], ['org.pytorch.aten', 'silu_']);
    const name = given.graph.outputs[0]?.name;
    const report = await runPass(fixOps(), given);
    expect(report).toMatchObject({ changed: true, reassociates: true, unresolved: [] });
    expect(report.edits.map(({ what, after }) => `${what}: ${after}`)).toEqual([
      'org.pytorch.aten::square: Mul',
      'org.pytorch.aten::silu_: Sigmoid, Mul',
    ]);
    expect(operators(given)).toEqual({ Mul: 2, Relu: 1, Sigmoid: 1 });
    expect(given.graph.outputs[0]?.name).toBe(name);
    expect([...given.opsetImports].map(([domain]) => domain)).toEqual(['']);
    expect(await runPass(fixOps(), given)).toMatchObject({ changed: false, findings: [], unresolved: [] });
  });

  it.each([
    ['aten', 'square'],
    ['org.pytorch.aten', 'square.Tensor'],
    ['', 'aten::square'],
    ['org.pytorch._aten', 'square_'],
  ])('knows the spelling %s %s', async (domain, opType) => {
    const given = await model([domain, opType]);
    expect(await runPass(fixOps(), given)).toMatchObject({ changed: true });
    expect(operators(given)).toEqual({ Mul: 1 });
  });

  it('names operators that it does not know, with attributes and what to do, and changes nothing', async () => {
    const given = await model(
      ['org.pytorch.aten', 'square'],
      ['my.library', 'Smooth'],
      ['org.pytorch.aten', 'linalg_svd'],
    );
    const before = await serialize(given);
    const report = await runPass(fixOps(), given);
    expect(report).toMatchObject({ changed: false, edits: [] });
    expect(report.unresolved.map(({ message }) => message)).toEqual([
      'my.library::Smooth: a custom operator of my.library',
      'org.pytorch.aten::linalg_svd: no equivalent in standard operators is known',
    ]);
    expect(report.unresolved[0]?.evidence).toContain('attributes: window=3, name=fast');
    expect(report.unresolved[0]?.evidence?.at(-1)).toContain('load the library that implements my.library');
    expect(report.unresolved[1]?.evidence?.at(-1)).toContain('register a symbolic function');
    expect(operators(given)).toEqual({ square: 1, Smooth: 1, linalg_svd: 1 });
    expect(Buffer.from(await serialize(given)).equals(Buffer.from(before))).toBe(true);
  });

  it('lowers the rest where that is asked for', async () => {
    const given = await model(['org.pytorch.aten', 'square'], ['my.library', 'Smooth']);
    const report = await runPass(fixOps({ partial: true }), given);
    expect(report).toMatchObject({ changed: true, unresolved: [{ node: 'Smooth /Smooth' }] });
    expect(operators(given)).toEqual({ Mul: 1, Smooth: 1 });
  });

  it('leaves alone what runtimes, their libraries and the model itself know', async () => {
    const given = await model(['', 'Relu'], ['com.microsoft', 'Gelu'], ['ai.onnx.contrib', 'BertTokenizer']);
    expect(await runPass(fixOps(), given)).toMatchObject({ changed: false, findings: [], unresolved: [] });
    expect(operators(given)).toEqual({ Relu: 1, Gelu: 1, BertTokenizer: 1 });
  });

  it('drops operators whose results nobody reads', async () => {
    const given = await model(['org.pytorch.aten', 'square']);
    const { graph } = given;
    const x = graph.inputs[0] as Value;
    graph.addNode({ opType: 'linalg_svd', domain: 'org.pytorch.aten', inputs: [x] });
    expect(await runPass(fixOps(), given)).toMatchObject({ changed: true, unresolved: [] });
    expect(operators(given)).toEqual({ Mul: 1 });
  });

  it('says so where the operator set is too old', async () => {
    const given = await emptyModel({ opset: 10 });
    const x = given.graph.addInput('x', DataType.FLOAT, [2]);
    const [y] = given.graph.addNode({ opType: 'square', domain: 'aten', inputs: [x] }).outputs;
    given.graph.addOutput(y as Value);
    const report = await runPass(fixOps(), given);
    expect(report.unresolved[0]?.message).toBe(
      'aten::square: it can be lowered to opset 11 or later; the model is of 10',
    );
  });

  it('lowers what is inside branches', async () => {
    const given = await emptyModel();
    const { graph } = given;
    const x = graph.addInput('x', DataType.FLOAT, ['n']);
    const flag = graph.addInput('flag', DataType.BOOL, []);
    const branch = (name: string, opType: string) => {
      const inner = graph.createSubgraph(name);
      const [y] = inner.addNode({ opType, domain: 'aten', inputs: [x] }).outputs;
      inner.addOutput(y as Value);
      return inner;
    };
    const attributes = {
      then_branch: { graph: branch('yes', 'square') },
      else_branch: { graph: branch('no', 'rsqrt') },
    };
    const [y] = graph.addNode({ opType: 'If', inputs: [flag], attributes }).outputs;
    graph.addOutput(y as Value);
    expect(await runPass(fixOps(), given)).toMatchObject({ changed: true, unresolved: [] });
    const [node] = graph.nodes;
    const inside = node?.subgraphs.map(({ nodes }) => nodes.map(({ opType }) => opType));
    expect(inside).toEqual([['Mul'], ['Sqrt', 'Reciprocal']]);
    const again = await load(await serialize(given));
    expect(await runPass(fixOps(), again)).toMatchObject({ changed: false, unresolved: [] });
  });
});

describe('convolutions and poolings without a batch', () => {
  async function windows(dims: (string | number)[], ...opTypes: string[]): Promise<Model> {
    const made = await emptyModel();
    const { graph } = made;
    const weight = { dtype: DataType.FLOAT, shape: [3, 3, 5, 5], data: new Float32Array(225).fill(0.1) };
    const attributes = { kernel_shape: { ints: [5, 5] }, pads: { ints: [2, 2, 2, 2] }, strides: { ints: [1, 1] } };
    let value: Value = graph.addInput('x', DataType.FLOAT, dims);
    for (const opType of opTypes) {
      const inputs = opType.startsWith('Conv') ? [value, graph.addInitializer(graph.freshName('w'), weight)] : [value];
      const node = graph.addNode({ opType, inputs, ...(opType === 'Relu' ? {} : { attributes }) });
      value = node.outputs[0] as Value;
    }
    graph.addOutput(value);
    return made;
  }

  it('get a batch of one, one after the other', async () => {
    const given = await windows([3, 'height', 'width'], 'MaxPool', 'Relu', 'AveragePool', 'Conv', 'ConvTranspose');
    const report = await runPass(fixOps(), given);
    expect(report).toMatchObject({ changed: true, unresolved: [] });
    expect(report.edits).toHaveLength(4);
    expect(report.findings[0]?.message).toContain('moves over 2 axes of an input of 3');
    expect(operators(given)).toMatchObject({ Unsqueeze: 4, Squeeze: 4, MaxPool: 1, Conv: 1 });
    const [output] = given.graph.outputs;
    expect(
      infer(given)
        .shape(output as Value)
        ?.map(String),
    ).toEqual(['3', 'height', 'width']);
    const x = { x: [3, 6, 7] };
    const batched = await windows([1, 3, 'height', 'width'], 'MaxPool', 'Relu', 'AveragePool', 'Conv', 'ConvTranspose');
    const expected = Object.values(await runFloats(batched, { x: [1, 3, 6, 7] }))[0];
    const actual = Object.values(await runFloats(given, x))[0];
    expect(actual?.dims).toEqual([3, 6, 7]);
    expect(actual?.data).toEqual(expected?.data);
  });

  it.each([
    ['have one', ['batch', 3, 'height', 'width'], 'Conv'],
    ['have channels that do not fit', [5, 'height', 'width'], 'Conv'],
    ['are too small altogether', ['height', 'width'], 'MaxPool'],
  ])('are left alone where they %s', async (_, dims, opType) => {
    const given = await windows(dims, opType);
    expect(await runPass(fixOps(), given)).toMatchObject({ changed: false, findings: [] });
    expect(operators(given)).toEqual({ [opType]: 1 });
  });
});

describe('identity matrices', () => {
  async function identity(read: number, dtype?: number, k?: number): Promise<Model> {
    const made = await emptyModel();
    const { graph } = made;
    const attributes = {
      ...(dtype === undefined ? {} : { dtype: { int: dtype } }),
      ...(k === undefined ? {} : { k: { int: k } }),
    };
    const [y] = graph.addNode({
      opType: 'EyeLike',
      inputs: [graph.addInput('x', read, ['time', 'time'])],
      attributes,
    }).outputs;
    const to = { to: { int: DataType.FLOAT } };
    graph.addOutput(graph.addNode({ opType: 'Cast', inputs: [y as Value], attributes: to }).outputs[0] as Value);
    return made;
  }

  it('of bools are made of whole numbers', async () => {
    const given = await identity(DataType.FLOAT, DataType.BOOL, 1);
    const report = await runPass(fixOps(), given);
    expect(report).toMatchObject({ changed: true, unresolved: [] });
    expect(report.findings[0]?.message).toContain('an identity matrix of bool');
    const [result] = Object.values(await runFloats(given, { x: [3, 3] }));
    expect(result?.data).toEqual([0, 1, 0, 0, 0, 1, 0, 0, 0]);
  });

  it('are made from zeros of any type', async () => {
    const given = await identity(DataType.BOOL);
    expect(await runPass(fixOps(), given)).toMatchObject({ changed: true, unresolved: [] });
    expect(operators(given)).toEqual({ Cast: 3, EyeLike: 1 });
    expect(await runPass(fixOps(), given)).toMatchObject({ changed: false });
  });

  it.each([DataType.FLOAT, DataType.INT64])('of type %i are left alone', async (dtype) => {
    expect(await runPass(fixOps(), await identity(DataType.FLOAT, dtype))).toMatchObject({ changed: false });
    expect(await runPass(fixOps(), await identity(dtype))).toMatchObject({ changed: false });
  });
});
