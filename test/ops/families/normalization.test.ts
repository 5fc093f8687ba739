import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DataType } from '../../../src/tensor/dtype.js';
import { tensorOf } from '../../support/numeric-arbitraries.js';
import { expectSameNumbers } from '../../support/same-numbers.js';
import { dense, evaluated, evaluateOp, facts, float, inferOp } from '../harness.js';

const { FLOAT, FLOAT16, BOOL } = DataType;
const RUNS = { numRuns: 15 };
const RANGE = { min: -4, max: 4 };
const NEAR = { ulps: 64, atol: 1e-4 };

describe('as onnxruntime', () => {
  test.each([-1, 1, 2, 0])('LayerNormalization from axis %i', async (axis) => {
    const from = axis < 0 ? axis + 3 : axis;
    const shape = [2, 3, 4].slice(from);
    const inputs = fc.tuple(
      tensorOf(FLOAT, [2, 3, 4], RANGE),
      tensorOf(FLOAT, shape, RANGE),
      tensorOf(FLOAT, shape, RANGE),
    );
    await fc.assert(
      fc.asyncProperty(inputs, fc.boolean(), ([x, scale, bias], hasBias) => {
        const given = hasBias ? [x, scale, bias] : [x, scale];
        // A variance near 0 magnifies every difference: epsilon keeps it away.
        const attributes = { axis, epsilon: 0.5 };
        return expectSameNumbers({
          opType: 'LayerNormalization',
          inputs: given,
          attributes,
          floats: ['epsilon'],
          ...NEAR,
          outputs: 3,
        });
      }),
      RUNS,
    );
  });

  test('RMSNormalization', async () => {
    const inputs = fc.tuple(tensorOf(FLOAT, [2, 3, 4], RANGE), tensorOf(FLOAT, [4], RANGE));
    const attributes = { epsilon: 0.5 };
    await fc.assert(
      fc.asyncProperty(inputs, (given) =>
        expectSameNumbers({
          opType: 'RMSNormalization',
          inputs: given,
          attributes,
          floats: ['epsilon'],
          opset: 23,
          ...NEAR,
        }),
      ),
      RUNS,
    );
  });

  test('GroupNormalization', async () => {
    const channels = tensorOf(FLOAT, [4], RANGE);
    const inputs = fc.tuple(tensorOf(FLOAT, [2, 4, 3], RANGE), channels, channels);
    await fc.assert(
      fc.asyncProperty(inputs, fc.constantFrom(1, 2, 4), (given, num_groups) =>
        expectSameNumbers({
          opType: 'GroupNormalization',
          inputs: given,
          attributes: { num_groups, epsilon: 0.5 },
          floats: ['epsilon'],
          ...NEAR,
        }),
      ),
      RUNS,
    );
  });

  test('LpNormalization', async () => {
    const cases = fc.tuple(
      tensorOf(FLOAT, [3, 4], { min: 0.5, max: 4 }),
      fc.constantFrom(1, 2),
      fc.constantFrom(-1, 0),
    );
    await fc.assert(
      fc.asyncProperty(cases, ([x, p, axis]) =>
        expectSameNumbers({ opType: 'LpNormalization', inputs: [x], attributes: { p, axis }, ulps: 8 }),
      ),
      RUNS,
    );
  });

  test('MeanVarianceNormalization', async () => {
    await fc.assert(
      fc.asyncProperty(tensorOf(FLOAT, [2, 3, 2, 2], { min: 1, max: 4 }), async (x) => {
        fc.pre(new Set(x.data as Float32Array).size > 8);
        await expectSameNumbers({ opType: 'MeanVarianceNormalization', inputs: [x], ulps: 64, atol: 1e-3 });
      }),
      RUNS,
    );
  });

  test('Dropout at inference', async () => {
    await expectSameNumbers({ opType: 'Dropout', inputs: [float([1, 2, 3])], outputs: 2 });
  });
});

