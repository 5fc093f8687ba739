import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Dim } from '../../../src/symbolic/dim.js';
import { DataType } from '../../../src/tensor/dtype.js';
import { broadcastable, type FloatRange, tensorOf } from '../../support/numeric-arbitraries.js';
import { expectSameNumbers } from '../../support/same-numbers.js';
import { dense, evaluated, evaluateOp, facts, float, inferOp, int32, int64 } from '../harness.js';

const RUNS = { numRuns: 25 };
const { FLOAT, DOUBLE, FLOAT16, INT32, INT64, UINT8, INT8, UINT32, UINT64, INT16, UINT16 } = DataType;

/** Two tensors of one type that broadcast against each other. */
function operands(dtype: number, range: FloatRange = { special: true }) {
  return broadcastable(2).chain(([a = [], b = []]) => fc.tuple(tensorOf(dtype, a, range), tensorOf(dtype, b, range)));
}

describe('two operands, as onnxruntime', () => {
  const types = [FLOAT, DOUBLE, INT32, INT64];
  const table = ['Add', 'Sub', 'Mul'].flatMap((opType) => types.map((dtype) => [opType, dtype] as const));

  test.each(table)('%s of type %i', async (opType, dtype) => {
    await fc.assert(
      fc.asyncProperty(operands(dtype), (inputs) => expectSameNumbers({ opType, inputs })),
      RUNS,
    );
  });

  test.each([FLOAT, DOUBLE])('Div of floats of type %i', async (dtype) => {
    await fc.assert(
      fc.asyncProperty(operands(dtype), (inputs) => expectSameNumbers({ opType: 'Div', inputs })),
      RUNS,
    );
  });

  test.each([INT32, INT64])('Div of integers of type %i truncates', async (dtype) => {
    const inputs = operands(dtype).filter(([, b]) => ![...b.data].some(isZeroOrMinusOne));
    await fc.assert(
      fc.asyncProperty(inputs, (given) => expectSameNumbers({ opType: 'Div', inputs: given })),
      RUNS,
    );
  });

  const modulo = [INT8, INT16, INT32, INT64, UINT8, UINT16, UINT32, UINT64];
  test.each(modulo)('Mod of integers of type %i', async (dtype) => {
    const inputs = operands(dtype).filter(([, b]) => ![...b.data].some(isZeroOrMinusOne));
    await fc.assert(
      fc.asyncProperty(inputs, fc.constantFrom(0, 1), (given, fmod) =>
        expectSameNumbers({ opType: 'Mod', inputs: given, attributes: { fmod } }),
      ),
      RUNS,
    );
  });

  test.each([FLOAT, DOUBLE, FLOAT16])('Mod of floats of type %i', async (dtype) => {
    await fc.assert(
      fc.asyncProperty(operands(dtype, { min: -1000, max: 1000 }), (inputs) =>
        expectSameNumbers({ opType: 'Mod', inputs, attributes: { fmod: 1 } }),
      ),
      RUNS,
    );
  });

  const powers = [FLOAT, DOUBLE, INT32, INT64].flatMap((base) => [FLOAT, INT32, INT64].map((e) => [base, e] as const));
  test.each(powers)('Pow of type %i by type %i', async (base, exponent) => {
    const inputs = broadcastable(2).chain(([a = [], b = []]) =>
      fc.tuple(small(base, a, -9, 9), small(exponent, b, 0, 6)),
    );
    await fc.assert(
      fc.asyncProperty(inputs, (given) => expectSameNumbers({ opType: 'Pow', inputs: given, ulps: 1 })),
      RUNS,
    );
  });
});

/** Whole numbers of a small range, in any type. */
function small(dtype: number, shape: readonly number[], min: number, max: number) {
  const count = shape.reduce((a, b) => a * b, 1);
  const numbers = fc.array(fc.integer({ min, max }), { minLength: count, maxLength: count });
  return numbers.map((values) => {
    if (dtype === INT64) return int64(values, shape);
    if (dtype === INT32) return int32(values, shape);
    return dtype === DOUBLE ? dense(dtype, Float64Array.from(values), shape) : float(values, shape);
  });
}

function isZeroOrMinusOne(x: unknown): boolean {
  return x === 0 || x === 0n || x === -1 || x === -1n;
}

describe('any number of operands, as onnxruntime', () => {
  const table = ['Min', 'Max'].flatMap((opType) =>
    [FLOAT, DOUBLE, INT32, INT64, UINT64].map((t) => [opType, t] as const),
  );
  test.each(table)('%s of type %i', async (opType, dtype) => {
    const inputs = broadcastable(3).chain((shapes) =>
      fc.tuple(...shapes.map((shape) => tensorOf(dtype, shape, { special: true }))),
    );
    await fc.assert(
      fc.asyncProperty(inputs, (given) => expectSameNumbers({ opType, inputs: given, atol: Number.MIN_VALUE })),
      RUNS,
    );
  });

  test.each(['Sum', 'Mean'])('%s', async (opType) => {
    const inputs = broadcastable(3).chain((shapes) => fc.tuple(...shapes.map((shape) => tensorOf(FLOAT, shape))));
    await fc.assert(
      fc.asyncProperty(inputs, (given) => expectSameNumbers({ opType, inputs: given, ulps: 1 })),
      RUNS,
    );
  });

  test.each([FLOAT, DOUBLE, INT32, INT64, UINT8])('Clip of type %i', async (dtype) => {
    const inputs = fc.tuple(tensorOf(dtype, [3, 4]), tensorOf(dtype, []), tensorOf(dtype, []));
    await fc.assert(
      fc.asyncProperty(inputs, fc.boolean(), fc.boolean(), ([x, low, high], hasLow, hasHigh) =>
        expectSameNumbers({ opType: 'Clip', inputs: [x, hasLow ? low : undefined, hasHigh ? high : undefined] }),
      ),
      RUNS,
    );
  });
});

