import { describe, expect, test } from 'vitest';
import { DataType } from '../../../src/tensor/dtype.js';
import { factsText } from '../../support/facts-text.js';
import { expectShapes } from '../../support/shape-agreement.js';
import { facts, inferOp } from '../harness.js';

const vector = facts(1, [8]);
const statistics = [vector, vector, vector, vector];

describe('BatchNormalization', () => {
  test('as onnxruntime', async () => {
    await expectShapes({ opType: 'BatchNormalization', inputs: [[2, 8, 5, 4], [8], [8], [8], [8]] });
    const attributes = { training_mode: 1 };
    const inputs = [[2, 8, 5], [8], [8], [8], [8]];
    await expectShapes({ opType: 'BatchNormalization', inputs, attributes, opset: 15, outputs: 3 });
  });

  test('running statistics have the type of the mean', () => {
    const x = facts(DataType.FLOAT16, ['B', 8, 'T']);
    const inputs = [x, facts(DataType.FLOAT16, [8]), facts(DataType.FLOAT16, [8]), vector, vector];
    const { outputs } = inferOp('BatchNormalization', inputs, { attributes: { training_mode: 1 }, outputs: 3 });
    expect(outputs.map(factsText)).toEqual(['float16[B, 8, T]', 'float[8]', 'float[8]']);
  });

  test('before opset 14 there are four more outputs', () => {
    const { outputs } = inferOp('BatchNormalization', [facts(1, ['B', 8, 'T']), ...statistics], {
      outputs: 5,
      opset: 9,
    });
    expect(outputs.slice(1).map(factsText)).toEqual(new Array(4).fill('float[8]'));
  });

  test('before opset 9 statistics may be of every position', () => {
    const plane = facts(1, [8, 5]);
    const inputs = [facts(1, ['B', 8, 5]), plane, plane, plane, plane];
    const said = inferOp('BatchNormalization', inputs, { attributes: { spatial: 0 }, outputs: 2, opset: 7 });
    expect(said.outputs.map(factsText)).toEqual(['float[B, 8, 5]', 'float[8, 5]']);
    expect(said.conflicts).toEqual([]);
  });

  test('channels that are not as many as the statistics are a conflict', () => {
    const said = inferOp('BatchNormalization', [facts(1, ['B', 'T', 80]), ...statistics]);
    expect(said.conflicts[0]).toBe('T|8|channels of BatchNormalization');
  });

  test('an unknown channel count is that of the statistics; a vector has none', () => {
    expect(inferOp('BatchNormalization', [facts(1, ['B', undefined, 'T']), ...statistics]).shape).toBe('[B, 8, T]');
    const one = facts(1, [1]);
    const said = inferOp('BatchNormalization', [facts(1, ['B']), one, one, one, one]);
    expect({ shape: said.shape, conflicts: said.conflicts }).toEqual({ shape: '[B]', conflicts: [] });
  });
});

test('InstanceNormalization and LRN keep the shape', async () => {
  await expectShapes({ opType: 'InstanceNormalization', inputs: [[2, 3, 7], [3], [3]] });
  await expectShapes({ opType: 'LRN', inputs: [[2, 5, 4, 3]], attributes: { size: 3 } });
});
