import { describe, expect, test } from 'vitest';
import { definitions } from '../../../src/ops/families/random.js';
import { DataType } from '../../../src/tensor/dtype.js';
import { factsText } from '../../support/facts-text.js';
import { facts, inferOp } from '../harness.js';

const text = (...run: Parameters<typeof inferOp>) => factsText(inferOp(...run).tensor);

describe.each(['RandomNormal', 'RandomUniform'])('%s', (opType) => {
  test('takes shape and type from attributes', () => {
    expect(text(opType, [], { attributes: { shape: [2, 3] } })).toBe('float[2, 3]');
    expect(text(opType, [], { attributes: { shape: [], dtype: DataType.DOUBLE } })).toBe('double[]');
  });
});

describe.each(['RandomNormalLike', 'RandomUniformLike', 'Bernoulli'])('%s', (opType) => {
  test('is like its input, its type only unless given', () => {
    expect(text(opType, [facts(DataType.FLOAT16, ['B', 'T'])])).toBe('float16[B, T]');
    expect(text(opType, [facts(1, ['B', 'T'])], { attributes: { dtype: DataType.BOOL } })).toBe('bool[B, T]');
  });
});

test('Multinomial draws for each row', () => {
  expect(text('Multinomial', [facts(1, ['B', 10])], { attributes: { sample_size: 4 } })).toBe('int32[B, 4]');
  const attributes = { dtype: DataType.INT64 };
  expect(text('Multinomial', [facts(1, ['B', 10])], { attributes })).toBe('int64[B, 1]');
});

test('nothing is ever folded', () => {
  expect(definitions.filter(({ evaluate }) => evaluate !== undefined)).toEqual([]);
});
