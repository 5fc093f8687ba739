import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DataType } from '../../../src/tensor/dtype.js';
import { type FloatRange, tensorOf } from '../../support/numeric-arbitraries.js';
import { expectSameNumbers, type NumericCase } from '../../support/same-numbers.js';
import { evaluated, facts, float, inferOp } from '../harness.js';

const { FLOAT, DOUBLE, FLOAT16, INT8, INT32, INT64 } = DataType;

/** The operator on 24 arbitrary elements, several times. */
async function asOnnxruntime(
  opType: string,
  dtype: number,
  range: FloatRange,
  near: Pick<NumericCase, 'ulps' | 'atol' | 'attributes' | 'floats' | 'opset'> = {},
): Promise<void> {
  await fc.assert(
    fc.asyncProperty(tensorOf(dtype, [4, 6], range), (x) => expectSameNumbers({ opType, inputs: [x], ...near })),
    { numRuns: 20 },
  );
}

describe('exact functions, as onnxruntime', () => {
  const floats = ['Neg', 'Abs', 'Sign', 'Floor', 'Ceil', 'Round', 'Reciprocal', 'Sqrt'].map(
    (op) => [op, FLOAT] as const,
  );
  const others = [
    ['Neg', DOUBLE],
    ['Neg', INT32],
    ['Neg', INT64],
    ['Neg', INT8],
    ['Abs', DOUBLE],
    ['Abs', INT32],
    ['Abs', INT64],
    ['Abs', INT8],
    ['Sign', INT64],
    ['Sign', DOUBLE],
    ['Round', DOUBLE],
    ['Round', FLOAT16],
    ['Floor', FLOAT16],
    ['Sqrt', DOUBLE],
    ['Sqrt', FLOAT16],
  ] as const;

  test.each([...floats, ...others])('%s of type %i', (opType, dtype) =>
    asOnnxruntime(opType, dtype, { special: true }),
  );
});

describe('transcendental functions, within units in the last place of onnxruntime', () => {
  test.each([
    ['Exp', { min: -80, max: 80 }],
    ['Log', { min: 1e-30, max: 1e30 }],
    ['Sin', { min: -100, max: 100 }],
    ['Cos', { min: -100, max: 100 }],
    ['Tan', { min: -1.5, max: 1.5 }],
    ['Asin', { min: -1, max: 1 }],
    ['Acos', { min: -1, max: 1 }],
    ['Atan', { min: -100, max: 100 }],
    ['Sinh', { min: -80, max: 80 }],
    ['Cosh', { min: -80, max: 80 }],
    ['Tanh', { min: -10, max: 10 }],
    ['Asinh', { min: -1000, max: 1000 }],
    ['Acosh', { min: 1, max: 1000 }],
    ['Atanh', { min: -0.99, max: 0.99 }],
    ['Erf', { min: -4, max: 4 }],
  ] as const)('%s', (opType, range) => asOnnxruntime(opType, FLOAT, range, { ulps: 4, atol: 1e-7 }));

  test.each(['Exp', 'Log', 'Sin', 'Cos'])('%s of doubles', (opType) =>
    asOnnxruntime(opType, DOUBLE, { min: 0.01, max: 20 }, { ulps: 4, atol: 1e-15 }),
  );

  test.each(['Exp', 'Tanh', 'Erf'])('%s of float16', (opType) =>
    asOnnxruntime(opType, FLOAT16, { min: -4, max: 4 }, { ulps: 1, atol: 1e-7 }),
  );
});

describe('evaluation', () => {
  test('halves are rounded to the even integer', () => {
    expect(evaluated('Round', [float([0.5, 1.5, 2.5, -0.5, -1.5, 0.49999997])])).toEqual([0, 2, 2, -0, -2, 0]);
  });

  test('erf is exact to float32', () => {
    // DLMF 7.5 and tables: erf(0.5), erf(1), erf(2), erf(3)
    const expected = [0.5204998778130465, 0.8427007929497149, 0.9953222650189527, 0.9999779095030014];
    expect(evaluated('Erf', [float([0.5, 1, 2, 3])])).toEqual(expected.map(Math.fround));
    expect(evaluated('Erf', [float([Number.NaN, Number.POSITIVE_INFINITY, -10, 0])])).toEqual([Number.NaN, 1, -1, 0]);
  });
});

describe('contents as expressions', () => {
  test.each([
    ['Neg', 'T', '[-T]'],
    ['Abs', 'T', '[T]'],
    ['Abs', '-T', '[T]'],
    ['Sign', 'T', '[1]'],
    ['Floor', 'T', '[T]'],
  ])('%s of %s is %s', (opType, x, expected) => {
    expect(inferOp(opType, [facts(INT64, [1], [x])]).content).toBe(expected);
  });

  test('Abs of an open sign holds for both', () => {
    const result = inferOp('Abs', [facts(INT64, [], ['T - 5'])]).tensor?.content?.[0];
    expect([3, 5, 9].map((T) => (result as { evaluate(e: object): number }).evaluate({ T }))).toEqual([2, 0, 4]);
  });

  test('numbers are computed', () => {
    expect(inferOp('Sqrt', [facts(FLOAT, [], [64])]).content).toBe('[8]');
    expect(inferOp('Sqrt', [facts(FLOAT, [], ['T'])]).content).toBeUndefined();
    expect(inferOp('Reciprocal', [facts(FLOAT, [], [4])]).content).toBe('[0.25]');
  });

  test('the shape and the type stay', () => {
    const result = inferOp('Exp', [facts(FLOAT16, ['B', undefined, 3])]);
    expect(result.shape).toBe('[B, ?, 3]');
    expect(result.tensor?.dtype).toBe(FLOAT16);
  });
});
