import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DataType } from '../../../src/tensor/dtype.js';
import { tensorOf } from '../../support/numeric-arbitraries.js';
import { expectSameNumbers } from '../../support/same-numbers.js';
import { evaluated, evaluateOp, facts, float, inferOp } from '../harness.js';

const { FLOAT, INT32, INT64 } = DataType;

describe('as onnxruntime', () => {
  test.each([
    ['Relu', {}],
    ['Sigmoid', {}],
    ['Softplus', {}],
    ['Softsign', {}],
    ['Mish', {}],
    ['HardSwish', {}],
    ['LeakyRelu', {}],
    ['LeakyRelu', { alpha: 0.3 }],
    ['Elu', {}],
    ['Elu', { alpha: 2.5 }],
    ['Celu', {}],
    ['Celu', { alpha: 0.7 }],
    ['Selu', {}],
    ['Gelu', {}],
    ['Gelu', { approximate: 'tanh' }],
    ['HardSigmoid', {}],
    ['HardSigmoid', { alpha: 0.3, beta: 0.4 }],
    ['ThresholdedRelu', {}],
    ['ThresholdedRelu', { alpha: 0.25 }],
    ['Shrink', { bias: 0.5, lambd: 1.5 }],
  ] as const)('%s %o', async (opType, attributes) => {
    await fc.assert(
      fc.asyncProperty(tensorOf(FLOAT, [5, 5], { min: -20, max: 20 }), (x) =>
        expectSameNumbers({
          opType,
          inputs: [x],
          attributes,
          floats: ['alpha', 'beta', 'bias', 'lambd'],
          ulps: 8,
          atol: 2e-6,
        }),
      ),
      { numRuns: 15 },
    );
  });

  test.each([[[1]], [[4]], [[3, 1]], [[2, 3, 4]]])('PRelu with a slope of shape %o', async (shape) => {
    const inputs = fc.tuple(tensorOf(FLOAT, [2, 3, 4]), tensorOf(FLOAT, shape));
    await fc.assert(
      fc.asyncProperty(inputs, (given) => expectSameNumbers({ opType: 'PRelu', inputs: given })),
      { numRuns: 10 },
    );
  });
});

describe('evaluation', () => {
  test('Relu of integers', () => {
    expect(evaluated('Relu', [{ dtype: INT32, shape: [3], data: Int32Array.of(-5, 0, 5) }])).toEqual([0, 0, 5]);
  });

  test('Selu has older constants before opset 6', () => {
    const [older] = evaluated('Selu', [float([1])], { opset: 1 });
    const [newer] = evaluated('Selu', [float([1])], { opset: 22 });
    expect(older).toBe(Math.fround(1.0507));
    expect(newer).toBe(Math.fround(1.0507009873554805));
  });

  test('a slope that is larger than the input is refused', () => {
    expect(() => evaluateOp('PRelu', [float([1, 2]), float([1, 2, 3, 4], [2, 2])])).toThrow('slope');
  });

  test('before opset 7 PRelu may have one slope a channel', () => {
    const x = float([-1, -2, -3, -4], [1, 2, 2]);
    expect(evaluated('PRelu', [x, float([2, 10])], { opset: 6 })).toEqual([-2, -4, -30, -40]);
  });

  test('SwiGLU gates its second input', () => {
    const [first = 0, second] = evaluated('SwiGLU', [float([2, 0]), float([3, 5])]);
    expect(first).toBeCloseTo((2 * 3) / (1 + Math.exp(-2)), 6);
    expect(second).toBe(0);
  });
});

describe('inference', () => {
  test('Relu of a size is the size', () => {
    expect(inferOp('Relu', [facts(INT64, [2], ['T', 'T - 9'])]).content).toMatch(/^\[T, max\(/);
  });

  test('gate and value of SwiGLU have one shape', () => {
    const result = inferOp('SwiGLU', [facts(FLOAT, ['B', 'T']), facts(FLOAT, ['B', 100])]);
    expect(result.shape).toBe('[B, T]');
    expect(result.conflicts).toEqual(['T|100|gate and value of SwiGLU']);
  });
});