describe('evaluation', () => {
  test('a constant row is standardized to 0', () => {
    expect(evaluated('LayerNormalization', [float([7, 7]), float([3, 3]), float([1, 2])])).toEqual([1, 2]);
  });

  test('before opset 21 the parameters of GroupNormalization belong to groups', () => {
    const x = float([1, 3, 1, 3], [1, 4, 1]);
    const options = { attributes: { num_groups: 2, epsilon: 0 } };
    expect(evaluated('GroupNormalization', [x, float([1, 10]), float([0, 5])], { ...options, opset: 18 })).toEqual([
      -1, 1, -5, 15,
    ]);
    expect(
      evaluated('GroupNormalization', [x, float([1, 1, 10, 10]), float([0, 0, 5, 5])], { ...options, opset: 21 }),
    ).toEqual([-1, 1, -5, 15]);
  });

  test('a norm of 0 leaves zeros', () => {
    expect(evaluated('LpNormalization', [float([0, 0])])).toEqual([0, 0]);
  });

  test('groups that do not divide the channels, and parameters that do not fit, are refused', () => {
    const options = { attributes: { num_groups: 3 } };
    expect(() => evaluateOp('GroupNormalization', [float([1, 2], [1, 2]), float([1]), float([1])], options)).toThrow(
      'has no 3 groups',
    );
    expect(() => evaluateOp('LayerNormalization', [float([1, 2]), float([1, 2, 3, 4], [2, 2])])).toThrow('parameters');
  });

  test('Dropout: training is refused, the type of the mask depends on the version', () => {
    const x = float([1, 2]);
    const training = dense(BOOL, Uint8Array.of(1), []);
    expect(() => evaluateOp('Dropout', [x, float([0.5], []), training])).toThrow('random');
    expect(evaluated('Dropout', [x, float([0], []), training])).toEqual([1, 2]);
    expect(evaluateOp('Dropout', [x], { outputs: 2 })[1]?.dtype).toBe(BOOL);
    expect(evaluateOp('Dropout', [x], { outputs: 2, opset: 7 })[1]?.dtype).toBe(FLOAT);
    expect(() => evaluateOp('Dropout', [x], { opset: 6 })).toThrow('random');
    expect(evaluated('Dropout', [x], { opset: 6, attributes: { is_test: 1 } })).toEqual([1, 2]);
  });
});

describe('inference', () => {
  test('statistics keep the rank', () => {
    const inputs = [facts(FLOAT16, ['B', 'T', 512]), facts(FLOAT16, [512])];
    const { outputs } = inferOp('LayerNormalization', inputs, { outputs: 3 });
    const shapes = outputs.map((facts) => facts?.kind === 'tensor' && [facts.dtype, String(facts.shape)]);
    expect(shapes).toEqual([
      [FLOAT16, 'B,T,512'],
      [FLOAT, 'B,T,1'],
      [FLOAT, 'B,T,1'],
    ]);
  });

  test('frozen parameters are conflicts', () => {
    const frozen = inferOp('LayerNormalization', [facts(FLOAT, ['B', 'T']), facts(FLOAT, [1000])]);
    expect(frozen).toMatchObject({ shape: '[B, T]', conflicts: ['T|1000|parameters of LayerNormalization'] });
    const channels = [facts(FLOAT, ['B', 'C', 'T']), facts(FLOAT, [32]), facts(FLOAT, [32])];
    const options = { attributes: { num_groups: 4 } };
    expect(inferOp('GroupNormalization', channels, { ...options, opset: 21 }).conflicts).toHaveLength(2);
    expect(inferOp('GroupNormalization', channels, { ...options, opset: 18 }).conflicts).toEqual([]);
  });

  test('Dropout', () => {
    const { outputs } = inferOp('Dropout', [facts(FLOAT, ['T'])], { outputs: 2 });
    expect(outputs[1]).toMatchObject({ dtype: BOOL });
    expect(outputs[0]).toMatchObject({ dtype: FLOAT });
  });
});
