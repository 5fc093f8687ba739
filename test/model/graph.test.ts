import { describe, expect, it } from 'vitest';
import type { Graph } from '../../src/model/graph.js';
import { load } from '../../src/model/load.js';
import { serialize } from '../../src/model/save.js';
import type { Value } from '../../src/model/value.js';
import { DataType } from '../../src/tensor/dtype.js';
import { emptyModel } from '../support/build-model.js';
import { checkLinks, outline } from '../support/check-links.js';
import { fixture } from '../support/fixture-models.js';
import { bytesOf, field, int, model as modelBytes, node as nodeBytes } from '../support/wire.js';

const op = (graph: Graph, opType: string, inputs: (Value | undefined)[], output: string) =>
  graph.addNode({ opType, inputs, outputs: [output], name: opType }).outputs[0] as Value;
const names = (values: readonly (Value | undefined)[]) => values.map((value) => value?.name);

/** x -> Neg -> a -> Abs -> y (output), and a weight w. */
async function chain() {
  const model = await emptyModel();
  const { graph } = model;
  const x = graph.addInput('x', DataType.FLOAT, ['N']);
  const a = op(graph, 'Neg', [x], 'a');
  const y = op(graph, 'Abs', [a], 'y');
  graph.addOutput(y);
  const w = graph.addInitializer('w', { dtype: DataType.FLOAT, shape: [1], data: Float32Array.of(2) });
  return { model, graph, x, a, y, w };
}

