import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { DenseTensor } from '../../../src/tensor/dense.js';
import { DataType } from '../../../src/tensor/dtype.js';
import { tensorOf } from '../../support/numeric-arbitraries.js';
import { expectSameNumbers } from '../../support/same-numbers.js';
import { dense, evaluated, evaluateOp, facts, float, inferOp } from '../harness.js';

const { FLOAT, FLOAT16, INT8, UINT8, INT16, UINT16, INT32, INT4, FLOAT8E4M3FN } = DataType;
const RUNS = { numRuns: 20 };

/** Scales that are no powers of two, so that quotients are rounded. */
const scales = (shape: readonly number[]) => tensorOf(FLOAT, shape, { min: 0.01, max: 2 });

describe('as onnxruntime', () => {
  test.each([UINT8, INT8, UINT16, INT16])('QuantizeLinear to type %i', async (dtype) => {
    const inputs = fc.tuple(
      tensorOf(FLOAT, [4, 6], { min: -500, max: 500 }),
      positive(scales([])),
      tensorOf(dtype, []),
    );
    await fc.assert(
      fc.asyncProperty(inputs, (given) => expectSameNumbers({ opType: 'QuantizeLinear', inputs: given })),
      RUNS,
    );
  });

  test.each([0, 1, -1])('QuantizeLinear along axis %i', async (axis) => {
    const size = [2, 3, 4].at(axis) as number;
    const inputs = fc.tuple(
      tensorOf(FLOAT, [2, 3, 4], { min: -9, max: 9 }),
      positive(scales([size])),
      tensorOf(INT8, [size]),
    );
    await fc.assert(
      fc.asyncProperty(inputs, (given) =>
        expectSameNumbers({ opType: 'QuantizeLinear', inputs: given, attributes: { axis } }),
      ),
      RUNS,
    );
  });

  test.each([UINT8, INT8, UINT16, INT16])('DequantizeLinear of type %i', async (dtype) => {
    const inputs = fc.tuple(tensorOf(dtype, [4, 6]), scales([]), tensorOf(dtype, []));
    await fc.assert(
      fc.asyncProperty(inputs, (given) => expectSameNumbers({ opType: 'DequantizeLinear', inputs: given })),
      RUNS,
    );
  });

  test('DequantizeLinear of 32-bit integers', async () => {
    await fc.assert(
      fc.asyncProperty(fc.tuple(tensorOf(INT32, [9]), scales([])), (given) =>
        expectSameNumbers({ opType: 'DequantizeLinear', inputs: given }),
      ),
      RUNS,
    );
  });

  test('DequantizeLinear in blocks', async () => {
    const inputs = fc.tuple(tensorOf(INT8, [2, 5, 3]), scales([2, 3, 3]), tensorOf(INT8, [2, 3, 3]));
    const attributes = { axis: 1, block_size: 2 };
    await fc.assert(
      fc.asyncProperty(inputs, (given) => expectSameNumbers({ opType: 'DequantizeLinear', inputs: given, attributes })),
      RUNS,
    );
  });

  test('QuantizeLinear in blocks', async () => {
    const inputs = fc.tuple(
      tensorOf(FLOAT, [2, 5], { min: -9, max: 9 }),
      positive(scales([2, 3])),
      tensorOf(UINT8, [2, 3]),
    );
    const attributes = { axis: 1, block_size: 2 };
    await fc.assert(
      fc.asyncProperty(inputs, (given) => expectSameNumbers({ opType: 'QuantizeLinear', inputs: given, attributes })),
      RUNS,
    );
  });

  test('DynamicQuantizeLinear', async () => {
    await fc.assert(
      fc.asyncProperty(tensorOf(FLOAT, [3, 5], { min: -50, max: 50 }), (x) =>
        expectSameNumbers({ opType: 'DynamicQuantizeLinear', inputs: [x], outputs: 3 }),
      ),
      { numRuns: 40 },
    );
  });

  test.each([UINT8, INT8])('QLinearMatMul of type %i', async (dtype) => {
    const scale = positive(scales([]));
    const point = tensorOf(dtype, []);
    const inputs = fc.tuple(tensorOf(dtype, [2, 3]), scale, point, tensorOf(dtype, [3, 4]), scale, point, scale, point);
    await fc.assert(
      fc.asyncProperty(inputs, (given) => expectSameNumbers({ opType: 'QLinearMatMul', inputs: given })),
      RUNS,
    );
  });
});

