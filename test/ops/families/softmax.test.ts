import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DataType } from '../../../src/tensor/dtype.js';
import { axisOf, shapes } from '../../support/arbitraries.js';
import { tensorOf } from '../../support/numeric-arbitraries.js';
import { expectSameNumbers } from '../../support/same-numbers.js';
import { evaluated, evaluateOp, facts, float, inferOp } from '../harness.js';

const { FLOAT, DOUBLE, FLOAT16 } = DataType;
const OPS = ['Softmax', 'LogSoftmax', 'Hardmax'];

describe('as onnxruntime', () => {
  const table = OPS.flatMap((opType) => [11, 13].map((opset) => [opType, opset] as const));
  test.each(table)('%s of opset %i', async (opType, opset) => {
    const cases = shapes({ minRank: 1 }).chain((shape) =>
      fc.record({ x: tensorOf(FLOAT, shape, { min: -20, max: 20 }), axis: axisOf(shape.length) }),
    );
    await fc.assert(
      fc.asyncProperty(cases, ({ x, axis }) =>
        expectSameNumbers({ opType, inputs: [x], attributes: { axis }, opset, ulps: 16, atol: 1e-6 }),
      ),
      { numRuns: 20 },
    );
  });

  test.each([DOUBLE])('Softmax of type %i', async (dtype) => {
    await fc.assert(
      fc.asyncProperty(tensorOf(dtype, [3, 4], { min: -5, max: 5 }), (x) =>
        expectSameNumbers({ opType: 'Softmax', inputs: [x], ulps: 16 }),
      ),
      { numRuns: 10 },
    );
  });
});

describe('evaluation', () => {
  test('the default axis is 1 before opset 13, and the axes after it belong to it', () => {
    const x = float([0, 0, 0, 0], [1, 2, 2]);
    expect(evaluated('Softmax', [x], { opset: 11 })).toEqual([0.25, 0.25, 0.25, 0.25]);
    expect(evaluated('Softmax', [x], { opset: 13 })).toEqual([0.5, 0.5, 0.5, 0.5]);
  });

  test('large inputs do not overflow', () => {
    expect(evaluated('Softmax', [float([1000, 1000])])).toEqual([0.5, 0.5]);
    expect(evaluated('LogSoftmax', [float([1000, 1000])])).toEqual([-Math.fround(Math.LN2), -Math.fround(Math.LN2)]);
  });

  test('a row of minus infinities has no softmax', () => {
    const none = Number.NEGATIVE_INFINITY;
    expect(evaluated('Softmax', [float([none, none])])).toEqual([Number.NaN, Number.NaN]);
    expect(evaluated('Softmax', [float([none, 0])])).toEqual([0, 1]);
  });

  test('Hardmax takes the first of equals', () => {
    expect(evaluated('Hardmax', [float([1, 3, 3])])).toEqual([0, 1, 0]);
  });

  test('an axis that does not exist is refused', () => {
    expect(() => evaluateOp('Softmax', [float([1])], { attributes: { axis: 2 } })).toThrow('axis 2');
  });
});

test('the shape and the type stay', () => {
  for (const opType of OPS) {
    expect(inferOp(opType, [facts(FLOAT16, ['B', 'T'])])).toMatchObject({
      shape: '[B, T]',
      tensor: { dtype: FLOAT16 },
    });
  }
});
