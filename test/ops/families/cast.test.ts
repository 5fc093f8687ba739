import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DataType, dataTypeName, isFloat } from '../../../src/tensor/dtype.js';
import { tensorOf } from '../../support/numeric-arbitraries.js';
import { expectSameNumbers } from '../../support/same-numbers.js';
import { bool, dense, evaluated, evaluateOp, facts, float, inferOp, int64 } from '../harness.js';

const { FLOAT, DOUBLE, FLOAT16, BFLOAT16, INT8, INT16, INT32, INT64, UINT8, UINT16, UINT32, UINT64, BOOL, STRING } =
  DataType;
const { FLOAT8E4M3FN, FLOAT8E4M3FNUZ, FLOAT8E5M2, FLOAT8E5M2FNUZ, FLOAT4E2M1, FLOAT8E8M0, INT4, UINT4 } = DataType;
const COMMON = [FLOAT, DOUBLE, FLOAT16, INT8, INT16, INT32, INT64, UINT8, UINT16, UINT32, UINT64, BOOL];

/** Floats that every integer type can hold, so that the result is defined. */
const IN_RANGE = { min: 0, max: 127 };

describe('Cast, as onnxruntime', () => {
  const pairs = COMMON.flatMap((from) => COMMON.map((to) => [dataTypeName(from), dataTypeName(to), from, to] as const));
  test.each(pairs)('%s to %s', async (_from, _to, from, to) => {
    const range = isFloat(from) && !isFloat(to) ? IN_RANGE : { min: -70000, max: 70000, special: isFloat(to) };
    await fc.assert(
      fc.asyncProperty(tensorOf(from, [16], range), (x) =>
        expectSameNumbers({ opType: 'Cast', inputs: [x], attributes: { to } }),
      ),
      { numRuns: 5 },
    );
  });

  test.each([
    [DOUBLE, INT32],
    [DOUBLE, INT64],
    [FLOAT, INT32],
    [FLOAT, INT64],
  ])('of negative floats of type %i to %i truncates', async (from, to) => {
    await fc.assert(
      fc.asyncProperty(tensorOf(from, [16], { min: -1e9, max: 1e9 }), (x) =>
        expectSameNumbers({ opType: 'Cast', inputs: [x], attributes: { to } }),
      ),
      { numRuns: 10 },
    );
  });
});

describe('rounding', () => {
  test('of 64-bit integers to float32 happens once', () => {
    // 2^24 + 1 + a little, past what a double holds next to 2^60
    const x = dense(INT64, BigInt64Array.of((1n << 60n) + (1n << 36n) + 1n, -((1n << 60n) + (1n << 36n) + 1n)));
    expect(evaluated('Cast', [x], { attributes: { to: FLOAT } })).toEqual([2 ** 60 + 2 ** 37, -(2 ** 60 + 2 ** 37)]);
  });

  test('to bfloat16 is to nearest, halves to even', () => {
    const x = float([1 + 2 ** -8, 1 + 3 * 2 ** -8, 1 + 2 ** -8 + 2 ** -20, -0, Number.NaN]);
    const result = evaluated('Cast', [x], { attributes: { to: BFLOAT16 } });
    expect(result).toEqual([1, 1 + 2 ** -6, 1 + 2 ** -7, -0, Number.NaN]);
  });

  test.each([
    [FLOAT8E4M3FN, [448, 1000, -1000, Infinity, 17, 2 ** -10], [448, 448, -448, 448, 16, 0]],
    [FLOAT8E4M3FNUZ, [240, 1000, -1000, Infinity, 17, -(2 ** -12)], [240, 240, -240, 240, 16, 0]],
    [FLOAT8E5M2, [57344, 1e6, -1e6, Infinity, 9, 2 ** -16], [57344, 57344, -57344, 57344, 8, 2 ** -16]],
    [FLOAT8E5M2FNUZ, [57344, 1e6, -1e6, Infinity, 9, 2 ** -17], [57344, 57344, -57344, 57344, 8, 2 ** -17]],
    [FLOAT4E2M1, [6, 100, -100, 2.5, 3.5, 0.25], [6, 6, -6, 2, 4, 0]],
  ] as const)('to type %i saturates', (to, x, expected) => {
    expect(evaluated('Cast', [float([...x])], { attributes: { to } })).toEqual([...expected]);
  });

  test.each([
    [FLOAT8E4M3FN, [1000, Infinity], [Number.NaN, Number.NaN]],
    [FLOAT8E5M2, [1e6, -Infinity], [Infinity, -Infinity]],
    [FLOAT8E5M2FNUZ, [1e6, Infinity], [Number.NaN, Number.NaN]],
  ] as const)('to type %i without saturation', (to, x, expected) => {
    expect(evaluated('Cast', [float([...x])], { attributes: { to, saturate: 0 } })).toEqual([...expected]);
  });

  test('to float8e8m0 gives powers of two, rounded as asked', () => {
    const cast = (round_mode: string) =>
      evaluated('Cast', [float([1, 1.25, 1.5, 3])], { attributes: { to: FLOAT8E8M0, round_mode } });
    expect(cast('up')).toEqual([1, 2, 2, 4]);
    expect(cast('down')).toEqual([1, 1, 1, 2]);
    expect(cast('nearest')).toEqual([1, 1, 2, 4]);
  });

  test('to 4 bits wraps', () => {
    const x = dense(INT32, Int32Array.of(7, 8, -9, 15, 16));
    expect(evaluated('Cast', [x], { attributes: { to: INT4 } })).toEqual([7, -8, 7, -1, 0]);
    expect(evaluated('Cast', [x], { attributes: { to: UINT4 } })).toEqual([7, 8, 7, 15, 0]);
  });
});

