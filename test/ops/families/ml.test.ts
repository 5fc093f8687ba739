import { describe, expect, test } from 'vitest';
import type { Facts } from '../../../src/ops/types.js';
import { DataType } from '../../../src/tensor/dtype.js';
import { expectContribShapes, filled } from '../../support/contrib-shapes.js';
import { factsText } from '../../support/facts-text.js';
import { facts, inferOp, int64 } from '../harness.js';

const { FLOAT, INT64, STRING } = DataType;
const domain = 'ai.onnx.ml';
const x = filled(FLOAT, [3, 4], 0.5);
const symbols = { N: [[0, 0]] } as const;

describe('as onnxruntime', () => {
  test.each([
    { opType: 'Binarizer', inputs: [x], symbols },
    { opType: 'Normalizer', inputs: [x], attributes: { norm: 'L2' }, symbols },
    { opType: 'Scaler', inputs: [x], attributes: { offset: [0], scale: [1] }, floats: ['offset', 'scale'], symbols },
    { opType: 'ArrayFeatureExtractor', inputs: [x, int64([0, 2])], symbols },
    { opType: 'OneHotEncoder', inputs: [int64([1, 2, 1])], attributes: { cats_int64s: [1, 2] }, symbols },
    {
      opType: 'LinearRegressor',
      inputs: [x],
      attributes: { coefficients: [1, 1, 1, 1, 2, 2, 2, 2], intercepts: [0, 1], targets: 2 },
      floats: ['coefficients', 'intercepts'],
      symbols,
    },
    {
      opType: 'LinearClassifier',
      inputs: [x],
      attributes: { coefficients: new Array(12).fill(1), intercepts: [0, 1, 2], classlabels_ints: [4, 5, 6] },
      floats: ['coefficients', 'intercepts'],
      outputs: 2,
      symbols,
    },
    {
      opType: 'LinearClassifier',
      inputs: [x],
      attributes: { coefficients: [1, 1, 1, 1], intercepts: [0], classlabels_ints: [4, 5] },
      floats: ['coefficients', 'intercepts'],
      outputs: 2,
      symbols,
    },
    {
      opType: 'FeatureVectorizer',
      inputs: [x, filled(FLOAT, [3, 2])],
      attributes: { inputdimensions: [4, 2] },
      symbols,
    },
  ])('$opType', async (given) => {
    await expectContribShapes({ domain, ...given });
  });
});

describe('as documented', () => {
  const infer = (opType: string, inputs: Facts[], options: Parameters<typeof inferOp>[2] = {}) =>
    inferOp(opType, inputs, { domain, opset: 3, ...options }).outputs;
  const texts = (...given: Parameters<typeof infer>) => infer(...given).map(factsText);
  const samples = facts(FLOAT, ['N', 4]);

  test('trees', () => {
    const attributes = { classlabels_strings: ['a', 'b', 'c'] };
    expect(texts('TreeEnsembleClassifier', [samples], { attributes, outputs: 2 })).toEqual([
      'string[N]',
      'float[N, 3]',
    ]);
    expect(texts('TreeEnsembleRegressor', [samples], { attributes: { n_targets: 2 } })).toEqual(['float[N, 2]']);
    const double = facts(DataType.DOUBLE, ['N', 4]);
    expect(texts('TreeEnsemble', [double], { attributes: { n_targets: 2 } })).toEqual(['double[N, 2]']);
    expect(texts('TreeEnsembleRegressor', [facts(FLOAT, ['C'])])).toEqual(['float[1, 1]']);
  });

  test('support vectors vote for pairs, or give probabilities', () => {
    const attributes = { classlabels_ints: [1, 2, 3, 4] };
    expect(texts('SVMClassifier', [samples], { attributes, outputs: 2 })).toEqual(['int64[N]', 'float[N, 6]']);
    const known = { ...attributes, prob_a: [1] };
    expect(texts('SVMClassifier', [samples], { attributes: known, outputs: 2 })).toEqual(['int64[N]', 'float[N, 4]']);
    expect(texts('SVMRegressor', [samples])).toEqual(['float[N, 1]']);
  });

  test('labels', () => {
    const ids = facts(INT64, ['N']);
    expect(texts('LabelEncoder', [ids], { attributes: { values_strings: ['a'] } })).toEqual(['string[N]']);
    expect(texts('LabelEncoder', [ids], { attributes: { values_floats: [1] } })).toEqual(['float[N]']);
    expect(texts('LabelEncoder', [ids], { attributes: { values_tensor: int64([1]) } })).toEqual(['int64[N]']);
    expect(texts('LabelEncoder', [ids], { opset: 1 })).toEqual(['string[N]']);
    expect(texts('CategoryMapper', [facts(STRING, ['N'])])).toEqual(['int64[N]']);
  });

  test('maps', () => {
    const map: Facts = { kind: 'map', keyType: STRING, value: facts(FLOAT, []) };
    expect(texts('DictVectorizer', [map], { attributes: { string_vocabulary: ['a', 'b'] } })).toEqual(['float[1, 2]']);
    const attributes = { map_form: 'SPARSE', max_map: 5, cast_to: 'TO_STRING' };
    expect(texts('CastMap', [map], { attributes })).toEqual(['string[1, 5]']);
    expect(texts('CastMap', [map])[0]).toMatch(/^float\[1, \?map_\d+\]$/);
    const [zipped] = infer('ZipMap', [samples], { attributes: { classlabels_strings: ['a', 'b'] } });
    expect(zipped).toMatchObject({ kind: 'sequence', element: { kind: 'map', keyType: STRING } });
  });
});
