import { describe, expect, it } from 'vitest';
import { load } from '../../src/model/load.js';
import type { Model } from '../../src/model/model.js';
import { serialize } from '../../src/model/save.js';
import { DataType } from '../../src/tensor/dtype.js';
import { emptyModel } from '../support/build-model.js';
import { checkLinks, outline } from '../support/check-links.js';

/** x -> Relu -> y; If(c) { Neg(y) } else { Abs(x) } */
async function branching(): Promise<Uint8Array> {
  const model = await emptyModel();
  const { graph } = model;
  const x = graph.addInput('x', DataType.FLOAT, ['T']);
  const c = graph.addInput('c', DataType.BOOL, []);
  const [y] = graph.addNode({ opType: 'Relu', name: 'relu', inputs: [x], outputs: ['y'] }).outputs;
  const branch = (name: string, opType: string, input: typeof y) => {
    const inner = graph.createSubgraph(name);
    const [out] = inner.addNode({ opType, name: opType, inputs: [input], outputs: [`${name}_out`] }).outputs;
    if (out !== undefined) inner.addOutput(out);
    return inner;
  };
  const node = graph.addNode({
    opType: 'If',
    name: 'if',
    inputs: [c],
    outputs: ['z'],
    attributes: { then_branch: { graph: branch('then', 'Neg', y) }, else_branch: { graph: branch('else', 'Abs', x) } },
  });
  if (node.outputs[0] !== undefined) graph.addOutput(node.outputs[0]);
  return serialize(model);
}

/** Edits the nodes of a model whose values nobody has looked at, and of one where somebody has. */
async function bothWays(edit: (model: Model) => void): Promise<void> {
  const bytes = await branching();
  const fresh = await load(bytes);
  edit(fresh);
  const written = await serialize(fresh);
  const linked = await load(bytes);
  checkLinks(linked);
  edit(linked);
  expect(written).toEqual(await serialize(linked));
  expect(written).not.toEqual(bytes);
  // Linking afterwards keeps the edits.
  checkLinks(fresh);
  expect(outline(fresh.graph)).toEqual(outline(linked.graph));
  expect(await serialize(fresh)).toEqual(written);
}

describe('nodes of a graph that nobody looked at', () => {
  const first = ({ graph }: Model) => graph.nodes[0] as Model['graph']['nodes'][number];
  const second = ({ graph }: Model) => graph.nodes[1] as Model['graph']['nodes'][number];

  it('can be renamed', () =>
    bothWays((model) => {
      first(model).name = 'other';
    }));

  it('keep an operator that was changed', () =>
    bothWays((model) => {
      first(model).opType = 'Tanh';
      second(model).domain = 'custom';
    }));

  it('keep attributes that were changed', () =>
    bothWays((model) => {
      first(model).attributes.set('alpha', { float: 2 });
      second(model).attributes.delete('else_branch');
    }));

  it('keep changes of their subgraphs', () =>
    bothWays((model) => {
      const [inner] = second(model).subgraphs[0]?.nodes ?? [];
      if (inner !== undefined) inner.name = 'inner';
      model.graph.name = 'main';
    }));

  it('are linked from whatever is asked for first', async () => {
    const bytes = await branching();
    const asks: ((model: Model) => unknown)[] = [
      (model) => second(model).subgraphs[0]?.nodes[0]?.inputs[0],
      (model) => second(model).subgraphs[1]?.outputs,
      (model) => first(model).outputs[0]?.uses,
      (model) => first(model).setInput(0, model.graph.inputs[0]),
      (model) => second(model).appendInput(undefined),
      (model) => first(model).appendOutput(),
      (model) => model.graph.freshName('y'),
    ];
    for (const ask of asks) {
      const model = await load(bytes);
      ask(model);
      checkLinks(model);
      expect(first(model).outputs[0]?.uses.length).toBe(1);
    }
    const model = await load(bytes);
    expect(model.graph.freshName('then_out')).not.toBe('then_out');
  });
});