describe('evaluation', () => {
  test('float32 results are rounded after each operator', () => {
    expect(evaluated('Add', [float([0.1]), float([0.2])])).toEqual([Math.fround(Math.fround(0.1) + Math.fround(0.2))]);
  });

  test('products of 32-bit integers wrap exactly', () => {
    expect(evaluated('Mul', [int32([0x7fffffff]), int32([0x7ffffffd])])).toEqual([Math.imul(0x7fffffff, 0x7ffffffd)]);
  });

  test('integer division by zero is refused', () => {
    expect(() => evaluateOp('Div', [int64([1]), int64([0])])).toThrow('integer division by zero');
  });

  test('shapes that do not broadcast, and mixed types, are refused', () => {
    expect(() => evaluateOp('Add', [float([1, 2]), float([1, 2, 3])])).toThrow('do not broadcast');
    expect(() => evaluateOp('Add', [float([1]), int32([1])])).toThrow('Add of float and int32');
  });

  test('before opset 7 the second operand is aligned at an axis', () => {
    const x = float([1, 2, 3, 4, 5, 6], [1, 2, 3]);
    const options = { opset: 6, attributes: { broadcast: 1, axis: 1 } };
    expect(evaluated('Add', [x, float([10, 20])], options)).toEqual([11, 12, 13, 24, 25, 26]);
    expect(inferOp('Add', [facts(FLOAT, ['B', 2, 3]), facts(FLOAT, [2])], options).shape).toBe('[B, 2, 3]');
  });

  test('before opset 11 the bounds of Clip are attributes', () => {
    expect(evaluated('Clip', [float([-2, 0, 2])], { opset: 6, attributes: { min: -1, max: 1 } })).toEqual([-1, 0, 1]);
  });
});

describe('contents as expressions', () => {
  const T = facts(INT64, [1], ['T']);
  const scalar = (text: string | number) => facts(INT64, [], [text as never]);

  test.each([
    ['Add', 'T', 3, '[T + 3]'],
    ['Sub', '2*T', 1, '[2*T - 1]'],
    ['Mul', 'T', 'B', '[B*T]'],
    ['Div', '8*T', 8, '[T]'],
    ['Div', 'T - 1', 2, '[(T - 1)//2]'],
    ['Div', 'T', 'B', '[T//B]'],
    ['Mod', 'T', 8, '[T % 8]'],
    ['Mod', '8*T', 8, '[0]'],
    ['Pow', 'T', 2, '[T**2]'],
    ['Min', 'T', 'T + 1', '[T]'],
    ['Max', 'T - 1', 0, '[T - 1]'],
  ] as const)('%s of %s and %s is %s', (opType, a, b, expected) => {
    const result = inferOp(opType, [facts(INT64, [1], [a as never]), scalar(b)]);
    expect(result.content).toBe(inferOp('Identity', [facts(INT64, [1], [expected.slice(1, -1)])]).content);
  });

  test('integer division of an open sign truncates: it is no floor', () => {
    const quotient = inferOp('Div', [facts(INT64, [], ['T - 5']), scalar(2)]).tensor?.content?.[0];
    const value = (t: number) => (quotient as { evaluate(e: object): number }).evaluate({ T: t });
    expect([1, 2, 3, 4, 5, 6, 7].map(value)).toEqual([-2, -1, -1, 0, 0, 0, 1]);
  });

  test('float quotients stay exact until they are rounded', () => {
    const half = inferOp('Div', [facts(FLOAT, [], ['T']), facts(FLOAT, [], [2])]);
    expect(half.content).toBe('[(T)/2]');
    expect(inferOp('Floor', [half.tensor]).content).toBe('[T//2]');
    expect(inferOp('Ceil', [half.tensor]).content).toBe('[(T + 1)//2]');
  });

  test('numbers of float32 are rounded as float32', () => {
    const third = inferOp('Div', [facts(FLOAT, [], [1]), facts(FLOAT, [], [3])]).tensor?.content?.[0];
    expect(third).toBe(Math.fround(1 / 3));
  });

  test('integers wrap in their type', () => {
    expect(inferOp('Add', [facts(INT32, [], [2147483647]), facts(INT32, [], [1])]).content).toBe('[-2147483648]');
  });

  test('Clip with a bound that is not known stays unknown', () => {
    expect(inferOp('Clip', [T, facts(INT64, [], [1])]).content).toBe('[T]');
    expect(inferOp('Clip', [T, facts(INT64, [])]).content).toBeUndefined();
  });

  test('the cell that a number comes from survives arithmetic', () => {
    const cell = facts(INT64, [], [Dim.cell('#1', 1000)]);
    const result = inferOp('Sub', [inferOp('Mul', [cell, int64([2], [])]).tensor, int64([1], [])]);
    expect(result.content).toBe('[1999]');
    const size = result.tensor?.content?.[0] as Dim | undefined;
    expect(size?.origin?.equals(Dim.symbol('#1').mul(2).sub(1))).toBe(true);
  });
});

describe('shapes', () => {
  test('a frozen size meets a symbol', () => {
    const result = inferOp('Add', [facts(FLOAT, ['B', 'T', 64]), facts(FLOAT, [1, 1000, 64])]);
    expect(result.shape).toBe('[B, T, 64]');
    expect(result.conflicts).toEqual(['T|1000|broadcasting of Add']);
  });
});