describe('Graph', () => {
  it('inserts nodes where asked, and gives a stable array to go through', async () => {
    const { model, graph, a } = await chain();
    const [neg, abs] = graph.nodes;
    const before = graph.nodes;
    for (const node of graph.nodes) graph.addNode({ opType: `Before${node.opType}`, inputs: [] }, { before: node });
    graph.addNode({ opType: 'AfterNeg', inputs: [a] }, { after: neg as NonNullable<typeof neg> });
    graph.addNode({ opType: 'AfterAbs', inputs: [a] }, { after: abs as NonNullable<typeof abs> });
    expect(before.length).toBe(2);
    expect(graph.nodes.map(({ opType }) => opType)).toEqual([
      'BeforeNeg',
      'Neg',
      'AfterNeg',
      'BeforeAbs',
      'Abs',
      'AfterAbs',
    ]);
    checkLinks(model);
    expect(outline((await load(await serialize(model))).graph)).toEqual(outline(graph));
  });

  it('makes up names that nothing in the model has', async () => {
    const { graph } = await chain();
    expect(graph.freshName('new')).toBe('new');
    expect(graph.freshName('new')).toBe('new_1');
    expect(graph.freshName('a')).toBe('a_1');
    expect(graph.freshName('Neg')).toBe('Neg_1'); // the name of a node
    const node = graph.addNode({ opType: 'Split', inputs: [], outputs: 2, name: 'parts' });
    expect(names(node.outputs)).toEqual(['parts_output_0', 'parts_output_1']);
    expect(names(graph.addNode({ opType: 'Split', inputs: [] }).outputs)).toEqual(['Split_output']);
    expect(node.appendOutput().name).toBe('parts_output');
    expect(node.appendOutput('third').outputIndex).toBe(3);
    node.removeLastOutput();
    expect(graph.value('third')).toBeUndefined();
  });

  it('keeps inputs in order as they come and go', async () => {
    const { model, graph, x, a, w } = await chain();
    const node = graph.addNode({ opType: 'Concat', inputs: [x, undefined, a] });
    node.insertInput(1, w);
    node.appendInput(x);
    expect(names(node.inputs)).toEqual(['x', 'w', undefined, 'a', 'x']);
    expect(x.uses.filter((use) => use.node === node).map(({ index }) => index)).toEqual([0, 4]);
    node.removeInput(0);
    node.setInput(6, a);
    expect(names(node.inputs)).toEqual(['w', undefined, 'a', 'x', undefined, undefined, 'a']);
    expect(() => node.insertInput(9, a)).toThrow('no input 9');
    expect(() => node.removeInput(9)).toThrow('no input 9');
    checkLinks(model);
    const again = await load(await serialize(model));
    expect(names(again.graph.nodes.at(-1)?.inputs ?? [])).toEqual([
      'w',
      undefined,
      'a',
      'x',
      undefined,
      undefined,
      'a',
    ]);
  });

  it('lets a shared value be left by thousands of readers quickly', async () => {
    const { graph, x, w } = await chain();
    const nodes = Array.from({ length: 20_000 }, () => graph.addNode({ opType: 'Mul', inputs: [x, w] }));
    const start = performance.now();
    for (const node of nodes) graph.removeNode(node);
    expect(performance.now() - start).toBeLessThan(2000);
    expect(w.uses).toEqual([]);
    expect(graph.nodes.length).toBe(2);
  });

  it('changes, adds and removes outputs', async () => {
    const { model, graph, x, a, y } = await chain();
    a.setDeclared({ kind: 'tensor', elemType: 1, shape: ['N'] });
    graph.addOutput(a);
    expect(a.isGraphOutput).toBe(true);
    expect(a.declared).toEqual({ kind: 'tensor', elemType: 1, shape: ['N'] });
    graph.setOutput(0, x);
    expect(names(graph.outputs)).toEqual(['x', 'a']);
    expect(y.isGraphOutput).toBe(false);
    graph.removeOutput(a);
    graph.removeOutput(x);
    expect(x.isGraphInput).toBe(true);
    expect(graph.outputs).toEqual([]);
    checkLinks(model);
    expect(outline((await load(await serialize(model))).graph)).toEqual(outline(graph));
  });

  it('replaces and removes constants', async () => {
    const { graph, w, x } = await chain();
    expect(w.isConstant).toBe(true);
    graph.setInitializer(w, { dtype: DataType.INT64, shape: [2], data: BigInt64Array.of(1n, 2n) });
    expect(w.initializer?.name).toBe('w');
    expect(w.initializer?.dense().data).toEqual(BigInt64Array.of(1n, 2n));
    expect(() => graph.setInitializer(x, { dtype: 1, shape: [], data: Float32Array.of(1) })).toThrow(
      'not an initializer',
    );
    graph.removeInitializer(w);
    expect(graph.initializers).toEqual([]);
    expect(() => graph.removeInitializer(w)).toThrow('not an initializer');
    const constant = op(graph, 'Constant', [], 'c');
    expect(constant.isConstant).toBe(true);
    expect(x.isConstant).toBe(false);
  });

  it('treats an initializer that is an input too as a default', async () => {
    const model = await load(
      modelBytes(
        field(11, field(1, 'w')),
        field(5, int(1, 1), int(2, 2), field(8, 'w'), field(9, [7])),
        nodeBytes('Neg', ['w'], ['y']),
      ),
    );
    const { graph } = model;
    const [w] = graph.inputs as [Value];
    expect(graph.initializers).toEqual([w]);
    expect(w.isConstant).toBe(false);
    w.name = 'v';
    expect(w.initializer?.name).toBe('v');
    graph.removeInput(w);
    expect(w.isConstant).toBe(true);
    const again = await load(await serialize(model));
    expect(outline(again.graph)).toEqual(outline(graph));
    expect(names(again.graph.initializers)).toEqual(['v']);
  });

  it('orders nodes so that each follows what it reads, captures included', async () => {
    const { graph, x } = await chain();
    const [neg, abs] = graph.nodes as [NonNullable<(typeof graph.nodes)[0]>, NonNullable<(typeof graph.nodes)[0]>];
    expect(graph.topologicalOrder()).toEqual([neg, abs]);
    const late = graph.addNode({ opType: 'Late', inputs: [x], outputs: ['late'] });
    const branch = graph.createSubgraph('then');
    const inner = branch.addNode({ opType: 'Neg', inputs: [late.outputs[0]] });
    branch.addOutput(inner.outputs[0] as Value);
    const holder = graph.addNode(
      { opType: 'If', inputs: [], attributes: { then_branch: { graph: branch } } },
      { before: neg },
    );
    expect(graph.topologicalOrder()).toEqual([late, holder, neg, abs]);
    expect(graph.nodes).toEqual([holder, neg, abs, late]);
    late.setInput(0, holder.outputs[0]);
    expect(() => graph.topologicalOrder()).toThrow(/in a circle: .*If/);
  });

  it('orders a chain of 50,000 nodes in reverse without recursion', async () => {
    const { graph, x } = await chain();
    let value = x;
    let [first] = graph.nodes;
    for (let i = 0; i < 50_000; i++) {
      first = graph.addNode({ opType: 'Neg', inputs: [value], outputs: [`v${i}`] }, first && { before: first });
      value = first.outputs[0] as Value;
    }
    const order = graph.topologicalOrder();
    const place = new Map(order.map((node, i) => [node, i]));
    for (const node of order) {
      for (const input of node.inputs) {
        if (input?.producer && (place.get(input.producer) as number) >= (place.get(node) as number)) {
          throw new Error(`${node} comes before ${input.producer}`);
        }
      }
    }
    expect(order.length).toBe(50_002);
  });
});

