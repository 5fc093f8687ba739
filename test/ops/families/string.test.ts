import { describe, expect, test } from 'vitest';
import type { DenseTensor } from '../../../src/tensor/dense.js';
import { DataType } from '../../../src/tensor/dtype.js';
import { dense, evaluateOp, facts, inferOp } from '../harness.js';

const { STRING } = DataType;
const text = (shape: readonly number[], ...data: string[]): DenseTensor => dense(STRING, data, shape);

describe('StringConcat', () => {
  test('broadcasts', () => {
    const [result] = evaluateOp('StringConcat', [text([2, 1], 'a', 'b'), text([2], 'x', 'y')]);
    expect(result).toEqual(text([2, 2], 'ax', 'ay', 'bx', 'by'));
    expect(inferOp('StringConcat', [facts(STRING, ['B', 1]), facts(STRING, ['T'])]).shape).toBe('[B, T]');
  });
});

/** Expected: Python's str.split. */
describe('StringSplit', () => {
  const split = (attributes: Record<string, string | number>, ...words: string[]) => {
    const [parts, counts] = evaluateOp('StringSplit', [text([words.length], ...words)], { attributes, outputs: 2 });
    return [parts?.shape, parts?.data, Array.from((counts as DenseTensor).data as BigInt64Array)];
  };

  test('at a delimiter', () => {
    expect(split({ delimiter: '.' }, 'a.b', 'c')).toEqual([
      [2, 2],
      ['a', 'b', 'c', ''],
      [2n, 1n],
    ]);
    expect(split({ delimiter: '-' }, 'o-n--o', '')).toEqual([
      [2, 4],
      ['o', 'n', '', 'o', '', '', '', ''],
      [4n, 1n],
    ]);
  });

  test('at blanks', () => {
    expect(split({}, ' hello  world ', 'a', '  ')).toEqual([
      [3, 2],
      ['hello', 'world', 'a', '', '', ''],
      [2n, 1n, 0n],
    ]);
  });

  test('so many times at most', () => {
    expect(split({ delimiter: ',', maxsplit: 1 }, 'a,b,c')).toEqual([[1, 2], ['a', 'b,c'], [2n]]);
    expect(split({ maxsplit: 1 }, 'a b  c ')).toEqual([[1, 2], ['a', 'b  c '], [2n]]);
  });

  test('says how many parts constants have', () => {
    const { shape, outputs } = inferOp('StringSplit', [text([2], 'a b', 'c')], { outputs: 2 });
    expect(shape).toBe('[2, 2]');
    expect(outputs[1]).toMatchObject({ kind: 'tensor', dtype: DataType.INT64 });
    expect(inferOp('StringSplit', [facts(STRING, ['N'])]).shape).toMatch(/^\[N, \?split_\d+\]$/);
  });
});

test('StringNormalizer keeps the size unless it drops words', () => {
  expect(inferOp('StringNormalizer', [facts(STRING, ['N'])]).shape).toBe('[N]');
  const attributes = { stopwords: ['the'] };
  expect(inferOp('StringNormalizer', [facts(STRING, [1, 'N'])], { attributes }).shape).toMatch(/^\[1, \?words_\d+\]$/);
});

test('RegexFullMatch gives a bool for each text', () => {
  const { tensor, shape } = inferOp('RegexFullMatch', [facts(STRING, ['N'])]);
  expect([tensor?.dtype, shape]).toEqual([DataType.BOOL, '[N]']);
});

test('TfIdfVectorizer gives a weight for each n-gram', () => {
  const attributes = { ngram_indexes: [0, 1, 5, 2] };
  expect(inferOp('TfIdfVectorizer', [facts(STRING, ['B', 'T'])], { attributes }).shape).toBe('[B, 6]');
  expect(inferOp('TfIdfVectorizer', [facts(STRING, ['T'])], { attributes }).shape).toBe('[6]');
});
