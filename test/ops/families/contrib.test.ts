import { describe, test } from 'vitest';
import { DataType } from '../../../src/tensor/dtype.js';
import { type ContribCase, expectContribShapes, filled } from '../../support/contrib-shapes.js';
import { float, int32, int64 } from '../harness.js';

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
