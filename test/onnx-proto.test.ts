import { readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { onnx } from 'onnx-proto';
import { describe, expect, it } from 'vitest';
import { load } from '../src/model/load.js';
import { fromOnnxProto, toOnnxProto } from '../src/onnx-proto.js';
import { outline } from './support/check-links.js';
import { fixture, fixtureModels } from './support/fixture-models.js';
import { bytesOf, field, node } from './support/wire.js';

const CAUSAL = fixture('causal_1e4_mul_add/model.onnx');

describe('onnx-proto', () => {
  it('gives and takes models', async () => {
    const file = readFileSync(CAUSAL);
    const model = await load(file);
    const proto = await toOnnxProto(model);
    expect(proto).toBeInstanceOf(onnx.ModelProto);
    expect(proto.graph?.node?.map(({ opType }) => opType)).toEqual(model.graph.nodes.map(({ opType }) => opType));
    const back = await fromOnnxProto(proto);
    expect(outline(back.graph)).toEqual(outline(model.graph));
  });

  it('takes plain objects, and edits made with onnx-proto', async () => {
    const model = await fromOnnxProto({
      irVersion: 8,
      opsetImport: [{ domain: '', version: 17 }],
      graph: {
        name: 'small',
        node: [{ opType: 'Neg', input: ['x'], output: ['y'], attribute: [{ name: 'n', type: 2, i: 5 }] }],
        initializer: [{ name: 'w', dims: [2], dataType: 1, floatData: [1, 2] }],
        input: [{ name: 'x', type: { tensorType: { elemType: 1, shape: { dim: [{ dimParam: 'N' }] } } } }],
        output: [{ name: 'y' }],
      },
    });
    const { graph } = model;
    expect(graph.nodes[0]?.attributes.get('n')?.asInt()).toBe(5);
    expect(graph.value('w')?.initializer?.dense().data).toEqual(Float32Array.of(1, 2));
    expect(graph.inputs[0]?.declared).toEqual({ kind: 'tensor', elemType: 1, shape: ['N'] });
    const [node] = graph.nodes;
    (node as { name: string }).name = 'negative';
    const proto = await toOnnxProto(model);
    expect(proto.graph?.node?.[0]?.name).toBe('negative');
    (proto.graph as onnx.GraphProto).name = 'changed there';
    expect((await fromOnnxProto(proto)).graph.name).toBe('changed there');
    expect(graph.name).toBe('small');
  });

  it('agrees on every fixture', async () => {
    for (const path of fixtureModels()) {
      const model = await load(path);
      const back = await fromOnnxProto(await toOnnxProto(model));
      expect([...back.graphs()].map(outline), path).toEqual([...model.graphs()].map(outline));
      back.graph.initializers.forEach(({ initializer }, i) => {
        if (initializer?.location === 'external') return;
        const tensor = model.graph.initializers[i]?.initializer;
        expect(isDeepStrictEqual(initializer?.dense(), tensor?.dense()), path).toBe(true);
      });
    }
  });

  it('says what it would lose', async () => {
    const model = await load(CAUSAL);
    model.graph.nodes[0]?.metadata.set('namespace', 'encoder');
    await expect(toOnnxProto(model)).rejects.toThrow('would lose: NodeProto.9');
    const proto = await toOnnxProto(model, { allowLoss: true });
    expect(proto.graph?.node?.length).toBe(model.graph.nodes.length);
    const parts = await load(bytesOf(field(7, node('A', [], ['a'])), field(7, node('B', [], ['b']))));
    await expect(toOnnxProto(parts)).rejects.toThrow('part of the graph');
  });

  it('refuses an object without a graph', async () => {
    await expect(fromOnnxProto({ irVersion: 8 })).rejects.toThrow('has no graph');
  });
});
