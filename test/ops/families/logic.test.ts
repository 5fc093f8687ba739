import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DataType } from '../../../src/tensor/dtype.js';
import { broadcastable, tensorOf } from '../../support/numeric-arbitraries.js';
import { expectSameNumbers } from '../../support/same-numbers.js';
import { bool, dense, evaluated, facts, inferOp } from '../harness.js';

const { INT8, INT16, INT32, INT64, UINT8, UINT16, UINT32, UINT64, BOOL } = DataType;
const RUNS = { numRuns: 15 };

describe('as onnxruntime', () => {
  test.each(['And', 'Or', 'Xor'])('%s', async (opType) => {
    const inputs = broadcastable(2).chain(([a = [], b = []]) => fc.tuple(tensorOf(BOOL, a), tensorOf(BOOL, b)));
    await fc.assert(
      fc.asyncProperty(inputs, (given) => expectSameNumbers({ opType, inputs: given })),
      RUNS,
    );
  });

  test('Not', async () => {
    await fc.assert(
      fc.asyncProperty(tensorOf(BOOL, [9]), (x) => expectSameNumbers({ opType: 'Not', inputs: [x] })),
      RUNS,
    );
  });

  const integers = [INT8, INT16, INT32, INT64, UINT8, UINT16, UINT32, UINT64];
  const bitwise = ['BitwiseAnd', 'BitwiseOr', 'BitwiseXor'].flatMap((op) =>
    integers.map((dtype) => [op, dtype] as const),
  );
  test.each(bitwise)('%s of type %i', async (opType, dtype) => {
    await fc.assert(
      fc.asyncProperty(tensorOf(dtype, [6]), tensorOf(dtype, [2, 1]), (a, b) =>
        expectSameNumbers({ opType, inputs: [a, b] }),
      ),
      RUNS,
    );
  });

  test.each(integers)('BitwiseNot of type %i', async (dtype) => {
    await fc.assert(
      fc.asyncProperty(tensorOf(dtype, [6]), (x) => expectSameNumbers({ opType: 'BitwiseNot', inputs: [x] })),
      RUNS,
    );
  });

  test.each([UINT8, UINT32, UINT64])('BitShift of type %i', async (dtype) => {
    const bits = dtype === UINT8 ? 8 : dtype === UINT32 ? 32 : 64;
    const amounts = fc.array(fc.integer({ min: 0, max: bits - 1 }), { minLength: 6, maxLength: 6 });
    await fc.assert(
      fc.asyncProperty(tensorOf(dtype, [6]), amounts, fc.constantFrom('LEFT', 'RIGHT'), (x, by, direction) => {
        const data =
          dtype === UINT8
            ? Uint8Array.from(by)
            : dtype === UINT32
              ? Uint32Array.from(by)
              : BigUint64Array.from(by, (n) => BigInt(n));
        return expectSameNumbers({ opType: 'BitShift', inputs: [x, dense(dtype, data)], attributes: { direction } });
      }),
      RUNS,
    );
  });
});

describe('evaluation', () => {
  test('a signed right shift keeps the sign, however far', () => {
    const x = dense(INT32, Int32Array.of(-8, 8, -8));
    const by = dense(INT32, Int32Array.of(1, 1, 40));
    expect(evaluated('BitShift', [x, by], { attributes: { direction: 'RIGHT' } })).toEqual([-4, 4, -1]);
  });
});

describe('inference', () => {
  const one = (content: string | number | undefined) => facts(BOOL, [], [content as never]);

  test.each([
    ['And', 0, undefined, '[0]'],
    ['And', 1, undefined, undefined],
    ['And', 1, 1, '[1]'],
    ['Or', undefined, 1, '[1]'],
    ['Or', 0, 0, '[0]'],
    ['Or', 0, undefined, undefined],
    ['Xor', 1, 1, '[0]'],
    ['Xor', 1, 0, '[1]'],
  ] as const)('%s of %s and %s is %s', (opType, a, b, expected) => {
    expect(inferOp(opType, [one(a), one(b)]).content).toBe(expected);
  });

  test('Not of a truth that is an expression', () => {
    expect(inferOp('Not', [facts(BOOL, [2], [1, 'min(n, 1)'])]).content).toBe(
      inferOp('Identity', [facts(BOOL, [2], [0, '1 - min(n, 1)'])]).content,
    );
  });

  test('bits of sizes', () => {
    const shift = (x: string, by: number, direction: string) =>
      inferOp('BitShift', [facts(UINT64, [], [x]), facts(UINT64, [], [by])], { attributes: { direction } }).content;
    expect(shift('T', 3, 'LEFT')).toBe('[8*T]');
    expect(shift('T', 1, 'RIGHT')).toBe('[T//2]');
    expect(inferOp('BitwiseAnd', [facts(INT64, [], ['T']), facts(INT64, [], [7])]).content).toBe('[T % 8]');
    expect(inferOp('BitwiseAnd', [facts(INT64, [], ['T']), facts(INT64, [], [6])]).content).toBeUndefined();
    expect(inferOp('BitwiseNot', [facts(INT64, [], ['T'])]).content).toBe('[-T - 1]');
    expect(inferOp('BitwiseOr', [facts(INT64, [], [5]), facts(INT64, [], [2])]).content).toBe('[7]');
  });

  test('logic broadcasts', () => {
    expect(inferOp('And', [facts(BOOL, ['B', 1, 'T']), bool([1, 0], [2, 1])]).shape).toBe('[B, 2, T]');
  });
});
