import { describe, expect, test } from 'vitest';
import { DataType } from '../../../src/tensor/dtype.js';
import { factsText } from '../../support/facts-text.js';
import { facts, inferOp } from '../harness.js';

const { FLOAT, UINT8, INT32 } = DataType;

/** Operators that this onnxruntime has no kernel for, or not on a processor. */
describe('as documented', () => {
  const domain = 'com.microsoft';
  const infer = (opType: string, inputs: Parameters<typeof inferOp>[1], options: Parameters<typeof inferOp>[2] = {}) =>
    inferOp(opType, inputs, { domain, ...options }).outputs.map(factsText);

  test('embeddings', () => {
    const ids = facts(INT32, ['B', 'T']);
    const tables = [
      facts(FLOAT, [7, 8]),
      facts(FLOAT, [5, 8]),
      facts(FLOAT, [2, 8]),
      facts(FLOAT, [8]),
      facts(FLOAT, [8]),
    ];
    expect(infer('EmbedLayerNormalization', [ids, ids, ...tables], { outputs: 3 })).toEqual([
      'float[B, T, 8]',
      'int32[B]',
      'float[B, T, 8]',
    ]);
  });

  test('statistics of a skip normalization', () => {
    const input = facts(DataType.FLOAT16, ['B', 'T', 8]);
    const weight = facts(DataType.FLOAT16, [8]);
    expect(infer('SkipLayerNormalization', [input, input, weight], { outputs: 4 })).toEqual([
      'float16[B, T, 8]',
      'float[B, T, 1]',
      'float[B, T, 1]',
      'float16[B, T, 8]',
    ]);
  });

  test('a hidden size that does not fit is a conflict', () => {
    const input = facts(FLOAT, ['B', 'T', 8]);
    const { conflicts } = inferOp('SkipLayerNormalization', [input, input, facts(FLOAT, [9])], { domain });
    expect(conflicts).toEqual(['8|9|parameters of SkipLayerNormalization']);
  });

  test('dropout masks', () => {
    const data = facts(FLOAT, ['B', 40]);
    expect(infer('BiasDropout', [data, facts(FLOAT, [40])], { outputs: 2 })).toEqual(['float[B, 40]', 'bool[B, 40]']);
    expect(infer('BitmaskDropout', [data], { outputs: 2 })).toEqual(['float[B, 40]', 'uint32[B + (B + 3)//4]']);
  });

  test('packed queries, keys and values', () => {
    expect(infer('MultiHeadAttention', [facts(FLOAT, ['B', 'T', 2, 3, 4])], { attributes: { num_heads: 2 } })).toEqual([
      'float[B, T, 8]',
    ]);
    const inputs = [facts(FLOAT, ['B', 'T', 8]), facts(FLOAT, ['B', 'L', 2, 2, 4])];
    expect(infer('MultiHeadAttention', inputs, { attributes: { num_heads: 2 }, outputs: 3 })).toEqual([
      'float[B, T, 8]',
      'float[B, 2, L, 4]',
      'float[B, 2, L, 4]',
    ]);
    expect(infer('PackedMultiHeadAttention', [facts(FLOAT, ['N', 2, 3, 4])])).toEqual(['float[N, 8]']);
    const merged = [facts(FLOAT, ['N', 8]), facts(FLOAT, [8, 24]), facts(FLOAT, [24])];
    expect(infer('PackedAttention', merged)).toEqual(['float[N, 8]']);
  });

  test('a cache that both past and present live in keeps its size', () => {
    const inputs = [
      facts(FLOAT, ['B', 1, 8]),
      facts(FLOAT, [8, 24]),
      facts(FLOAT, [24]),
      undefined,
      facts(FLOAT, [2, 'B', 2, 100, 4]),
    ];
    const attributes = { num_heads: 2, past_present_share_buffer: 1 };
    expect(infer('Attention', inputs, { attributes, outputs: 2 })).toEqual([
      'float[B, 1, 8]',
      'float[2, B, 2, 100, 4]',
    ]);
  });

  test('padding is taken away and brought back', () => {
    const [tokens, ...rest] = infer('RemovePadding', [facts(FLOAT, ['B', 'T', 8]), facts(INT32, ['B'])], {
      outputs: 4,
    });
    expect(tokens).toMatch(/^float\[\?tokens_\d+, 8\]$/);
    expect(rest).toEqual(['int32[B, T]', 'int32[B + 1]', 'int32[1]']);
    expect(infer('RestorePadding', [facts(FLOAT, ['N', 8]), facts(INT32, ['B', 'T'])])).toEqual(['float[B, T, 8]']);
  });

  test('position biases', () => {
    const lengths = [facts(DataType.INT64, [1], ['T']), facts(DataType.INT64, [1], ['L'])];
    expect(infer('RelativePositionBias', [facts(FLOAT, [32, 8]), ...lengths])).toEqual(['float[1, 8, T, L]']);
  });

  test('channels last', () => {
    const image = facts(FLOAT, ['B', 'H', 'W', 3]);
    const weight = facts(FLOAT, [4, 3, 3, 3]);
    const attributes = { pads: [1, 1, 1, 1], strides: [2, 2] };
    const expected = ['float[B, (H + 1)//2, (W + 1)//2, 4]'];
    expect(infer('NhwcConv', [image, weight], { attributes })).toEqual(expected);
    expect(infer('Conv', [image, weight], { attributes, domain: 'com.ms.internal.nhwc' })).toEqual(expected);
    const { conflicts } = inferOp('NhwcConv', [image, facts(FLOAT, [4, 5, 3, 3])], { domain });
    expect(conflicts).toEqual(['3|5|input channels of NhwcConv']);
    expect(infer('GlobalAveragePool', [image], { domain: 'com.ms.internal.nhwc' })).toEqual(['float[B, 1, 1, 3]']);
  });

  test('blocks of channels', () => {
    const blocked = { domain: 'com.microsoft.nchwc' };
    const image = facts(FLOAT, ['B', 32, 'H', 'W']);
    expect(infer('ReorderInput', [image], blocked)).toEqual(['float[B, 32, H, W]']);
    expect(infer('ReorderInput', [facts(FLOAT, ['B', 3, 'H', 'W'])], blocked)).toEqual(['float[B, ?, H, W]']);
    expect(infer('ReorderOutput', [image], { ...blocked, attributes: { channels: 20, channels_last: 1 } })).toEqual([
      'float[B, H, W, 20]',
    ]);
    expect(infer('Upsample', [image], { ...blocked, attributes: { scales: [1, 1, 2, 3] } })).toEqual([
      'float[B, 32, 2*H, 3*W]',
    ]);
  });

  test('integers are summed in 32 bits', () => {
    const attributes = { axes: [1], keepdims: 0 };
    expect(infer('ReduceSumInteger', [facts(UINT8, ['B', 'T'])], { attributes })).toEqual(['uint32[B]']);
    expect(infer('QLinearReduceMean', [facts(UINT8, ['B', 'T'])], { attributes })).toEqual(['uint8[B]']);
    expect(infer('MulInteger', [facts(UINT8, ['B', 1]), undefined, facts(UINT8, [3])])).toEqual(['int32[B, 3]']);
  });

  test('weights that say no more than their size', () => {
    const attributes = { K: 8, Nq: 8, Nkv: 4 };
    expect(infer('MatMulNBitsQkv', [facts(FLOAT, ['B', 'T', 8])], { attributes, outputs: 4 })).toEqual([
      'float[B, T, 8]',
      'float[B, T, 4]',
      'float[B, T, 4]',
      'float[B, T, 8]',
    ]);
    const { conflicts } = inferOp('MatMulNBits', [facts(FLOAT, ['T', 9])], { domain, attributes: { K: 8, N: 4 } });
    expect(conflicts).toEqual(['9|8|inner dimension of MatMulNBits']);
  });

  test('searches', () => {
    const scalar = (n: number) => facts(INT32, [1], [n]);
    const inputs = [facts(INT32, ['B', 'T']), scalar(50), scalar(1), scalar(4), scalar(2), facts(FLOAT, [1])];
    expect(infer('BeamSearch', inputs, { outputs: 3, attributes: { vocab_size: 99 } })).toEqual([
      'int32[B, 2, 50]',
      'float[B, 2]',
      'float[50 - T, B, 4, 99]',
    ]);
    expect(infer('GreedySearch', inputs)).toEqual(['int32[B, 50]']);
  });

  test('sizes that depend on data are one symbol wherever they occur', () => {
    const [values, where, counts] = infer('Unique', [facts(FLOAT, ['N'])], { outputs: 3 });
    expect(values).toMatch(/^float\[\?unique_\d+\]$/);
    expect(where).toBe('int64[N]');
    expect(counts).toBe(values?.replace('float', 'int64'));
    expect(infer('DynamicTimeWarping', [facts(FLOAT, [1, 'M', 'N'])])[0]).toMatch(/^int32\[2, \?path_\d+\]$/);
    expect(infer('Tokenizer', [facts(DataType.STRING, ['B', 1])])[0]).toMatch(/^string\[B, 1, \?tokens_\d+\]$/);
  });

  test('Fourier transforms of real signals', () => {
    expect(infer('Rfft', [facts(FLOAT, ['B', 400])])).toEqual(['float[B, 201, 2]']);
    expect(infer('Irfft', [facts(FLOAT, ['B', 201, 2])])).toEqual(['float[B, 400]']);
  });
});
