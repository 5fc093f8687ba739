import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DataType } from '../../../src/tensor/dtype.js';
import { broadcastable, tensorOf } from '../../support/numeric-arbitraries.js';
import { expectSameNumbers } from '../../support/same-numbers.js';
import { dense, evaluated, evaluateOp, facts, float, inferOp, int32, int64 } from '../harness.js';

const { FLOAT, DOUBLE, INT32, INT64, BOOL, STRING } = DataType;
const COMPARISONS = ['Equal', 'Less', 'LessOrEqual', 'Greater', 'GreaterOrEqual'];

describe('as onnxruntime', () => {
  const table = COMPARISONS.flatMap((opType) => [FLOAT, DOUBLE, INT32, INT64].map((dtype) => [opType, dtype] as const));
  test.each(table)('%s of type %i', async (opType, dtype) => {
    const inputs = broadcastable(2).chain(([a = [], b = []]) =>
      fc.tuple(tensorOf(dtype, a, { special: true }), tensorOf(dtype, b, { special: true })),
    );
    await fc.assert(
      fc.asyncProperty(inputs, (given) => expectSameNumbers({ opType, inputs: given })),
      { numRuns: 20 },
    );
  });

  test('IsNaN and IsInf', async () => {
    const flag = fc.constantFrom(0, 1);
    await fc.assert(
      fc.asyncProperty(tensorOf(FLOAT, [12], { special: true }), flag, flag, async (x, positive, negative) => {
        await expectSameNumbers({ opType: 'IsNaN', inputs: [x] });
        const attributes = { detect_positive: positive, detect_negative: negative };
        await expectSameNumbers({ opType: 'IsInf', inputs: [x], attributes });
      }),
      { numRuns: 20 },
    );
  });
});

describe('evaluation', () => {
  test('strings can be equal, and nothing else', () => {
    const a = dense(STRING, ['x', 'y']);
    expect(evaluated('Equal', [a, dense(STRING, ['x'])])).toEqual([1, 0]);
    expect(() => evaluateOp('Less', [a, a])).toThrow('Less is not defined for string');
  });

  test('types must agree', () => {
    expect(() => evaluateOp('Equal', [float([1]), int32([1])])).toThrow('Equal of float and int32');
  });
});

describe('inference decides what is provable', () => {
  const compare = (opType: string, a: string | number, b: string | number) =>
    inferOp(opType, [facts(INT64, [], [a as never]), facts(INT64, [], [b as never])]).content;

  test.each([
    ['Equal', 'T', 'T', '[1]'],
    ['Equal', 'T', 'T + 1', '[0]'],
    ['Equal', 'T', 0, '[0]'],
    ['Equal', 'T', -1, '[0]'],
    ['Equal', 'T', 'B', undefined],
    ['Equal', 3, 3, '[1]'],
    ['Less', 'T', 'T + 1', '[1]'],
    ['Less', 'T', 'T', '[0]'],
    ['Less', 'T', 1, '[0]'],
    ['Less', 'T', 5, undefined],
    ['LessOrEqual', 1, 'T', '[1]'],
    ['LessOrEqual', 'T', 'T - 1', '[0]'],
    ['Greater', 'T', 0, '[1]'],
    ['Greater', 'T', 'B', undefined],
    ['GreaterOrEqual', 'T', 1, '[1]'],
    ['GreaterOrEqual', 'B*T', 'T', '[1]'],
  ] as const)('%s of %s and %s is %s', (opType, a, b, expected) => {
    expect(compare(opType, a, b)).toBe(expected);
  });

  test('the result is bool, of the broadcast shape', () => {
    const result = inferOp('Less', [facts(FLOAT, ['T', 1]), facts(FLOAT, ['S'])]);
    expect(result.shape).toBe('[T, S]');
    expect(result.tensor?.dtype).toBe(BOOL);
  });

  test('floats that are known', () => {
    expect(inferOp('Less', [float([0.5, 1.5]), float([1])]).content).toBe('[1, 0]');
    expect(inferOp('Equal', [float([Number.NaN]), float([Number.NaN])]).content).toBe('[0]');
    expect(inferOp('IsNaN', [float([Number.NaN, 1, 0.5])]).content).toBe('[1, 0, 0]');
    expect(inferOp('IsInf', [facts(FLOAT, [2], ['T', Number.NEGATIVE_INFINITY])]).content).toBe('[0, 1]');
  });

  test('one open element leaves the others decided', () => {
    const result = inferOp('Equal', [facts(INT64, [3], ['T', 'B', -1]), int64([-1])]);
    expect(result.content).toBe('[0, 0, 1]');
    const open = inferOp('Equal', [facts(INT64, [2], ['T', undefined]), int64([-1])]);
    expect(open.content).toBe('[0, ?]');
  });
});