describe('text', () => {
  test('is read as C reads it', () => {
    const x = dense(STRING, ['1.5', ' -2e3', 'INF', '-inf', 'NaN', '0x10']);
    expect(evaluated('Cast', [x], { attributes: { to: FLOAT } })).toEqual([1.5, -2000, Infinity, -Infinity, NaN, 16]);
    expect(evaluated('Cast', [dense(STRING, ['42', '-7'])], { attributes: { to: INT64 } })).toEqual([42, -7]);
    expect(() => evaluateOp('Cast', [dense(STRING, ['x'])], { attributes: { to: FLOAT } })).toThrow('is not a number');
    expect(() => evaluateOp('Cast', [dense(STRING, ['x'])], { attributes: { to: INT32 } })).toThrow('not an integer');
  });

  test('is written with the digits that onnxruntime writes', () => {
    const text = (x: ReturnType<typeof float>) => evaluateOp('Cast', [x], { attributes: { to: STRING } })[0]?.data;
    expect(text(float([0.1, 1, -2.5, 1e10, 1e-7, Infinity, NaN, 123456.789]))).toEqual([
      '0.1',
      '1',
      '-2.5',
      '1e+10',
      '1e-07',
      'INF',
      'NaN',
      '123456.79',
    ]);
    expect(text(int64([3, -4]))).toEqual(['3', '-4']);
    expect(text(bool([1, 0]))).toEqual(['1', '0']);
  });

  test('as onnxruntime', async () => {
    const x = float([0.1, 1, -2.5, 1e10, 1e-7, 123456.789, 3.4028235e38, 0]);
    await expectSameNumbers({ opType: 'Cast', inputs: [x], attributes: { to: STRING } });
    await expectSameNumbers({ opType: 'Cast', inputs: [bool([1, 0])], attributes: { to: STRING } });
    await expectSameNumbers({
      opType: 'Cast',
      inputs: [dense(DOUBLE, Float64Array.of(0.1, 1 / 3, 1e300))],
      attributes: { to: STRING },
    });
    const text = dense(STRING, ['1.5', '-2e3', '7']);
    await expectSameNumbers({ opType: 'Cast', inputs: [text], attributes: { to: FLOAT } });
    await expectSameNumbers({ opType: 'Cast', inputs: [dense(STRING, ['12', '-3'])], attributes: { to: INT32 } });
  });
});

describe('versions and relatives', () => {
  test('before opset 6 the type is named', () => {
    expect(evaluated('Cast', [float([1.7])], { opset: 5, attributes: { to: 'INT64' } })).toEqual([1]);
    expect(inferOp('Cast', [float([1.7])], { opset: 5, attributes: { to: 'INT64' } }).tensor?.dtype).toBe(INT64);
  });

  test('CastLike takes the type of its second input', () => {
    expect(evaluateOp('CastLike', [float([1.7]), int64([])])[0]?.dtype).toBe(INT64);
    expect(inferOp('CastLike', [facts(FLOAT, ['T']), facts(INT32, [])])).toMatchObject({ shape: '[T]' });
  });

  test('BitCast keeps the bits', () => {
    expect(evaluated('BitCast', [float([1])], { attributes: { to: INT32 } })).toEqual([0x3f800000]);
    const half = dense(FLOAT16, Float32Array.of(1));
    expect(evaluated('BitCast', [half], { attributes: { to: UINT16 } })).toEqual([0x3c00]);
    expect(() => evaluateOp('BitCast', [float([1])], { attributes: { to: INT64 } })).toThrow('cannot be read as int64');
  });
});

describe('inference', () => {
  const cast = (from: number, to: number, x: string | number) =>
    inferOp('Cast', [facts(from, [], [x as never])], { attributes: { to } }).content;

  test.each([
    [INT64, FLOAT, 'T', '[T]'],
    [INT64, INT32, 'T', '[T]'],
    [FLOAT, INT64, 'T', '[T]'],
    [INT64, BOOL, 'T', '[1]'],
    [INT64, BOOL, 0, '[0]'],
    [INT64, INT8, 300, '[44]'],
    [FLOAT, INT64, 2.75, '[2]'],
    [FLOAT, INT64, -2.75, '[-2]'],
    [FLOAT, FLOAT16, 0.1, `[0.0999755859375]`],
    [INT64, FLOAT16, 2049, '[2048]'],
    [FLOAT, BOOL, 0.5, '[1]'],
  ] as const)('from type %i to %i, %s is %s', (from, to, x, expected) => {
    expect(cast(from, to, x)).toBe(expected);
  });

  test('the floor of a float quotient comes back as an integer', () => {
    const float = inferOp('Cast', [facts(INT64, [], ['T'])], { attributes: { to: FLOAT } });
    const half = inferOp('Div', [float.tensor, facts(FLOAT, [], [2])]);
    const floor = inferOp('Floor', [half.tensor]);
    expect(inferOp('Cast', [floor.tensor], { attributes: { to: INT64 } }).content).toBe('[T//2]');
    // Cast alone truncates, which is the same for what is not negative.
    expect(inferOp('Cast', [half.tensor], { attributes: { to: INT64 } }).content).toBe('[T//2]');
  });
});
