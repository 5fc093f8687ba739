import { describe, expect, test } from 'vitest';
import { DataType } from '../../../src/tensor/dtype.js';
import { type ContribCase, expectContribShapes, filled } from '../../support/contrib-shapes.js';
import { factsText } from '../../support/facts-text.js';
import { facts, float, inferOp, int32, int64 } from '../harness.js';

const { FLOAT, INT8, UINT8, INT32, INT16 } = DataType;
const x = (...shape: number[]) => filled(FLOAT, shape, 0.5);
const i8 = (...shape: number[]) => filled(INT8, shape, 1);
const u8 = (...shape: number[]) => filled(UINT8, shape, 1);
const one = float([1], []);
const zero = (dtype: number) => filled(dtype, []);

const cases: readonly (ContribCase & { readonly name?: string })[] = [
  // products
  {
    opType: 'FusedMatMul',
    inputs: [x(2, 3, 4), x(2, 4, 5)],
    symbols: {
      B: [
        [0, 0],
        [1, 0],
      ],
      T: [[0, 1]],
    },
  },
  {
    name: 'FusedMatMul, transposed',
    opType: 'FusedMatMul',
    inputs: [x(2, 4, 3), x(2, 5, 4)],
    attributes: { transA: 1, transB: 1 },
    symbols: { T: [[0, 2]], U: [[1, 1]] },
  },
  {
    name: 'FusedMatMul, batches behind the rows',
    opType: 'FusedMatMul',
    inputs: [x(3, 2, 4), x(4, 2, 5)],
    attributes: { transBatchA: 1, transBatchB: 1 },
    symbols: {
      T: [[0, 0]],
      B: [
        [0, 1],
        [1, 1],
      ],
    },
  },
  {
    opType: 'FusedGemm',
    inputs: [x(3, 4), x(5, 4), x(5)],
    attributes: { transB: 1, activation: 'Relu' },
    symbols: { N: [[0, 0]] },
  },
  { opType: 'DynamicQuantizeMatMul', inputs: [x(2, 3, 4), i8(4, 5), one], symbols: { T: [[0, 1]] } },
  { opType: 'MatMulIntegerToFloat', inputs: [u8(2, 3, 4), u8(4, 5), one, one], symbols: { T: [[0, 1]] } },
  { opType: 'MatMulInteger16', inputs: [filled(INT16, [3, 4]), filled(INT16, [4, 5])], symbols: { T: [[0, 0]] } },
  {
    opType: 'MatMulNBits',
    inputs: [x(2, 3, 32), u8(5, 1, 16), x(5)],
    attributes: { K: 32, N: 5, bits: 4, block_size: 32 },
    symbols: { B: [[0, 0]], T: [[0, 1]] },
  },
  {
    opType: 'QGemm',
    inputs: [u8(3, 4), one, zero(UINT8), u8(4, 5), one, zero(UINT8)],
    symbols: { N: [[0, 0]] },
  },
  {
    name: 'QGemm, quantized',
    opType: 'QGemm',
    inputs: [u8(3, 4), one, zero(UINT8), u8(4, 5), one, zero(UINT8), undefined, one, zero(UINT8)],
    symbols: { N: [[0, 0]] },
  },
  {
    opType: 'MatMulBnb4',
    inputs: [x(3, 32), u8(80), x(5)],
    attributes: { K: 32, N: 5, block_size: 32, quant_type: 1 },
    symbols: { T: [[0, 0]] },
  },
  { opType: 'CDist', inputs: [x(3, 4), x(5, 4)], symbols: { N: [[0, 0]], M: [[1, 0]] } },
  // element by element
  ...['Gelu', 'FastGelu', 'QuickGelu'].map((opType) => ({
    opType,
    inputs: [x(2, 3, 4)],
    symbols: { T: [[0, 1]] as const },
  })),
  { opType: 'Inverse', inputs: [float([1, 0, 0, 1], [1, 2, 2])] },
  { opType: 'BiasGelu', inputs: [x(2, 3, 4), x(4)], symbols: { T: [[0, 1]] } },
  { opType: 'MurmurHash3', inputs: [filled(INT32, [2, 3])], symbols: { N: [[0, 0]] } },
  {
    opType: 'SkipLayerNormalization',
    inputs: [x(2, 3, 8), x(2, 3, 8), x(8), x(8)],
    outputs: 1,
    symbols: {
      B: [
        [0, 0],
        [1, 0],
      ],
      T: [
        [0, 1],
        [1, 1],
      ],
    },
  },
  {
    opType: 'SkipSimplifiedLayerNormalization',
    inputs: [x(2, 3, 8), x(1, 3, 8), x(8)],
    symbols: {
      B: [[0, 0]],
      T: [
        [0, 1],
        [1, 1],
      ],
    },
  },
  { opType: 'SimplifiedLayerNormalization', domain: '', inputs: [x(2, 3, 8), x(8)], symbols: { T: [[0, 1]] } },
  // attention
  {
    opType: 'Attention',
    inputs: [x(2, 3, 8), x(8, 24), x(24)],
    attributes: { num_heads: 2 },
    symbols: { B: [[0, 0]], T: [[0, 1]] },
  },
  {
    name: 'Attention with a past',
    opType: 'Attention',
    inputs: [x(2, 3, 8), x(8, 24), x(24), undefined, x(2, 2, 2, 5, 4)],
    attributes: { num_heads: 2, unidirectional: 1 },
    outputs: 2,
    symbols: {
      B: [
        [0, 0],
        [4, 1],
      ],
      T: [[0, 1]],
      P: [[4, 3]],
    },
  },
  {
    opType: 'QAttention',
    inputs: [u8(2, 3, 8), u8(8, 24), x(24), one, one, undefined, zero(UINT8), zero(UINT8)],
    attributes: { num_heads: 2 },
    symbols: { B: [[0, 0]], T: [[0, 1]] },
  },
  {
    opType: 'MultiHeadAttention',
    inputs: [x(2, 3, 8), x(2, 5, 8), x(2, 5, 8)],
    attributes: { num_heads: 2 },
    symbols: {
      B: [
        [0, 0],
        [1, 0],
        [2, 0],
      ],
      T: [[0, 1]],
      L: [
        [1, 1],
        [2, 1],
      ],
    },
  },
  {
    name: 'MultiHeadAttention with a past',
    opType: 'MultiHeadAttention',
    inputs: [x(2, 3, 8), x(2, 3, 8), x(2, 3, 8), undefined, undefined, undefined, x(2, 2, 5, 4), x(2, 2, 5, 4)],
    attributes: { num_heads: 2 },
    outputs: 3,
    symbols: {
      T: [
        [0, 1],
        [1, 1],
        [2, 1],
      ],
      P: [
        [6, 2],
        [7, 2],
      ],
    },
  },
  {
    opType: 'GroupQueryAttention',
    inputs: [x(1, 3, 32), x(1, 3, 16), x(1, 3, 16), undefined, undefined, int32([2], [1]), int32([3], [])],
    attributes: { num_heads: 4, kv_num_heads: 2 },
    outputs: 3,
    symbols: {
      T: [
        [0, 1],
        [1, 1],
        [2, 1],
      ],
    },
  },
  {
    name: 'GroupQueryAttention, packed',
    opType: 'GroupQueryAttention',
    inputs: [x(1, 3, 64), undefined, undefined, undefined, undefined, int32([2], [1]), int32([3], [])],
    attributes: { num_heads: 4, kv_num_heads: 2 },
    outputs: 3,
    symbols: { T: [[0, 1]] },
  },
  {
    opType: 'RotaryEmbedding',
    inputs: [x(2, 3, 8), int64([0], [1]), x(6, 4), x(6, 4)],
    symbols: { B: [[0, 0]], T: [[0, 1]] },
  },
  // 8 bits
  ...['QLinearAdd', 'QLinearMul'].map((opType) => ({
    opType,
    inputs: [u8(2, 3, 4), one, zero(UINT8), u8(3, 4), one, zero(UINT8), one, zero(UINT8)],
    symbols: {
      B: [[0, 0]] as const,
      T: [
        [0, 1],
        [3, 0],
      ] as const,
    },
  })),
  ...['QLinearSigmoid', 'QLinearLeakyRelu'].map((opType) => ({
    opType,
    inputs: [u8(2, 3), one, zero(UINT8), one, zero(UINT8)],
    symbols: { T: [[0, 1]] as const },
  })),
  {
    opType: 'QLinearConcat',
    inputs: [one, zero(UINT8), u8(2, 3), one, zero(UINT8), u8(2, 4), one, zero(UINT8)],
    attributes: { axis: 1 },
    symbols: { T: [[2, 1]], U: [[5, 1]] },
  },
  {
    opType: 'QLinearConv',
    inputs: [u8(1, 6, 6, 3), one, zero(UINT8), i8(4, 3, 3, 3), one, zero(INT8), one, zero(UINT8)],
    attributes: { channels_last: 1, strides: [2, 2], pads: [1, 1, 1, 1] },
    symbols: { H: [[0, 1]], W: [[0, 2]] },
  },
  {
    opType: 'QLinearAveragePool',
    inputs: [u8(1, 3, 6, 6), one, zero(UINT8), one, zero(UINT8)],
    attributes: { kernel_shape: [2, 2], strides: [2, 2] },
    symbols: { H: [[0, 2]] },
  },
  {
    opType: 'QLinearGlobalAveragePool',
    inputs: [u8(1, 6, 6, 3), one, zero(UINT8), one, zero(UINT8)],
    attributes: { channels_last: 1 },
    symbols: { H: [[0, 1]] },
  },
  {
    opType: 'QLinearSoftmax',
    inputs: [u8(2, 3), one, zero(UINT8), one, zero(UINT8)],
    attributes: { opset: 13 },
    symbols: { T: [[0, 1]] },
  },
  {
    opType: 'QLinearWhere',
    inputs: [filled(DataType.BOOL, [2, 1]), u8(2, 3), one, zero(UINT8), u8(3), one, zero(UINT8), one, zero(UINT8)],
    symbols: {
      T: [
        [1, 1],
        [4, 0],
      ],
    },
  },
  { opType: 'QuantizeLinear', inputs: [x(2, 3), one, zero(INT8)], symbols: { T: [[0, 1]] } },
  { opType: 'DequantizeLinear', inputs: [u8(2, 3), one, zero(UINT8)], symbols: { T: [[0, 1]] } },
  {
    opType: 'GatherBlockQuantized',
    inputs: [u8(5, 16), int64([0, 1, 2]), x(5, 2)],
    attributes: { block_size: 16, bits: 4, gather_axis: 0, quantize_axis: 1 },
    symbols: { T: [[1, 0]] },
  },
  {
    opType: 'DynamicQuantizeLSTM',
    inputs: [
      x(3, 2, 4),
      u8(1, 4, 20),
      u8(1, 5, 20),
      undefined,
      undefined,
      undefined,
      undefined,
      undefined,
      float([1]),
      filled(UINT8, [1]),
      float([1]),
      filled(UINT8, [1]),
    ],
    attributes: { hidden_size: 5 },
    outputs: 3,
    symbols: { T: [[0, 0]], B: [[0, 1]] },
  },
  // layouts
  {
    opType: 'FusedConv',
    inputs: [x(1, 3, 6, 6), x(4, 3, 3, 3)],
    attributes: { activation: 'Relu' },
    symbols: { H: [[0, 2]] },
  },
  {
    opType: 'NhwcMaxPool',
    inputs: [u8(1, 6, 6, 3)],
    attributes: { kernel_shape: [2, 2], strides: [2, 2] },
    symbols: { H: [[0, 1]] },
  },
  {
    opType: 'ConvTransposeWithDynamicPads',
    inputs: [x(1, 3, 5, 5), x(3, 2, 3, 3), int64([1, 1, 1, 1])],
    attributes: { strides: [2, 2] },
    symbols: { H: [[0, 2]] },
  },
  {
    opType: 'MaxpoolWithMask',
    inputs: [x(1, 3, 6, 6), filled(INT32, [1, 3, 6, 6], 1)],
    attributes: { kernel_shape: [2, 2], strides: [2, 2] },
    symbols: { H: [[0, 2]] },
  },
  // others
  { opType: 'Trilu', inputs: [x(2, 3, 3)], symbols: { T: [[0, 1]] } },
  { opType: 'ExpandDims', inputs: [x(2, 3), int32([-1], [])], symbols: { T: [[0, 1]] } },
  { opType: 'GatherND', inputs: [x(2, 3), int64([0, 1], [2, 1])], symbols: { T: [[0, 1]] } },
  { opType: 'Pad', inputs: [x(2, 3), int64([0, 1, 0, 2])], attributes: { mode: 'constant' }, symbols: { T: [[0, 1]] } },
  { opType: 'Range', inputs: [int64([1], []), int64([7], []), int64([2], [])] },
  { opType: 'UnfoldTensor', inputs: [x(2, 10)], attributes: { dim: 1, size: 4, step: 3 }, symbols: { T: [[0, 1]] } },
  {
    opType: 'CropAndResize',
    inputs: [x(1, 2, 8, 8), x(3, 4), int32([0, 0, 0]), int32([5, 6])],
    symbols: { R: [[1, 0]] },
  },
  {
    opType: 'NGramRepeatBlock',
    inputs: [int64([1, 2, 3], [1, 3]), x(1, 9)],
    attributes: { ngram_size: 2 },
    symbols: { V: [[1, 1]] },
  },
];

describe('as onnxruntime', () => {
  test.each(cases.map((given) => [given.name ?? given.opType, given] as const))('%s', async (_, given) => {
    await expectContribShapes(given);
  });
});

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