describe('Value.replaceAllUsesWith', () => {
  it('moves readers, but not the exceptions', async () => {
    const { model, graph, a, y } = await chain();
    const guard = graph.addNode({ opType: 'Guard', inputs: [a], outputs: ['guarded'] });
    const guarded = guard.outputs[0] as Value;
    a.replaceAllUsesWith(guarded, { except: [guard] });
    expect(names(guard.inputs)).toEqual(['a']);
    expect(names(y.producer?.inputs ?? [])).toEqual(['guarded']);
    checkLinks(model);
  });

  it('lets an output keep its name', async () => {
    const { model, graph, y } = await chain();
    const last = graph.addNode({ opType: 'Relu', inputs: [y], outputs: ['relu'] });
    y.replaceAllUsesWith(last.outputs[0] as Value, { except: [last] });
    expect(names(graph.outputs)).toEqual(['y']);
    expect(graph.outputs[0]).toBe(last.outputs[0]);
    expect(y.name).not.toBe('y');
    expect(names(last.inputs)).toEqual([y.name]);
    checkLinks(model);
    expect(outline((await load(await serialize(model))).graph)).toEqual(outline(graph));
  });

  it('puts an Identity before an output that an input or a constant takes over', async () => {
    for (const pick of ['x', 'w'] as const) {
      const all = await chain();
      const { model, graph, y } = all;
      y.replaceAllUsesWith(all[pick]);
      expect(names(graph.outputs)).toEqual(['y']);
      expect(graph.outputs[0]?.producer?.opType).toBe('Identity');
      expect(names(graph.outputs[0]?.producer?.inputs ?? [])).toEqual([pick]);
      checkLinks(model);
    }
  });

  it('keeps the declared type of the output', async () => {
    const model = await load(fixture('causal_1e4_mul_add/model.onnx'));
    const { graph } = model;
    const [output] = graph.outputs as [Value];
    const { name, declared } = output;
    const copy = graph.addNode({ opType: 'Identity', inputs: [output] });
    output.replaceAllUsesWith(copy.outputs[0] as Value, { except: [copy] });
    expect(graph.outputs[0]?.name).toBe(name);
    expect(graph.outputs[0]?.declared).toEqual(declared);
    const again = await load(await serialize(model));
    expect(again.graph.outputs[0]?.declared).toEqual(declared);
  });
});

describe('subgraphs', () => {
  it('see outer values, and free them when they go', async () => {
    const { model, graph, x, a } = await chain();
    const body = graph.createSubgraph('body');
    const inner = body.addNode({ opType: 'Add', inputs: [x, a], outputs: ['sum'] });
    body.addOutput(inner.outputs[0] as Value);
    body.addOutput(a);
    const loop = graph.addNode({ opType: 'Loop', inputs: [], attributes: { body: { graph: body } } });
    expect(loop.subgraphs).toEqual([body]);
    expect(body.parent).toBe(loop);
    expect(body.resolve('a')).toBe(a);
    expect(body.value('a')).toBeUndefined();
    expect(a.uses.map(({ node }) => node.opType)).toEqual(['Abs', 'Add']);
    expect(a.isGraphOutput).toBe(true);
    checkLinks(model);
    a.name = 'captured';
    const again = await load(await serialize(model));
    expect(outline(again.graph)).toEqual(outline(graph));
    checkLinks(again);
    expect([...model.graphs()]).toEqual([graph, body]);
    expect(() => graph.addNode({ opType: 'Loop', inputs: [], attributes: { body: { graph: body } } })).toThrow(
      'already',
    );
    loop.attributes.delete('body');
    expect(a.isGraphOutput).toBe(false);
    expect(a.uses.map(({ node }) => node.opType)).toEqual(['Abs']);
    expect(loop.subgraphs).toEqual([]);
  });

  it('of another graph cannot be attached', async () => {
    const { graph } = await chain();
    const other = (await chain()).graph.createSubgraph('s');
    expect(() => graph.addNode({ opType: 'If', inputs: [], attributes: { then_branch: { graph: other } } })).toThrow(
      'made for another graph',
    );
  });

  it('are written again when something deep in them changes', async () => {
    const model = await load(fixture('if_in_loop_scripted/model.onnx'));
    const deepest = [...model.graphs()].at(-1);
    expect(deepest?.parent?.graph.parent).toBeDefined();
    (deepest as Graph).nodes[0]?.attributes.set('marker', { int: 1 });
    const again = await load(await serialize(model));
    expect([...again.graphs()].at(-1)?.nodes[0]?.attributes.get('marker')?.value).toBe(1);
    expect([...again.graphs()].map(outline)).toEqual([...model.graphs()].map(outline));
  });
});

