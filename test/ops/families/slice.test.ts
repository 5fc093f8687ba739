import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { sliceRange, sliceSize } from '../../../src/ops/lib/slice-range.js';
import { Dim } from '../../../src/symbolic/dim.js';
import { DataType } from '../../../src/tensor/dtype.js';
import { expectAgreement } from '../../support/agreement.js';
import { permutation, shapes, tensors } from '../../support/arbitraries.js';
import { evaluateOp, facts, float, inferOp, int64 } from '../harness.js';

const INT64_MAX = 2 ** 63;
const position = fc.oneof(fc.integer({ min: -7, max: 7 }), fc.constantFrom(2 ** 31 - 1, -(2 ** 31)));
const step = fc.constantFrom(1, 1, 2, 3, -1, -2);

describe('Slice', () => {
  test('as onnxruntime', async () => {
    const cases = tensors(shapes({ minRank: 1, maxSize: 5 })).chain((x) =>
      fc.record({
        x: fc.constant(x),
        axes: permutation(x.shape.length).chain((order) =>
          fc.integer({ min: 1, max: order.length }).map((n) => order.slice(0, n)),
        ),
        starts: fc.array(position, { minLength: 4, maxLength: 4 }),
        ends: fc.array(position, { minLength: 4, maxLength: 4 }),
        steps: fc.array(step, { minLength: 4, maxLength: 4 }),
      }),
    );
    await fc.assert(
      fc.asyncProperty(cases, async ({ x, axes, starts, ends, steps }) => {
        const inputs = [starts, ends, axes, steps].map((values) => int64(values.slice(0, axes.length)));
        await expectAgreement({ opType: 'Slice', inputs: [x, ...inputs] });
      }),
      { numRuns: 150 },
    );
  });

  test('with attributes, as onnxruntime', async () => {
    const attributes = { starts: [1, -3], ends: [INT64_MAX / 2 ** 10, -1], axes: [2, 0] };
    const [x] = fc.sample(tensors(fc.constant([4, 2, 5]), [DataType.FLOAT]), 1);
    await expectAgreement({ opType: 'Slice', inputs: [x], attributes, opset: 9 });
  });

  const of = (size: number | string, start: number | string, end: number | string, by = 1) => {
    const scalar = (text: number | string) =>
      facts(DataType.INT64, [1], [typeof text === 'number' ? Dim.of(text) : text]);
    return inferOp('Slice', [facts(1, ['B', size]), scalar(start), scalar(end), int64([1]), int64([by])]).shape;
  };

  test.each([
    { size: 'T', start: 0, end: INT64_MAX, shape: '[B, T]' },
    { size: 'T', start: 0, end: 'T', shape: '[B, T]' },
    { size: 'T', start: 0, end: -1, shape: '[B, T - 1]' },
    { size: 'T', start: 1, end: INT64_MAX, shape: '[B, T - 1]' },
    { size: 'T', start: -1, end: INT64_MAX, shape: '[B, 1]' },
    { size: 'T', start: -1, end: -INT64_MAX, by: -1, shape: '[B, T]' },
    { size: 'T', start: 0, end: INT64_MAX, by: 2, shape: '[B, (T + 1)//2]' },
    { size: 'T', start: 'T - 1', end: 'T', shape: '[B, 1]' },
    { size: '2*T', start: 'T', end: INT64_MAX, shape: '[B, T]' },
    { size: '2*T - 1', start: 0, end: 'T', shape: '[B, T]' },
    { size: '2*T', start: 0, end: 1024, shape: '[B, 2*min(T, 512)]' },
    { size: 1000, start: 0, end: 'T', shape: '[B, min(T, 1000)]' },
    { size: 'T', start: 0, end: -3, shape: '[B, max(T - 3, 0)]' },
    // The centre of a table of relative positions: rows H - T + 1 to H + T of 2*H - 1.
    { size: 199, start: '99 - T + 1', end: '99 + T', shape: '[B, 2*T - 1]' },
    { size: 'T', start: 'S - 5', end: 'S', shape: '[B, 5]' },
    { size: '8*((T + 7)//8)', start: 0, end: '-((8 - T%8)%8)', shape: '[B, T]' },
  ])('$start:$end of $size', ({ size, start, end, by, shape }) => {
    expect(of(size, start, end, by)).toBe(shape);
  });

  test('limits that depend on data give a data dependent size', () => {
    const result = inferOp('Slice', [facts(1, ['B', 'T']), int64([0]), facts(DataType.INT64, [1]), int64([1])]);
    expect(result.shape).toMatch(/^\[B, \?slice_\d+]$/);
    expect(result.reasons).toEqual(['the limits of Slice depend on the data']);
  });

  test('axes that are not known leave the rank', () => {
    const unknown = facts(DataType.INT64, [1]);
    expect(inferOp('Slice', [facts(1, ['B', 'T']), unknown, unknown, unknown]).shape).toBe('[?, ?]');
  });

  test('cuts contents', () => {
    const shape = facts(DataType.INT64, [4], ['B', 'T', 'H', 64]);
    expect(inferOp('Slice', [shape, int64([1]), int64([3])]).content).toBe('[T, H]');
    expect(inferOp('Slice', [shape, int64([-1]), int64([-(2 ** 31)]), int64([0]), int64([-2])]).content).toBe(
      '[64, T]',
    );
  });

  test('refuses a step of 0', () => {
    const inputs = [float([1]), int64([0]), int64([1]), int64([0]), int64([0])];
    expect(() => evaluateOp('Slice', inputs)).toThrow('step');
  });
});

test('a symbolic slice is as long as the concrete one, wherever its limits are', () => {
  const term = fc.record({ of: fc.integer({ min: -1, max: 2 }), plus: fc.integer({ min: -4, max: 4 }) });
  fc.assert(
    fc.property(term, term, term, step, fc.integer({ min: 1, max: 12 }), (a, b, c, by, T) => {
      const dim = (t: typeof a) => Dim.symbol('T').mul(t.of).add(t.plus);
      const value = (t: typeof a) => t.of * T + t.plus;
      fc.pre(value(a) >= 0);
      const [start, end] = [dim(b), dim(c)];
      // An end of open sign is taken to be inside.
      fc.pre([start, end].every((d) => d.isNonNegative() || d.isAtMost(-1)));
      const size = sliceSize(dim(a), start, end, by).evaluate({ T });
      expect(size).toBe(sliceRange(value(a), value(b), value(c), by).length);
    }),
    { numRuns: 2000 },
  );
});
