import { expect, test } from 'vitest';
import { DataType } from '../../src/tensor/dtype.js';
import { facts, inferOp, int64 } from './harness.js';

test('a number that a size settles on is no conflict', () => {
  const cut = inferOp('Slice', [facts(DataType.FLOAT, ['B', 'T']), int64([0]), int64([4]), int64([1])]).tensor;
  const result = inferOp('Concat', [cut, facts(DataType.FLOAT, [1, 4])], { attributes: { axis: 0 } });
  expect(result).toMatchObject({ shape: '[B + 1, 4]', conflicts: [], equalities: ['min(T, 4)|4'] });
  const row = inferOp('Slice', [facts(DataType.FLOAT, ['B', 'T']), int64([2]), int64([3])]).tensor;
  expect(inferOp('Squeeze', [row, int64([0])])).toMatchObject({ shape: '[T]', conflicts: [] });
});

test('a number that a size may only happen to be is one', () => {
  const inputs = [facts(DataType.FLOAT, ['T']), facts(DataType.FLOAT, [1000])];
  expect(
    inferOp(
      'Concat',
      inputs.map((x) => inferOp('Unsqueeze', [x, int64([0])]).tensor),
      { attributes: { axis: 0 } },
    ),
  ).toMatchObject({ conflicts: ['T|1000|axis 1 of Concat'] });
  const odd = [facts(DataType.FLOAT, [1, 'T - T//2*2']), facts(DataType.FLOAT, [1, 1])];
  expect(inferOp('Concat', odd, { attributes: { axis: 0 } }).conflicts).toHaveLength(1);
});

test('a number that a size is unless it is huge is no conflict', () => {
  const image = '((H + 10208)//10240)*((W + 10208)//10240)';
  const rounded = [facts(DataType.FLOAT, [1, image]), facts(DataType.FLOAT, [1, 1])];
  expect(inferOp('Concat', rounded, { attributes: { axis: 0 } }).conflicts).toEqual([]);
  const chunks = [facts(DataType.FLOAT, [1, '(T + 1023)//1024']), facts(DataType.FLOAT, [1, 1])];
  expect(inferOp('Concat', chunks, { attributes: { axis: 0 } }).conflicts).toHaveLength(1);
});
