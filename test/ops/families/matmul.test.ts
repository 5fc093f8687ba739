import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DataType } from '../../../src/tensor/dtype.js';
import { tensorOf } from '../../support/numeric-arbitraries.js';
import { expectSameNumbers } from '../../support/same-numbers.js';
import { dense, evaluated, evaluateOp, facts, float, inferOp, int32, int64 } from '../harness.js';

const { FLOAT, DOUBLE, INT32, INT64, UINT8, INT8 } = DataType;
const RUNS = { numRuns: 25 };

/** Shapes that numpy's matmul takes. */
const factors = fc
  .record({
    m: fc.integer({ min: 1, max: 4 }),
    k: fc.integer({ min: 1, max: 4 }),
    n: fc.integer({ min: 1, max: 4 }),
    batch: fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 2 }),
    kind: fc.constantFrom(
      'matrices',
      'batch left',
      'batch right',
      'batch both',
      'vector left',
      'vector right',
      'vectors',
    ),
  })
  .map(({ m, k, n, batch, kind }) => {
    const left = kind === 'batch left' || kind === 'batch both' || kind === 'vector right' ? batch : [];
    const right =
      kind === 'batch right' || kind === 'vector left' ? batch : kind === 'batch both' ? batch.map(() => 1) : [];
    const a = kind === 'vector left' || kind === 'vectors' ? [k] : [...left, m, k];
    const b = kind === 'vector right' || kind === 'vectors' ? [k] : [...right, k, n];
    return [a, b] as const;
  });

describe('MatMul, as onnxruntime', () => {
  test.each([FLOAT, DOUBLE])('of type %i', async (dtype) => {
    const inputs = factors.chain(([a, b]) =>
      fc.tuple(tensorOf(dtype, a, { min: 0.5, max: 9 }), tensorOf(dtype, b, { min: 0.5, max: 9 })),
    );
    await fc.assert(
      fc.asyncProperty(inputs, (given) => expectSameNumbers({ opType: 'MatMul', inputs: given, ulps: 8 })),
      RUNS,
    );
  });

  test.each([INT32, INT64])('of type %i', async (dtype) => {
    const inputs = factors.chain(([a, b]) => fc.tuple(tensorOf(dtype, a), tensorOf(dtype, b)));
    await fc.assert(
      fc.asyncProperty(inputs, (given) => expectSameNumbers({ opType: 'MatMul', inputs: given })),
      RUNS,
    );
  });
});

describe('MatMulInteger, as onnxruntime', () => {
  test.each([
    [UINT8, UINT8],
    [UINT8, INT8],
    [INT8, INT8],
  ])('of types %i and %i', async (typeA, typeB) => {
    const inputs = fc.tuple(
      tensorOf(typeA, [3, 4]),
      tensorOf(typeB, [4, 2]),
      tensorOf(typeA, []),
      fc.oneof(tensorOf(typeB, []), tensorOf(typeB, [2])),
    );
    await fc.assert(
      fc.asyncProperty(inputs, fc.nat(2), (given, absent) =>
        expectSameNumbers({ opType: 'MatMulInteger', inputs: given.slice(0, 4 - absent) }),
      ),
      RUNS,
    );
  });
});

describe('Gemm, as onnxruntime', () => {
  test('with all its attributes', async () => {
    const cases = fc
      .record({
        transA: fc.constantFrom(0, 1),
        transB: fc.constantFrom(0, 1),
        alpha: fc.constantFrom(1, 0.5, 2),
        beta: fc.constantFrom(0, 1, 0.25),
        c: fc.constantFrom<readonly number[] | undefined>(undefined, [], [1], [4], [3, 1], [1, 4], [3, 4]),
      })
      .chain(({ c, ...attributes }) => {
        const positive = { min: 0.5, max: 9 };
        return fc.record({
          a: tensorOf(FLOAT, attributes.transA ? [2, 3] : [3, 2], positive),
          b: tensorOf(FLOAT, attributes.transB ? [4, 2] : [2, 4], positive),
          c: c === undefined ? fc.constant(undefined) : tensorOf(FLOAT, c, positive),
          attributes: fc.constant(attributes),
        });
      });
    await fc.assert(
      fc.asyncProperty(cases, ({ a, b, c, attributes }) => {
        const inputs = c === undefined ? [a, b] : [a, b, c];
        return expectSameNumbers({ opType: 'Gemm', inputs, attributes, floats: ['alpha', 'beta'], ulps: 8 });
      }),
      RUNS,
    );
  });
});

describe('Det, as onnxruntime', () => {
  test('of stacks of matrices', async () => {
    const x = fc.integer({ min: 1, max: 4 }).chain((n) => tensorOf(FLOAT, [2, n, n], { min: -9, max: 9 }));
    await fc.assert(
      fc.asyncProperty(x, (given) => expectSameNumbers({ opType: 'Det', inputs: [given], ulps: 64, atol: 1e-2 })),
      RUNS,
    );
  });
});

