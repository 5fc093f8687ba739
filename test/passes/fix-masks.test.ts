import { describe, expect, it } from 'vitest';
import { load } from '../../src/model/load.js';
import { serialize } from '../../src/model/save.js';
import { fixMasks } from '../../src/passes/fix-masks.js';
import { attention, bools, matrix, operators, output, runPass } from './harness.js';

const causal = (size: number) => matrix(size, (i, j) => (j > i ? Number.NEGATIVE_INFINITY : 0));

describe('fix-masks', () => {
  it('shrinks masks that are the same everywhere to one shared element, without a node more', async () => {
    const { model, scores } = await attention();
    const low = model.graph.addInitializer(
      'low',
      matrix(1, () => -3e38, []),
    );
    for (const [i, value] of scores.entries()) {
      const mask = model.graph.addInitializer(
        `mask${i}`,
        bools([1, 1, 1, 1000], () => false),
      );
      output(model, 'Where', [mask, low, value]);
    }
    const report = await runPass(fixMasks(), model);
    expect(report).toMatchObject({ changed: true, unresolved: [], sizes: { time: 1000 } });
    expect(operators(model)).toEqual({ Where: 2 });
    const masks = new Set([...model.graph.nodes].map((node) => node.inputs[0]));
    expect(masks.size).toBe(1);
    expect([...masks][0]?.initializer?.dims).toEqual([1, 1, 1, 1]);
    expect(model.graph.value('mask0')).toBeUndefined();
  });

  it('computes causal masks once for all layers', async () => {
    const { model, scores } = await attention();
    scores.forEach((value, i) => {
      output(model, 'Add', [value, model.graph.addInitializer(`mask${i}`, causal(12))]);
    });
    const report = await runPass(fixMasks(), model);
    expect(report).toMatchObject({ changed: true, unresolved: [] });
    expect(report.edits).toHaveLength(2);
    expect(operators(model)).toEqual({ Add: 2, Shape: 1, Concat: 1, ConstantOfShape: 1, Trilu: 1 });
  });

  it.each([9, 10, 11, 12, 13, 17, 20])('speaks opset %i', async (opset) => {
    const { model, scores } = await attention({ opset, layers: 1 });
    const low = model.graph.addInitializer(
      'low',
      matrix(1, () => -3e38, []),
    );
    const window = bools([1, 1, 8, 8], (k) => Math.abs(Math.floor(k / 8) - (k % 8)) > 2);
    const mask = model.graph.addInitializer('mask', window);
    output(model, 'Where', [mask, low, ...scores]);
    const report = await runPass(fixMasks(), model);
    expect(report).toMatchObject({ changed: true, unresolved: [] });
    const used = operators(model);
    if (opset < 11) expect(used).toMatchObject({ NonZero: 1 });
    else expect(used).toMatchObject({ Range: 1 });
    // What it made can be read back, and there is nothing left to do.
    const again = await load(await serialize(model));
    expect(await runPass(fixMasks(), again)).toMatchObject({ changed: false, findings: [], unresolved: [] });
  });

  it('puts constants into nodes where initializers would have to be inputs', async () => {
    const { model, scores } = await attention({ opset: 9, irVersion: 3, layers: 1 });
    const mask = model.graph.addNode({
      opType: 'Constant',
      inputs: [],
      attributes: { value: { tensor: causal(8) } },
    }).outputs[0];
    if (mask === undefined) throw new Error('no output');
    output(model, 'Add', [...scores, mask]);
    expect(await runPass(fixMasks(), model)).toMatchObject({ changed: true });
    expect(model.graph.initializers).toEqual([]);
  });

  it('follows the chain that an exporter left before the mask, and removes it', async () => {
    const { model, scores } = await attention({ layers: 1 });
    const { graph } = model;
    const ones = graph.addInitializer(
      'ones',
      bools([8, 8], () => true),
    );
    const upper = graph.addNode({ opType: 'Trilu', inputs: [ones], attributes: { upper: { int: 0 } } }).outputs[0];
    const not = graph.addNode({ opType: 'Not', inputs: [upper] }).outputs[0];
    const low = graph.addInitializer(
      'low',
      matrix(1, () => -1e4, []),
    );
    if (not === undefined) throw new Error('no output');
    output(model, 'Where', [not, low, ...scores]);
    const report = await runPass(fixMasks(), model);
    expect(report.edits.map(({ what }) => what)).toEqual(['causal']);
    expect(operators(model)).not.toHaveProperty('Trilu');
    expect(graph.value('ones')).toBeUndefined();
  });

  it('keeps the size of a mask that nothing else has', async () => {
    const { model } = await attention({ layers: 1 });
    const x = model.graph.addInput('x', 1, ['batch', 'time', 32]);
    const y = model.graph.addInput('y', 1, ['batch', 1, 32]);
    const zeros = model.graph.addInitializer('zeros', { dtype: 1, shape: [1, 20, 32], data: new Float32Array(640) });
    const wide = model.graph.addNode({ opType: 'Add', inputs: [zeros, y] }).outputs[0];
    if (wide === undefined) throw new Error('no output');
    output(model, 'Mul', [wide, x]);
    // Not a mask: features are a parameter's, and the table is learned as far as anybody can tell.
    expect(await runPass(fixMasks(), model)).toMatchObject({ changed: false });
  });

  it('refuses what it cannot explain, with the reason, and changes nothing', async () => {
    const { model, scores } = await attention();
    const odd = matrix(12, (i, j) => ((i * 7 + j * j) % 5 < 2 ? -1e4 : 0));
    const [first, second] = scores;
    if (!first || !second) throw new Error('two layers');
    output(model, 'Add', [first, model.graph.addInitializer('odd', odd)]);
    output(model, 'Add', [second, model.graph.addInitializer('causal', causal(12))]);
    const before = await serialize(model);
    const report = await runPass(fixMasks(), model);
    expect(report).toMatchObject({ changed: false, edits: [] });
    expect(report.unresolved).toMatchObject([{ code: 'unexplained-mask', value: 'odd' }]);
    expect(report.unresolved[0]?.evidence?.[0]).toContain('axis 0 is 12 in the file and time at Add');
    expect(await serialize(model)).toEqual(before);
    const partial = await runPass(fixMasks({ partial: true }), model);
    expect(partial).toMatchObject({ changed: true, edits: [{ what: 'causal' }], unresolved: [{ value: 'odd' }] });
  });

  it('refuses rows of padding: only lengths at run time could give them', async () => {
    const { model, scores } = await attention({ layers: 1 });
    const low = model.graph.addInitializer(
      'low',
      matrix(1, () => -3e38, []),
    );
    const padded = model.graph.addInitializer(
      'padded',
      bools([1, 1, 1, 10], (k) => k >= 7),
    );
    output(model, 'Where', [padded, low, ...scores]);
    const { changed, unresolved } = await runPass(fixMasks(), model);
    expect(changed).toBe(false);
    expect(unresolved[0]?.message).toContain('7 of 10 positions are valid');
  });

  it('does not go by names or by equal numbers', async () => {
    // A learned 20 x 20 weight on 20 features, next to a mask of 20 positions.
    const { model, scores } = await attention({ layers: 1 });
    const x = model.graph.addInput('x', 1, ['batch', 'time', 20]);
    const weight = model.graph.addInitializer('mask', causal(20));
    output(model, 'MatMul', [x, weight]);
    expect(await runPass(fixMasks(), model)).toMatchObject({ changed: false, findings: [], unresolved: [] });
    output(model, 'Add', [...scores, model.graph.addInitializer('weight', causal(20))]);
    expect(await runPass(fixMasks(), model)).toMatchObject({ changed: true, edits: [{ what: 'causal' }] });
    expect(model.graph.value('mask')?.initializer?.dims).toEqual([20, 20]);
  });

  it('repairs masks inside the branches of If, from sizes outside of it', async () => {
    const { model, scores } = await attention({ layers: 1 });
    const { graph } = model;
    const condition = graph.addInput('condition', 9, []);
    const branch = (name: string) => {
      const body = graph.createSubgraph(name);
      const mask = body.addInitializer(`${name}_mask`, causal(8));
      const [value] = body.addNode({ opType: 'Add', inputs: [...scores, mask], outputs: [`${name}_out`] }).outputs;
      if (value === undefined) throw new Error('no output');
      body.addOutput(value);
      return body;
    };
    const attributes = { then_branch: { graph: branch('yes') }, else_branch: { graph: branch('no') } };
    const [result] = graph.addNode({ opType: 'If', inputs: [condition], attributes }).outputs;
    if (result === undefined) throw new Error('no output');
    graph.addOutput(result);
    const report = await runPass(fixMasks(), model);
    expect(report).toMatchObject({ changed: true, unresolved: [] });
    expect(report.edits).toHaveLength(2);
    const again = await load(await serialize(model));
    expect(await runPass(fixMasks(), again)).toMatchObject({ changed: false, findings: [] });
  });
});
