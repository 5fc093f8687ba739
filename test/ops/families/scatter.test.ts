import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { lookupOp } from '../../../src/ops/registry.js';
import { type DenseTensor, elementCount } from '../../../src/tensor/dense.js';
import { DataType } from '../../../src/tensor/dtype.js';
import { expectAgreement } from '../../support/agreement.js';
import { axisOf, numbered, shapes, tensors } from '../../support/arbitraries.js';
import { bool, dense, evaluateOp, facts, float, inferOp, int64, numbersOf, PlainAttributes } from '../harness.js';

const RUNS = { numRuns: 50 };
const NUMBERS = [DataType.FLOAT, DataType.INT64, DataType.INT32, DataType.DOUBLE];
const reduction = fc.constantFrom('none', 'add', 'mul', 'min', 'max');

/** Indices as onnxruntime wants them where nothing is reduced: no element twice. */
function unlessReduced(name: string, positions: readonly unknown[]): void {
  fc.pre(name !== 'none' || new Set(positions.map(String)).size === positions.length);
}

describe('ScatterElements', () => {
  const cases = fc
    .tuple(tensors(shapes({ minRank: 1, maxRank: 3 }), NUMBERS), reduction)
    .chain(([x, how]) => fc.tuple(fc.constant(x), fc.constant(how), axisOf(x.shape.length)))
    .chain(([x, how, axis]) => {
      const at = axis < 0 ? axis + x.shape.length : axis;
      const size = x.shape[at] as number;
      const shape = x.shape.with(at, Math.min(2, size));
      const count = elementCount(shape);
      return fc.record({
        x: fc.constant(x),
        how: fc.constant(how),
        axis: fc.constant(axis),
        shape: fc.constant(shape),
        values: fc.array(fc.integer({ min: -size, max: size - 1 }), { minLength: count, maxLength: count }),
      });
    });

  test('with any reduction, as onnxruntime', async () => {
    await fc.assert(
      fc.asyncProperty(cases, async ({ x, how, axis, shape, values }) => {
        const inputs = [x, int64(values, shape), numbered(x.dtype, shape, 3)];
        await expectAgreement({ opType: 'ScatterElements', inputs, attributes: { axis, reduction: how }, opset: 18 });
      }),
      RUNS,
    );
  });

  test('Scatter is its old name', async () => {
    const inputs = [float([1, 2, 3, 4, 5], [1, 5]), int64([1, 3], [1, 2]), float([7, 8], [1, 2])];
    await expectAgreement({ opType: 'Scatter', inputs, attributes: { axis: 1 }, opset: 10 });
  });

  test('NaN, as onnxruntime compares', async () => {
    const inputs = [float([Number.NaN, 1, 0]), int64([0, 1, 2]), float([1, Number.NaN, -0])];
    for (const how of ['min', 'max']) {
      const given = { opType: 'ScatterElements', inputs, attributes: { reduction: how }, opset: 18, symbolic: [] };
      await expectAgreement(given);
    }
  });

  test('bools', async () => {
    for (const how of ['none', 'add', 'mul']) {
      const inputs = [bool([0, 0, 1, 1]), int64([0, 1, 2, 3]), bool([0, 1, 0, 1])];
      await expectAgreement({ opType: 'ScatterElements', inputs, attributes: { reduction: how }, opset: 18 });
    }
  });
});

describe('ScatterND', () => {
  const cases = fc
    .tuple(tensors(shapes({ minRank: 1, maxRank: 3 }), NUMBERS), reduction, fc.integer({ min: 1, max: 3 }))
    .chain(([x, how, count]) =>
      fc.tuple(fc.constant([x, how, count] as const), fc.integer({ min: 1, max: x.shape.length })),
    )
    .chain(([[x, how, count], depth]) => {
      const vector = fc.tuple(...x.shape.slice(0, depth).map((n) => fc.integer({ min: -n, max: n - 1 })));
      const vectors = fc.array(vector, { minLength: count, maxLength: count });
      return fc.record({ x: fc.constant(x), how: fc.constant(how), depth: fc.constant(depth), vectors });
    });

  test('with any reduction, as onnxruntime', async () => {
    await fc.assert(
      fc.asyncProperty(cases, async ({ x, how, depth, vectors }) => {
        const positive = vectors.map((v) => v.map((i, axis) => (i < 0 ? i + (x.shape[axis] as number) : i)));
        unlessReduced(how, positive);
        const updates = numbered(x.dtype, [vectors.length, ...x.shape.slice(depth)], 3);
        const inputs = [x, int64(vectors.flat(), [vectors.length, depth]), updates];
        await expectAgreement({ opType: 'ScatterND', inputs, attributes: { reduction: how }, opset: 18 });
      }),
      RUNS,
    );
  });

  test('writes symbolic elements into a shape', () => {
    const shape = facts(DataType.INT64, [3], [1, 'T', 64] as never[]);
    const result = inferOp('ScatterND', [shape, int64([0], [1, 1]), facts(DataType.INT64, [1], ['B'])]);
    expect(result.content).toBe('[B, T, 64]');
  });

  test('updates that were frozen do not fit', () => {
    const inputs = [facts(1, ['B', 'T', 4]), int64([0], [1, 1]), facts(1, [1, 18, 4])];
    expect(inferOp('ScatterND', inputs).conflicts).toEqual(['T|18|updates of ScatterND']);
  });

  test('refuses updates of another size or type', () => {
    const indices = int64([0], [1, 1]);
    expect(() => evaluateOp('ScatterND', [float([1, 2]), indices, float([1, 2])])).toThrow('do not fit');
    expect(() => evaluateOp('ScatterND', [float([1, 2]), indices, int64([1])])).toThrow('do not fit');
    expect(() => evaluateOp('ScatterND', [float([1, 2]), int64([2], [1, 1]), float([1])])).toThrow('out of range');
  });

  test('a chain takes no copies where nobody else reads', () => {
    const evaluate = lookupOp('', 'ScatterND')?.evaluate;
    const size = 1000;
    let mask: DenseTensor = bool(new Array(size * size).fill(0), [size, size]);
    const first = mask.data;
    for (let row = 0; row < size; row++) {
      const inputs = [
        mask,
        int64([row], [1, 1]),
        dense(DataType.BOOL, new Uint8Array(size).fill(1, 0, row + 1), [1, size]),
      ];
      const site = { opType: 'ScatterND', domain: '', opset: 18, attributes: new PlainAttributes(), outputCount: 1 };
      mask = evaluate?.({ ...site, inputs, mayOverwrite: (i) => i === 0 })[0] as DenseTensor;
    }
    expect(mask.data).toBe(first);
    expect(numbersOf(mask).reduce((sum, x) => sum + x, 0)).toBe((size * (size + 1)) / 2);
  });

  test('its input is left alone otherwise', () => {
    const x = float([1, 2]);
    evaluateOp('ScatterND', [x, int64([0], [1, 1]), float([5])]);
    expect([...x.data]).toEqual([1, 2]);
  });
});

describe('TensorScatter', () => {
  test.each(['linear', 'circular'])('%s', (mode) => {
    const cache = float(new Array(8).fill(0), [2, 1, 4, 1]);
    const update = float([1, 2, 3, 4], [2, 1, 2, 1]);
    const [result] = evaluateOp('TensorScatter', [cache, update, int64([2, mode === 'linear' ? 0 : 3])], {
      attributes: { mode },
    });
    expect(numbersOf(result as DenseTensor)).toEqual(
      mode === 'linear' ? [0, 0, 1, 2, 3, 4, 0, 0] : [0, 0, 1, 2, 4, 0, 0, 3],
    );
  });
});