describe('evaluation', () => {
  test('known products', () => {
    expect(evaluated('MatMul', [float([1, 2, 3, 4], [2, 2]), float([5, 6, 7, 8], [2, 2])])).toEqual([19, 22, 43, 50]);
    expect(evaluated('Det', [float([0, 2, 1, 0, 0, 0, 0, 0, 3], [3, 3])])).toEqual([0]);
    expect(evaluated('Det', [float([0, 2, 3, 0], [2, 2])])).toEqual([-6]);
    expect(evaluated('Det', [float([], [0, 0])])).toEqual([1]);
  });

  test('an empty sum is 0', () => {
    const [result] = evaluateOp('MatMul', [float([], [2, 0]), float([], [0, 2])]);
    expect(result).toMatchObject({ shape: [2, 2], data: Float32Array.of(0, 0, 0, 0) });
  });

  test('zero points of rows and columns', () => {
    const a = dense(UINT8, Uint8Array.of(10, 20, 30, 40), [2, 2]);
    const one = dense(UINT8, Uint8Array.of(1, 0, 0, 1), [2, 2]);
    const rows = dense(UINT8, Uint8Array.of(10, 30));
    expect(evaluated('MatMulInteger', [a, one, rows])).toEqual([0, 10, 0, 10]);
    const columns = dense(UINT8, Uint8Array.of(0, 1));
    expect(evaluated('MatMulInteger', [a, one, undefined, columns])).toEqual([10, -10, 30, -30]);
  });

  test('what does not fit is refused', () => {
    expect(() => evaluateOp('MatMul', [float([1, 2]), float([1, 2, 3])])).toThrow('matrices [2] and [3] do not fit');
    expect(() => evaluateOp('MatMul', [float([1], []), float([1])])).toThrow('a scalar is no matrix');
    expect(() => evaluateOp('MatMul', [float([1]), int64([1])])).toThrow('MatMul of float and int64');
    expect(() => evaluateOp('Det', [float([1, 2], [1, 2])])).toThrow('square');
    expect(() => evaluateOp('Gemm', [int32([1], [1, 1]), int32([1], [1, 1])])).toThrow('integers');
  });
});

describe('inference', () => {
  const shapeOf = (a: readonly (string | number)[], b: readonly (string | number)[]) =>
    inferOp('MatMul', [facts(FLOAT, a), facts(FLOAT, b)]);

  test.each([
    [['B', 'T', 512], [512, 64], '[B, T, 64]'],
    [['B', 8, 'T', 64], ['B', 8, 64, 'T'], '[B, 8, T, T]'],
    [['T'], ['T', 4], '[4]'],
    [['B', 'T'], ['T'], '[B]'],
    [['T'], ['T'], '[]'],
    [[1, 'T', 4], ['B', 4, 5], '[B, T, 5]'],
  ])('%j by %j is %s', (a, b, expected) => {
    expect(shapeOf(a, b)).toMatchObject({ shape: expected, conflicts: [] });
  });

  test('a frozen inner size is a conflict', () => {
    expect(shapeOf(['B', 'T'], [1000, 4]).conflicts).toEqual(['T|1000|inner dimension of MatMul']);
    expect(shapeOf([3, 'T', 4], [2, 4, 4]).conflicts).toEqual(['3|2|batch of MatMul']);
  });

  test('a scalar or an unknown rank leaves the shape open', () => {
    expect(shapeOf([], [3]).shape).toBeUndefined();
    expect(inferOp('MatMul', [facts(FLOAT, undefined), facts(FLOAT, [3])]).shape).toBeUndefined();
  });

  test('Gemm', () => {
    const attributes = { transB: 1 };
    const inputs = [facts(FLOAT, ['B', 512]), facts(FLOAT, [64, 512]), facts(FLOAT, [64])];
    expect(inferOp('Gemm', inputs, { attributes })).toMatchObject({ shape: '[B, 64]', conflicts: [] });
    const frozen = inferOp('Gemm', [facts(FLOAT, ['T', 4]), facts(FLOAT, [4, 8]), facts(FLOAT, [100, 8])]);
    expect(frozen).toMatchObject({ shape: '[T, 8]', conflicts: ['T|100|addend of Gemm'] });
    const inner = inferOp('Gemm', [facts(FLOAT, ['T', 'S']), facts(FLOAT, ['T', 8])], { attributes: { transA: 1 } });
    expect(inner).toMatchObject({ shape: '[S, 8]', conflicts: [] });
  });

  test('the matrices of Det are square', () => {
    expect(inferOp('Det', [facts(FLOAT, ['B', 3, 3])]).shape).toBe('[B]');
    expect(inferOp('Det', [facts(FLOAT, ['B', 3, 4])]).conflicts).toHaveLength(1);
  });

  test('MatMulInteger gives 32-bit integers', () => {
    const result = inferOp('MatMulInteger', [facts(UINT8, ['B', 3]), facts(INT8, [3, 5])]);
    expect(result.shape).toBe('[B, 5]');
    expect(result.tensor?.dtype).toBe(INT32);
  });
});
