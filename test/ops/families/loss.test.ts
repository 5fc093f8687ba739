import { expect, test } from 'vitest';
import { DataType } from '../../../src/tensor/dtype.js';
import { factsText } from '../../support/facts-text.js';
import { facts, inferOp } from '../harness.js';

const scores = facts(1, ['B', 'C', 'T']);
const targets = facts(DataType.INT64, ['B', 'T']);
const none = { reduction: 'none' };

test.each(['NegativeLogLikelihoodLoss', 'SoftmaxCrossEntropyLoss'])('%s', (opType) => {
  expect(inferOp(opType, [scores, targets]).shape).toBe('[]');
  expect(inferOp(opType, [scores, targets], { attributes: { reduction: 'sum' } }).shape).toBe('[]');
  expect(inferOp(opType, [scores, targets], { attributes: none }).shape).toBe('[B, T]');
  expect(inferOp(opType, [undefined, targets], { attributes: none }).shape).toBe('[B, T]');
  expect(inferOp(opType, [scores, undefined], { attributes: none }).shape).toBe('[B, T]');
  expect(inferOp(opType, [undefined, undefined], { attributes: none }).shape).toBeUndefined();
});

test('the log probabilities have the shape of the scores', () => {
  const { outputs } = inferOp('SoftmaxCrossEntropyLoss', [scores, targets], { outputs: 2 });
  expect(outputs.map(factsText)).toEqual(['float[]', 'float[B, C, T]']);
});

test('targets and weights that do not fit are conflicts', () => {
  const inputs = [scores, facts(DataType.INT64, [4, 'T']), facts(1, [10])];
  expect(inferOp('NegativeLogLikelihoodLoss', inputs).conflicts).toEqual([
    'C|10|classes of NegativeLogLikelihoodLoss',
    'B|4|targets of NegativeLogLikelihoodLoss',
  ]);
});
