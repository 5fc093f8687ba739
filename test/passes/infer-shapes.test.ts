import { describe, expect, it } from 'vitest';
import { load } from '../../src/model/load.js';
import type { Model } from '../../src/model/model.js';
import { serialize } from '../../src/model/save.js';
import type { TypeInfo } from '../../src/model/type-info.js';
import type { Value } from '../../src/model/value.js';
import { inferShapes } from '../../src/passes/infer-shapes.js';
import { DataType } from '../../src/tensor/dtype.js';
import { emptyModel } from '../support/build-model.js';

const { FLOAT, INT64, BOOL } = DataType;

function run(model: Model) {
  return inferShapes().run(model, { log: () => undefined });
}

function add(model: Model, opType: string, inputs: (Value | undefined)[], outputs: string[], attributes = {}): Value {
  const node = model.graph.addNode({ opType, inputs, outputs, attributes, name: `${opType}_${outputs[0]}` });
  return node.outputs[0] as Value;
}

function tensor(elemType: number, ...shape: (number | string | undefined)[]): TypeInfo {
  return { kind: 'tensor', elemType, shape };
}

function ints(model: Model, name: string, ...values: number[]): Value {
  const data = BigInt64Array.from(values.map(BigInt));
  return model.graph.addInitializer(name, { dtype: INT64, shape: [values.length], data });
}