describe('strange files', () => {
  it('reads a graph that comes in parts, in any order, with unknown fields and groups', async () => {
    const bytes = bytesOf(
      field(7, field(12, field(1, 'y')), nodeBytes('Neg', ['a'], ['y']), int(1000, 5)),
      field(8, int(2, 17)),
      [...int(200, 1)],
      field(7, nodeBytes('Abs', ['x'], ['a']), field(11, field(1, 'x')), field(2, 'two')),
      field(7, field(2, 'name')),
      int(1, 8),
    );
    const model = await load(bytes);
    const { graph } = model;
    expect(graph.name).toBe('name');
    expect(graph.nodes.map(({ opType }) => opType)).toEqual(['Neg', 'Abs']);
    expect(graph.value('a')?.uses.map(({ node }) => node.opType)).toEqual(['Neg']);
    expect(await serialize(model)).toEqual(bytes);
    graph.docString = 'd';
    expect(await serialize(model)).toEqual(
      bytesOf(
        int(1, 8),
        field(
          7,
          nodeBytes('Neg', ['a'], ['y']),
          nodeBytes('Abs', ['x'], ['a']),
          field(2, 'two'),
          field(2, 'name'),
          field(10, 'd'),
          field(11, field(1, 'x')),
          field(12, field(1, 'y')),
          int(1000, 5),
        ),
        field(8, int(2, 17)),
        int(200, 1),
      ),
    );
  });

  it('reads names that nothing defines, twice defined names, and names that are not UTF-8', async () => {
    const bytes = modelBytes(
      nodeBytes('A', ['nowhere', ''], ['twice']),
      nodeBytes('B', ['twice'], ['twice', '']),
      field(1, field(1, [0xff, 0xfe]), field(2, [0xff, 0xfd]), field(4, 'C')),
      field(12, field(1, 'missing')),
    );
    const model = await load(bytes);
    const { graph } = model;
    const [a, b, c] = graph.nodes;
    expect(a?.inputs[0]?.producer).toBeUndefined();
    expect(a?.inputs[1]).toBeUndefined();
    expect(b?.inputs[0]).toBe(a?.outputs[0]);
    expect(b?.outputs[0]).not.toBe(a?.outputs[0]);
    expect(c?.inputs[0]?.name).not.toBe(c?.outputs[0]?.name);
    expect(graph.outputs[0]?.name).toBe('missing');
    checkLinks(model);
    for (const node of graph.nodes) node._touch();
    expect(await serialize(model)).toEqual(bytes);
  });

  it('takes the last of a field that occurs twice, and a wrong wire type for unknown', async () => {
    const model = await load(
      modelBytes(field(2, 'old'), field(2, 'new'), int(2, 5), field(1, field(4, 'X'), field(4, 'Y'), int(4, 1))),
    );
    expect(model.graph.name).toBe('new');
    expect(model.graph.nodes[0]?.opType).toBe('Y');
  });

  it.each<[string, Uint8Array, string]>([
    ['nothing', new Uint8Array(), 'is empty'],
    ['no graph', bytesOf(int(1, 8)), 'has no graph'],
    ['text', new TextEncoder().encode('this is not a model at all'), 'at byte'],
    ['a PNG', Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0xd, 0xa, 0x1a, 0xa, 0, 0, 0, 0xd), 'at byte'],
    ['a cut model', modelBytes(nodeBytes('Neg', ['a'], ['b'])).subarray(0, 9), 'at byte'],
    ['a broken node deep inside', modelBytes(field(1, field(5, field(6, field(1, [0x0a, 9]))))), 'at byte 12'],
  ])('refuses %s', async (_, bytes, sentence) => {
    await expect(load(bytes)).rejects.toThrow(sentence);
    await expect(load(bytes)).rejects.toMatchObject({ name: 'FormatError' });
  });
});
