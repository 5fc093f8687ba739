import { describe, expect, it } from 'vitest';
import type { AttributeInput } from '../../../src/model/attribute-input.js';
import { operators } from '../../passes/harness.js';
import { Calls, expectClose, noise } from './harness.js';

interface Case {
  readonly opType: string;
  readonly inputs: readonly (readonly number[] | undefined)[];
  readonly attributes?: Readonly<Record<string, AttributeInput>>;
  readonly outputs?: number;
  readonly domain?: string;
  readonly opset?: number;
}

const cases: Case[] = [
  { opType: 'Gelu', inputs: [[2, 3, 4]] },
  { opType: 'FastGelu', inputs: [[2, 3, 4]] },
  { opType: 'FastGelu', inputs: [[2, 3, 4], [4]] },
  { opType: 'BiasGelu', inputs: [[2, 3, 4], [4]] },
  { opType: 'QuickGelu', inputs: [[2, 3, 4]], attributes: { alpha: { float: 1.5 } } },
  { opType: 'QuickGelu', inputs: [[2, 3, 4]] },
  { opType: 'SkipLayerNormalization', inputs: [[2, 3, 4], [2, 3, 4], [4], [4], [4]], outputs: 4 },
  { opType: 'SkipLayerNormalization', inputs: [[2, 3, 4], [2, 3, 4], [4]], attributes: { epsilon: { float: 1e-3 } } },
  { opType: 'SkipSimplifiedLayerNormalization', inputs: [[2, 3, 4], [2, 3, 4], [4], [4]] },
  { opType: 'SimplifiedLayerNormalization', domain: '', inputs: [[2, 3, 4], [4]], attributes: { axis: { int: -1 } } },
  {
    opType: 'SimplifiedLayerNormalization',
    domain: '',
    inputs: [
      [2, 3, 4],
      [3, 4],
    ],
    attributes: { axis: { int: 1 } },
  },
  { opType: 'LayerNormalization', domain: '', inputs: [[2, 3, 4], [4], [4]], opset: 14 },
  {
    opType: 'FusedMatMul',
    inputs: [
      [2, 3, 4],
      [2, 4, 5],
    ],
    attributes: { alpha: { float: 0.5 } },
  },
  {
    opType: 'FusedMatMul',
    inputs: [
      [2, 4, 3],
      [2, 5, 4],
    ],
    attributes: { transA: { int: 1 }, transB: { int: 1 } },
  },
  {
    opType: 'FusedConv',
    inputs: [[1, 2, 7], [3, 2, 3], [3]],
    attributes: { activation: { string: 'LeakyRelu' }, activation_params: { floats: [0.2] }, pads: { ints: [1, 1] } },
  },
  { opType: 'FusedConv', inputs: [[1, 2, 7, 6], [3, 2, 3, 3], [3]], attributes: { activation: { string: 'Relu' } } },
  {
    opType: 'FusedGemm',
    inputs: [[2, 3], [3, 4], [4]],
    attributes: { activation: { string: 'Tanh' }, alpha: { float: 2 } },
  },
];

describe('contrib operators', () => {
  it.each(cases)('$opType $inputs $attributes: onnxruntime gives the same before and after', async (given) => {
    const { opType, inputs, attributes, outputs = 1, domain = 'com.microsoft', opset = 17 } = given;
    const run = async (contrib: boolean) => {
      const calls = await Calls.start({ opset });
      calls.model.opsetImports.set('com.microsoft', 1);
      const args = inputs.map((shape, i) => shape && { live: noise(shape, i + 1) });
      const made = calls.node(opType, args, { domain, outputs, ...(attributes ? { attributes } : {}) });
      // Mean and deviation of SkipLayerNormalization are of no type on CPU.
      const shown = outputs === 4 ? [made[0], made[3]] : made;
      const report = await calls.lower(shown as typeof made, { contrib });
      expect(report).toMatchObject({ changed: contrib, unresolved: [] });
      const left = [...calls.model.graph.nodes].filter(
        (node) => node.domain === 'com.microsoft' || node.opType === opType,
      );
      expect(left).toHaveLength(contrib ? 0 : 1);
      return calls.outputs();
    };
    const before = await run(false);
    const after = await run(true);
    before.forEach((tensor, i) => {
      expectClose(after[i], tensor.shape, Array.from(tensor.data as Float32Array));
    });
  });

  it('names those without a lowering, and changes nothing', async () => {
    const calls = await Calls.start();
    const known = calls.call('Gelu', [{ live: noise([2, 3]) }], { domain: 'com.microsoft' });
    const other = calls.call('Inverse', [{ live: noise([3, 3]) }], { domain: 'com.microsoft' });
    const report = await calls.lower([known, other], { contrib: true });
    expect(report).toMatchObject({ changed: false, edits: [] });
    expect(report.unresolved.map(({ message }) => message)).toEqual(['com.microsoft::Inverse: it has no lowering']);
    expect(operators(calls.model)).toEqual({ Gelu: 1, Inverse: 1 });
    expect(calls.model.graph.initializers).toEqual([]);
  });

  it('lowers what can be lowered on request', async () => {
    const calls = await Calls.start();
    const known = calls.call('Gelu', [{ live: noise([2, 3]) }], { domain: 'com.microsoft' });
    const other = calls.call('Inverse', [{ live: noise([3, 3]) }], { domain: 'com.microsoft' });
    const report = await calls.lower([known, other], { contrib: true, partial: true });
    expect(report).toMatchObject({ changed: true, unresolved: [{ code: 'custom-operator' }] });
    expect(operators(calls.model)).toMatchObject({ Erf: 1, Inverse: 1 });
  });
});
