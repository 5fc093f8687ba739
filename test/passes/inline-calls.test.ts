import { describe, expect, it } from 'vitest';
import { load } from '../../src/model/load.js';
import type { Model } from '../../src/model/model.js';
import type { Value } from '../../src/model/value.js';
import { hasCalls, inlineCalls } from '../../src/passes/inline-calls.js';
import { DataType } from '../../src/tensor/dtype.js';
import { emptyModel } from '../support/build-model.js';
import { encodeModel } from '../support/onnx-proto.js';
import { operators, output, runPass } from './harness.js';

const { FLOAT, BOOL } = DataType;
const truth = (value: number) => ({ dtype: BOOL, shape: [], data: Uint8Array.of(value) });

/** If(condition) then x + 1 else x * 2, where the branches have constants of their own. */
async function branched(condition: (model: Model) => Value): Promise<Model> {
  const model = await emptyModel();
  const x = model.graph.addInput('x', FLOAT, ['time']);
  const branch = (name: string, opType: string, number: number) => {
    const graph = model.graph.createSubgraph(name);
    const other = graph.addInitializer(`${name}_number`, { dtype: FLOAT, shape: [], data: Float32Array.of(number) });
    graph.addOutput(graph.addNode({ opType, inputs: [x, other], outputs: [`${name}_y`] }).outputs[0] as Value);
    return { graph };
  };
  const y = output(model, 'If', [condition(model)]);
  y.producer?.attributes.set('then_branch', branch('then', 'Add', 1));
  y.producer?.attributes.set('else_branch', branch('else', 'Mul', 2));
  return model;
}

describe('inlineCalls', () => {
  it('puts the branch that is always taken in the place of the If', async () => {
    for (const [value, opType] of [
      [1, 'Add'],
      [0, 'Mul'],
    ] as const) {
      const model = await branched((into) => into.graph.addInitializer('always', truth(value)));
      const [before] = model.graph.outputs;
      const name = before?.name;
      expect(hasCalls(model)).toBe(true);
      const report = await runPass(inlineCalls(), model);
      expect(report.edits).toMatchObject([{ what: 'branch that is always taken', after: '1 nodes in its place' }]);
      expect(operators(model)).toEqual({ [opType]: 1 });
      expect(model.graph.outputs[0]?.name).toBe(name);
      expect(model.graph.outputs[0]?.producer?.inputs[1]?.initializer?.dense().data[0]).toBe(value === 1 ? 1 : 2);
      expect(hasCalls(model)).toBe(false);
    }
  });

  it('leaves an If alone whose condition callers decide', async () => {
    const model = await branched((into) => into.graph.addInput('flag', BOOL, []));
    expect(hasCalls(model)).toBe(false);
    expect(await runPass(inlineCalls(), model)).toMatchObject({ changed: false, edits: [] });
  });
});

/** y = Outer(Outer(x, slope 0.5)) of a function that calls another one; `version` is the opset that it imports. */
function nested({ version }: { version: number }) {
  const type = { tensorType: { elemType: FLOAT, shape: { dim: [{ dimParam: 'time' }] } } };
  const imports = [
    { domain: '', version },
    { domain: 'own', version: 1 },
  ];
  const call = (from: string, to: string, attribute: object[] = []) => {
    return { opType: 'Outer', domain: 'own', name: to, input: [from], output: [to], attribute };
  };
  const slope = { name: 'alpha', type: 1, refAttrName: 'slope' };
  return {
    irVersion: 9,
    opsetImport: [
      { domain: '', version: 17 },
      { domain: 'own', version: 1 },
    ],
    graph: {
      name: 'g',
      input: [{ name: 'x', type }],
      output: [{ name: 'y', type }],
      node: [call('x', 'h', [{ name: 'slope', type: 1, f: 0.5 }]), call('h', 'y')],
    },
    functions: [
      {
        name: 'Outer',
        domain: 'own',
        input: ['x'],
        output: ['z'],
        attributeProto: [{ name: 'slope', type: 1, f: 0.25 }],
        opsetImport: imports,
        node: [
          { opType: 'LeakyRelu', input: ['x'], output: ['h'], attribute: [slope] },
          { opType: 'Inner', domain: 'own', input: ['h'], output: ['z'] },
        ],
      },
      {
        name: 'Inner',
        domain: 'own',
        input: ['x'],
        output: ['y'],
        opsetImport: imports,
        node: [{ opType: 'Neg', input: ['x'], output: ['y'] }],
      },
    ],
  };
}

describe('functions', () => {
  const loadModel = (proto: object) => load(encodeModel(proto));

  it('stand in the place of their calls, attributes of the call and calls in the function included', async () => {
    const model = await loadModel(nested({ version: 17 }));
    expect(hasCalls(model)).toBe(true);
    const report = await runPass(inlineCalls(), model);
    expect(report.edits.map(({ what }) => what)).toEqual([
      'function Outer',
      'function Outer',
      'function Inner',
      'function Inner',
    ]);
    expect(operators(model)).toEqual({ LeakyRelu: 2, Neg: 2 });
    const slopes = model.graph.nodes.flatMap((node) => node.attributes.get('alpha')?.asFloat() ?? []);
    expect(slopes).toEqual([0.5, 0.25]);
    expect(model.graph.outputs[0]?.name).toBe('y');
  });

  it('that mean another version of an operator stay', async () => {
    const model = await loadModel(nested({ version: 16 }));
    expect(hasCalls(model)).toBe(false);
  });
});
