import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Cells } from '../../src/analysis/cells.js';
import { infer } from '../../src/analysis/infer.js';
import { Reasons } from '../../src/analysis/reason.js';
import { load } from '../../src/model/load.js';
import type { Model } from '../../src/model/model.js';
import type { Value } from '../../src/model/value.js';
import { loadSchemas } from '../../src/ops/schema.js';
import { DataType } from '../../src/tensor/dtype.js';
import { emptyModel } from '../support/build-model.js';

const { FLOAT, FLOAT16, INT64 } = DataType;
const fixtures = join(import.meta.dirname, '../../fixtures');

function add(model: Model, opType: string, inputs: (Value | undefined)[], attributes = {}): Value {
  return model.graph.addNode({ opType, inputs, attributes }).outputs[0] as Value;
}

function shapeText(shape: readonly unknown[] | undefined): string {
  return `[${shape?.map((dim) => (dim === undefined ? '?' : String(dim))).join(', ')}]`;
}

describe('infer', () => {
  it('names sizes that nobody declared after the input', async () => {
    const model = await emptyModel();
    const x = model.graph.addInput('x', FLOAT, [undefined, 'T', 3]);
    const y = add(model, 'Concat', [x, x], { axis: { int: 0 } });
    expect(shapeText(infer(model).shape(y))).toBe('[2*x_dim_0, T, 3]');
    const given = infer(model, { inputShapes: { x: ['B', 7, 3] } });
    expect(shapeText(given.shape(y))).toBe('[2*B, 7, 3]');
  });

  it('reads the integers of a Constant node to the last bit', async () => {
    const model = await emptyModel();
    const shape = add(model, 'Shape', [model.graph.addInput('x', FLOAT, ['B', 3, 'T', 8])]);
    const constant = (...ints: (number | bigint)[]) => add(model, 'Constant', [], { value_ints: { ints } });
    // As it is written for all sizes but the last, and for the last.
    const [lowest, highest] = [-(2n ** 63n), 2n ** 63n - 1n];
    const front = add(model, 'Slice', [shape, constant(lowest), constant(-1)]);
    const last = add(model, 'Slice', [shape, constant(-1), constant(highest)]);
    const one = add(model, 'Constant', [], { value_int: { int: highest } });
    const inference = infer(model);
    const content = (value: Value) => {
      const found = inference.facts(value);
      return found?.kind === 'tensor' ? found.content?.map(String) : undefined;
    };
    expect(content(front)).toEqual(['B', '3', 'T']);
    expect(content(last)).toEqual(['8']);
    expect(inference.constants.dense(one)?.data).toEqual(BigInt64Array.of(highest));
  });

  it('follows contents through the chains that exporters write', async () => {
    const model = await emptyModel();
    const x = model.graph.addInput('x', FLOAT, ['B', 'T', 12]);
    const shape = add(model, 'Shape', [x]);
    const int = (name: string, ...values: number[]) =>
      model.graph.addInitializer(name, {
        dtype: INT64,
        shape: [values.length],
        data: BigInt64Array.from(values.map(BigInt)),
      });
    const time = add(model, 'Gather', [shape, int('one', 1)]);
    const half = add(model, 'Div', [time, int('two', 2)]);
    const target = add(model, 'Concat', [int('zero', 0), half, int('rest', -1)], { axis: { int: 0 } });
    const inference = infer(model);
    expect(inference.facts(target)).toMatchObject({ kind: 'tensor', dtype: INT64 });
    const facts = inference.facts(target);
    expect(facts?.kind === 'tensor' && facts.content?.map(String)).toEqual(['0', 'T//2', '-1']);
  });

  it('collects contradictions, and goes on', async () => {
    const model = await emptyModel();
    const x = model.graph.addInput('x', FLOAT, ['B', 'T']);
    const mask = model.graph.addInitializer('mask', { dtype: FLOAT, shape: [1, 5], data: new Float32Array(5) });
    const y = add(model, 'Add', [x, mask]);
    const plain = infer(model);
    expect(plain.conflicts.map(({ what, left, right }) => `${what}: ${left} ${right}`)).toEqual([
      'broadcasting of Add: T 5',
    ]);
    // Whatever T is in a run that works, 5 comes out; but who looks for frozen numbers goes on with T.
    expect(shapeText(plain.shape(y))).toBe('[B, 5]');
    expect(shapeText(infer(model, { cells: new Cells() }).shape(y))).toBe('[B, T]');
  });

  it('remembers where numbers were written only for live nodes', async () => {
    const model = await emptyModel();
    const x = model.graph.addInput('x', FLOAT, ['B', 'T']);
    const w = model.graph.addInitializer('w', { dtype: FLOAT, shape: [1, 5], data: new Float32Array(5) });
    const folded = add(model, 'Neg', [w]);
    add(model, 'Add', [x, folded]);
    const cells = new Cells();
    const inference = infer(model, { cells });
    const seen = inference.seen(folded);
    expect(seen?.kind === 'tensor' && [...(seen.shape?.[1]?.cells ?? [])].map((id) => cells.get(id)?.value)).toEqual([
      folded,
    ]);
    const plain = inference.shape(folded);
    expect(plain?.[1]?.cells.size).toBe(0);
  });

  it('infers through local functions, with the attributes of each call', async () => {
    const model = await load(join(fixtures, 'functions_modules_as_functions/model.onnx'));
    const inference = infer(model);
    const reasons = new Reasons(inference);
    expect(model.functions.length).toBeGreaterThan(0);
    const outputs = model.graph.nodes.flatMap((node) => [...node.outputs]);
    for (const output of outputs) if (output !== undefined) expect(reasons.of(output), output.name).toBeUndefined();
  });

  describe('of `x.squeeze(axis)`, exported as an If', () => {
    /** If(x.shape[axis] == number) then Squeeze(x) else x, the condition turned round and the branches swapped if asked. */
    async function squeezed(axis: number, number: number, { isTurned = false } = {}) {
      const model = await emptyModel();
      const x = model.graph.addInput('x', FLOAT, ['B', 'T', 3]);
      const ints = (name: string, value: number) =>
        model.graph.addInitializer(name, { dtype: INT64, shape: [1], data: BigInt64Array.of(BigInt(value)) });
      const size = add(model, 'Gather', [add(model, 'Shape', [x]), ints('axis', axis)]);
      const equal = add(model, 'Equal', [size, ints('number', number)]);
      const condition = isTurned ? add(model, 'Not', [equal]) : equal;
      const branch = (name: string, opType: string, inputs: Value[]) => {
        const graph = model.graph.createSubgraph(name);
        graph.addOutput(graph.addNode({ opType, inputs, outputs: [`${name}_y`] }).outputs[0] as Value);
        return { graph };
      };
      const yes = branch('yes', 'Squeeze', [x, ints('axes', axis)]);
      const no = branch('no', 'Identity', [x]);
      const y = add(model, 'If', [condition], {
        then_branch: isTurned ? no : yes,
        else_branch: isTurned ? yes : no,
      });
      return { y, inference: infer(model) };
    }

    it.each([false, true])(
      'finds no fault in a branch that runs where it fits only (turned round: %s)',
      async (isTurned) => {
        const { y, inference } = await squeezed(1, 1, { isTurned });
        expect(inference.conflicts).toEqual([]);
        expect(shapeText(inference.shape(y))).toBe('[B, T, 3]');
      },
    );

    it('still finds what does not fit where the branch runs', async () => {
      const { inference } = await squeezed(1, 2);
      expect(inference.conflicts.map(({ what }) => what)).toEqual(['axis removed by Squeeze']);
    });
  });

  it('knows the element type of an operator without a rule from its schema', async () => {
    const model = await emptyModel();
    model.opsetImports.set('com.microsoft', 1);
    const x = model.graph.addInput('x', FLOAT16, ['B']);
    const schemas = await loadSchemas();
    const node = model.graph.addNode({ opType: 'AttnLSTM', domain: 'com.microsoft', inputs: [x], outputs: ['y'] });
    const inference = infer(model, { schemas });
    expect(inference.facts(node.outputs[0] as Value)).toEqual({ kind: 'tensor', dtype: FLOAT16 });
    expect(inference.reasons(node)).toEqual(['com.microsoft.AttnLSTM has no rule']);
  });
});

describe('Reasons', () => {
  it('leads back to where knowledge ends, once for a long chain', async () => {
    const model = await emptyModel();
    const x = model.graph.addInput('x', FLOAT, ['N']);
    const shape = model.graph.addInput('target', INT64, [2]);
    let value = add(model, 'Reshape', [x, shape]);
    const first = value.producer;
    if (first !== undefined) first.name = 'here';
    for (let i = 0; i < 5000; i++) value = add(model, 'Neg', [value]);
    const reasons = new Reasons(infer(model));
    expect(reasons.of(x)).toBeUndefined();
    expect(reasons.of(value)).toMatch(/^Reshape here: depends on the elements of target$/);
    for (const node of model.graph.nodes) expect(reasons.of(node.outputs[0] as Value)).toBe(reasons.of(value));
  });
});