describe('infer-shapes', () => {
  it('declares sizes as expressions in those of the inputs, and goes through sizes that are computed', async () => {
    const model = await emptyModel();
    const x = model.graph.addInput('x', FLOAT, ['B', 'T', 80]);
    const weight = { dtype: FLOAT, shape: [16, 80, 3], data: new Float32Array(16 * 80 * 3) };
    const moved = add(model, 'Transpose', [x], ['moved'], { perm: { ints: [0, 2, 1] } });
    const attributes = { strides: { ints: [2] }, kernel_shape: { ints: [3] } };
    const conv = add(model, 'Conv', [moved, model.graph.addInitializer('w', weight)], ['conv'], attributes);
    const shape = add(model, 'Shape', [conv], ['shape']);
    const batch = add(model, 'Gather', [shape, ints(model, 'zero', 0)], ['batch']);
    const target = add(model, 'Concat', [batch, ints(model, 'rest', -1)], ['target'], { axis: { int: 0 } });
    model.graph.addOutput(add(model, 'Reshape', [conv, target], ['flat']));
    const report = await run(model);
    expect(report).toMatchObject({ changed: true, unresolved: [], findings: [] });
    expect(report.edits).toContainEqual({
      what: 'value_info',
      where: 'conv',
      before: '',
      after: 'float[B, 16, (T - 1)//2]',
    });
    const declared = (await load(await serialize(model))).graph;
    expect(declared.value('conv')?.declared).toEqual(tensor(FLOAT, 'B', 16, '(T - 1)//2'));
    expect(declared.value('target')?.declared).toEqual(tensor(INT64, 2));
    expect(declared.value('flat')?.declared).toEqual(tensor(FLOAT, 'B', '16*((T - 1 - (T - 1) % 2)//2)'));
  });

  it('says nothing of sizes that depend on data, and why', async () => {
    const model = await emptyModel();
    const x = model.graph.addInput('x', FLOAT, ['N']);
    const found = add(model, 'NonZero', [x], ['found']);
    model.graph.addOutput(add(model, 'Transpose', [found], ['rows']));
    const { findings } = await run(model);
    expect(model.graph.value('rows')?.declared).toEqual(tensor(INT64, undefined, 1));
    expect(findings.map(({ value, message, evidence }) => [value, message, evidence])).toEqual([
      ['found', 'found is only known as int64[1, ?]', [expect.stringMatching(/^NonZero NonZero_found: /)]],
      ['rows', 'rows is only known as int64[?, 1]', [expect.stringMatching(/^NonZero NonZero_found: /)]],
    ]);
  });

  it('fills what outputs leave open and keeps what they say', async () => {
    const model = await emptyModel();
    const x = model.graph.addInput('x', FLOAT, ['B', 4]);
    const y = add(model, 'Relu', [x], ['y']);
    model.graph.addOutput(y);
    model.graph.setValueInfo(y, tensor(FLOAT, 'unk__3', undefined));
    const z = add(model, 'Neg', [x], ['z']);
    model.graph.addOutput(z);
    model.graph.setValueInfo(z, tensor(FLOAT, 7, 4));
    const { edits } = await run(model);
    expect(edits).toEqual([{ what: 'output', where: 'y', before: 'float[unk__3, ?]', after: 'float[B, 4]' }]);
    expect(y.declared).toEqual(tensor(FLOAT, 'B', 4));
    expect(z.declared).toEqual(tensor(FLOAT, 7, 4));
  });

  it('corrects value_info, and names a size of an input that an expression needs', async () => {
    const model = await emptyModel();
    const x = model.graph.addInput('x', FLOAT, [undefined, undefined]);
    const y = add(model, 'Transpose', [x], ['y']);
    model.graph.setValueInfo(y, tensor(FLOAT, 'a', 'b'));
    const total = add(model, 'ReduceSum', [y], ['total'], { keepdims: { int: 0 } });
    model.graph.addOutput(total);
    await run(model);
    expect(x.declared).toEqual(tensor(FLOAT, 'x_dim_0', 'x_dim_1'));
    expect(y.declared).toEqual(tensor(FLOAT, 'x_dim_1', 'x_dim_0'));
    expect(total.declared).toEqual(tensor(FLOAT));
  });

  it('changes nothing the second time, to the byte', async () => {
    const model = await emptyModel();
    const x = model.graph.addInput('x', FLOAT, [undefined, 3]);
    model.graph.addOutput(add(model, 'Abs', [add(model, 'Exp', [x], ['e'])], ['y']));
    await run(model);
    const bytes = await serialize(model);
    const again = await load(bytes);
    expect(await run(again)).toMatchObject({ changed: false, edits: [] });
    expect(Buffer.from(await serialize(again)).equals(Buffer.from(bytes))).toBe(true);
  });

  it('goes into the graphs of nodes', async () => {
    const model = await emptyModel();
    const condition = model.graph.addInput('condition', BOOL, []);
    const x = model.graph.addInput('x', FLOAT, ['N']);
    const branch = (opType: string) => {
      const graph = model.graph.createSubgraph(opType);
      const inner = graph.addNode({ opType, inputs: [x], outputs: [`${opType}_inner`] }).outputs[0] as Value;
      graph.addOutput(graph.addNode({ opType, inputs: [inner], outputs: [`${opType}_outer`] }).outputs[0] as Value);
      return graph;
    };
    const [yes, no] = [branch('Exp'), branch('Log')];
    const y = add(model, 'If', [condition], ['y'], { then_branch: { graph: yes }, else_branch: { graph: no } });
    model.graph.addOutput(y);
    await run(model);
    expect(y.declared).toEqual(tensor(FLOAT, 'N'));
    expect(yes.value('Exp_inner')?.declared).toEqual(tensor(FLOAT, 'N'));
    expect(no.value('Log_outer')?.declared).toEqual(tensor(FLOAT, 'N'));
  });

  it('declares sequences', async () => {
    const model = await emptyModel();
    const x = model.graph.addInput('x', FLOAT, ['N']);
    const list = add(model, 'SequenceConstruct', [x, x], ['list']);
    model.graph.addOutput(add(model, 'ConcatFromSequence', [list], ['y'], { axis: { int: 0 } }));
    await run(model);
    expect(list.declared).toEqual({ kind: 'sequence', elemType: tensor(FLOAT, 'N') });
    expect(model.graph.value('y')?.declared).toEqual(tensor(FLOAT, '2*N'));
  });

  it('takes the word of the file for operators that nobody knows', async () => {
    const model = await emptyModel();
    model.opsetImports.set('my.domain', 1);
    const x = model.graph.addInput('x', FLOAT, ['N']);
    const node = model.graph.addNode({ opType: 'Mystery', domain: 'my.domain', inputs: [x], outputs: ['y', 'z'] });
    const [y, z] = node.outputs as [Value, Value];
    model.graph.setValueInfo(y, tensor(FLOAT, 'N', 5, 'elsewhere'));
    const used = add(model, 'Neg', [y], ['used']);
    model.graph.addOutput(used);
    model.graph.addOutput(z);
    const { findings } = await run(model);
    expect(used.declared).toEqual(tensor(FLOAT, 'N', 5, undefined));
    expect(findings.find(({ value }) => value === 'z')).toMatchObject({
      code: 'not-inferred',
      message: 'z is unknown',
      evidence: ['my.domain.Mystery: the domain my.domain is not known'],
    });
  });
});