function positive(tensor: fc.Arbitrary<DenseTensor>): fc.Arbitrary<DenseTensor> {
  return tensor.filter(({ data }) => [...(data as Float32Array)].every((x) => x > 0));
}

describe('evaluation', () => {
  test('halves go to the even integer, and the ends of the range hold', () => {
    const x = float([0.5, 1.5, 2.5, 300, -300]);
    expect(evaluated('QuantizeLinear', [x, float([1], []), dense(INT8, Int8Array.of(0), [])])).toEqual([
      0, 2, 2, 127, -128,
    ]);
  });

  test('the type comes from the zero point, the attribute, or is uint8', () => {
    const x = float([3.4]);
    const scale = float([1], []);
    expect(evaluateOp('QuantizeLinear', [x, scale])[0]?.dtype).toBe(UINT8);
    expect(evaluateOp('QuantizeLinear', [x, scale], { attributes: { output_dtype: INT4 } })[0]?.dtype).toBe(INT4);
    expect(inferOp('QuantizeLinear', [x, scale]).tensor?.dtype).toBe(UINT8);
    expect(inferOp('QuantizeLinear', [x, scale], { attributes: { output_dtype: INT4 } }).tensor?.dtype).toBe(INT4);
    expect(inferOp('QuantizeLinear', [x, scale, facts(INT8, [])]).tensor?.dtype).toBe(INT8);
  });

  test('to 4 bits and to 8-bit floats', () => {
    const x = float([100, -100, 3]);
    const scale = float([2], []);
    expect(evaluated('QuantizeLinear', [x, scale, dense(INT4, Int8Array.of(1), [])])).toEqual([7, -8, 3]);
    const zero = dense(FLOAT8E4M3FN, Float32Array.of(0), []);
    expect(evaluated('QuantizeLinear', [float([2000, 3.1]), scale, zero])).toEqual([448, 1.5]);
  });

  test('the result of DequantizeLinear has the type of the scale', () => {
    const x = dense(UINT8, Uint8Array.of(3), []);
    const scale = dense(FLOAT16, Float32Array.of(0.5), []);
    expect(evaluateOp('DequantizeLinear', [x, scale])[0]).toMatchObject({ dtype: FLOAT16, data: Float32Array.of(1.5) });
    expect(inferOp('DequantizeLinear', [x, scale]).tensor?.dtype).toBe(FLOAT16);
  });

  test('scales that do not fit are refused', () => {
    const x = float([1, 2, 3, 4], [2, 2]);
    expect(() => evaluateOp('QuantizeLinear', [x, float([1, 2, 3])])).toThrow('3 scales for 2 slices');
    const attributes = { block_size: 2 };
    expect(() => evaluateOp('QuantizeLinear', [x, float([1, 2, 3])], { attributes })).toThrow('for blocks of');
  });
});

describe('inference', () => {
  test('as many scales as slices', () => {
    const x = facts(FLOAT, ['B', 'T', 4]);
    const frozen = inferOp('QuantizeLinear', [x, facts(FLOAT, [100])]);
    expect(frozen).toMatchObject({ shape: '[B, T, 4]', conflicts: ['T|100|scales of QuantizeLinear'] });
    const channels = inferOp('DequantizeLinear', [facts(INT8, ['B', 8]), facts(FLOAT, [8])]);
    expect(channels).toMatchObject({ shape: '[B, 8]', conflicts: [] });
    const blocks = { attributes: { axis: 1, block_size: 2 } };
    expect(inferOp('DequantizeLinear', [facts(INT8, ['B', 8]), facts(FLOAT, [4])], blocks).conflicts).toEqual([]);
  });

  test('shapes stay; products are products', () => {
    const x = facts(FLOAT, ['B', 'T', 4]);
    expect(inferOp('QuantizeLinear', [x, facts(FLOAT, [])]).shape).toBe('[B, T, 4]');
    const { outputs } = inferOp('DynamicQuantizeLinear', [x], { outputs: 3 });
    const shapes = outputs.map((facts) => facts?.kind === 'tensor' && [facts.dtype, String(facts.shape)]);
    expect(shapes).toEqual([
      [UINT8, 'B,T,4'],
      [FLOAT, ''],
      [UINT8, ''],
    ]);
    const one = facts(FLOAT, []);
    const point = facts(INT8, []);
    const product = [facts(INT8, ['B', 'T', 4]), one, point, facts(INT8, [4, 8]), one, point, one, point];
    expect(inferOp('QLinearMatMul', product)).toMatchObject({ shape: '[B, T, 8]', tensor: { dtype: INT8 } });
  });
});
