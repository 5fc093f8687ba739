import { expect, test } from 'vitest';
import { DataType } from '../../../src/tensor/dtype.js';
import { factsText } from '../../support/facts-text.js';
import { facts, inferOp } from '../harness.js';

const domain = 'ai.onnx.preview.training';
const rate = [facts(1, []), facts(DataType.INT64, [])];
const x = facts(1, [3, 'N']);
const y = facts(DataType.DOUBLE, ['M']);

test.each([
  { name: 'Adagrad', groups: 3 },
  { name: 'Momentum', groups: 3 },
  { name: 'Adam', groups: 4 },
])('$name gives tensors and accumulators', ({ name, groups }) => {
  const inputs = [...rate, ...new Array(groups).fill([x, y]).flat()];
  const { outputs, conflicts } = inferOp(name, inputs, { domain, outputs: 2 * (groups - 1) });
  expect(outputs.map(factsText)).toEqual(new Array(groups - 1).fill(['float[3, N]', 'double[M]']).flat());
  expect(conflicts).toEqual([]);
});

test('a gradient of another size is a conflict', () => {
  const inputs = [...rate, x, facts(1, [3, 7]), x];
  expect(inferOp('Momentum', inputs, { domain, outputs: 2 }).conflicts).toEqual(['N|7|tensors of Momentum']);
});

test('Gradient is like what it differentiates by', () => {
  const { outputs } = inferOp('Gradient', [x, y], { domain, outputs: 1, attributes: { xs: ['x'], zs: ['y'] } });
  expect(outputs.map(factsText)).toEqual(['float[3, N]']);
});
