import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { elementCount } from '../../../src/tensor/dense.js';
import { DataType } from '../../../src/tensor/dtype.js';
import { expectAgreement } from '../../support/agreement.js';
import { axisOf, shapes, tensors } from '../../support/arbitraries.js';
import { evaluateOp, facts, float, inferOp, int64 } from '../harness.js';

const RUNS = { numRuns: 50 };
/** No strings: onnxruntime loses all but the first string of a block. */
const TYPES = [DataType.FLOAT, DataType.INT64, DataType.BOOL, DataType.UINT8];

/** Indices into an axis, from either end. */
function indices(size: number, count: number): fc.Arbitrary<number[]> {
  return fc.array(fc.integer({ min: -size, max: size - 1 }), { minLength: count, maxLength: count });
}

describe('Gather', () => {
  test('as onnxruntime', async () => {
    const cases = fc
      .tuple(tensors(shapes({ minRank: 1 }), TYPES), shapes({ maxRank: 2 }))
      .chain(([x, shape]) => fc.tuple(fc.constant(x), fc.constant(shape), axisOf(x.shape.length)))
      .chain(([x, shape, axis]) => {
        const values = indices(x.shape.at(axis) as number, elementCount(shape));
        return fc.record({ x: fc.constant(x), shape: fc.constant(shape), axis: fc.constant(axis), values });
      });
    await fc.assert(
      fc.asyncProperty(cases, async ({ x, shape, axis, values }) => {
        const given = { opType: 'Gather', inputs: [x, int64(values, shape)], attributes: { axis } };
        await expectAgreement(given);
        await expectAgreement({ ...given, symbolic: [0, 1] });
      }),
      RUNS,
    );
  });

  test('takes sizes out of a shape', () => {
    const shape = facts(DataType.INT64, [3], ['B', 'T', 64] as never[]);
    expect(inferOp('Gather', [shape, int64([-2], [])])).toMatchObject({ shape: '[]', content: '[T]' });
    expect(inferOp('Gather', [shape, int64([0, 1])]).content).toBe('[B, T]');
  });

  test('an index that is not known leaves its element open', () => {
    const shape = facts(DataType.INT64, [2], ['B', 'T']);
    expect(inferOp('Gather', [shape, facts(DataType.INT64, [2], [undefined, 1])]).content).toBe('[?, T]');
  });

  test('an index out of range is refused, and said of', () => {
    expect(() => evaluateOp('Gather', [float([1, 2]), int64([2])])).toThrow('index 2 is out of range');
    const result = inferOp('Gather', [facts(DataType.INT64, [2], ['B', 'T']), int64([-3])]);
    expect(result).toMatchObject({ shape: '[1]', content: undefined });
    expect(result.reasons[0]).toContain('out of range');
  });
});

describe('GatherElements', () => {
  test('as onnxruntime', async () => {
    const cases = tensors(shapes({ minRank: 1, maxRank: 3 }))
      .chain((x) => fc.tuple(fc.constant(x), axisOf(x.shape.length), fc.integer({ min: 1, max: 5 })))
      .chain(([x, axis, length]) => {
        const at = axis < 0 ? axis + x.shape.length : axis;
        // Other axes may be shorter than the data's.
        const shape = fc.tuple(...x.shape.map((size, k) => fc.integer({ min: 1, max: k === at ? length : size })));
        return shape.chain((sizes) =>
          fc.record({
            x: fc.constant(x),
            axis: fc.constant(axis),
            shape: fc.constant(sizes),
            values: indices(x.shape[at] as number, elementCount(sizes)),
          }),
        );
      });
    await fc.assert(
      fc.asyncProperty(cases, async ({ x, axis, shape, values }) => {
        const inputs = [x, int64(values, shape)];
        await expectAgreement({ opType: 'GatherElements', inputs, attributes: { axis }, symbolic: [0, 1] });
      }),
      RUNS,
    );
  });
});

describe('GatherND', () => {
  test('as onnxruntime', async () => {
    const cases = tensors(shapes({ minRank: 1, maxRank: 4, maxSize: 3 }))
      .chain((x) => fc.tuple(fc.constant(x), fc.integer({ min: 0, max: Math.min(2, x.shape.length - 1) })))
      .chain(([x, batch]) => {
        const depth = fc.integer({ min: 1, max: x.shape.length - batch });
        return fc.tuple(fc.constant(x), fc.constant(batch), depth, shapes({ maxRank: 1 }));
      })
      .chain(([x, batch, depth, rest]) => {
        const shape = [...x.shape.slice(0, batch), ...rest, depth];
        const vector = fc.tuple(...x.shape.slice(batch, batch + depth).map((n) => fc.integer({ min: -n, max: n - 1 })));
        const count = elementCount(shape) / depth;
        const values = fc.array(vector, { minLength: count, maxLength: count }).map((vectors) => vectors.flat());
        return fc.record({ x: fc.constant(x), batch: fc.constant(batch), shape: fc.constant(shape), values });
      });
    await fc.assert(
      fc.asyncProperty(cases, async ({ x, batch, shape, values }) => {
        const inputs = [x, int64(values, shape)];
        await expectAgreement({ opType: 'GatherND', inputs, attributes: { batch_dims: batch } });
      }),
      RUNS,
    );
  });

  test('batches that differ do not fit', () => {
    const inputs = [facts(1, ['B', 'T', 4]), facts(DataType.INT64, [2, 3, 1])];
    const result = inferOp('GatherND', inputs, { attributes: { batch_dims: 1 } });
    expect(result).toMatchObject({ shape: '[B, 3, 4]', conflicts: ['B|2|batch axis of GatherND'] });
  });

  test('the depth of the indices tells the rank', () => {
    const inputs = [facts(1, ['B', 'T']), facts(DataType.INT64, ['N', undefined])];
    expect(inferOp('GatherND', inputs).shape).toBeUndefined();
  });
});
