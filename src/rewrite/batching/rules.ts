import { alongAxis, alongTail, argument, cumSum, reduction, softmax, split } from './along-axis.js';
import type { BatchRule } from './call.js';
import { einsum } from './einsum.js';
import { elementwise, likeFirst, perTensor } from './elementwise.js';
import { leadingBatch, recurrent, resize } from './leading.js';
import { gemm, matMul } from './matmul.js';
import { expand, flatten, reshape, squeeze, tile, transpose, unsqueeze } from './reshaping.js';
import { concat, elementsAlong, gather, gatherND, oneHot, pad, shapeOf, slice, trilu } from './selecting.js';

const FAMILIES: readonly (readonly [string, BatchRule])[] = [
  [
    'Abs Acos Acosh Asin Asinh Atan Atanh BitwiseNot Cast Ceil Celu Clip Cos Cosh Dropout Elu Erf Exp Floor Gelu HardSigmoid ' +
      'HardSwish Identity IsInf IsNaN LeakyRelu Log Mish Neg Not Reciprocal Relu Round Selu Shrink Sigmoid Sign Sin Sinh ' +
      'Softplus Softsign Sqrt Swish Tan Tanh ThresholdedRelu Add And BitShift BitwiseAnd BitwiseOr BitwiseXor Div Equal ' +
      'Greater GreaterOrEqual Less LessOrEqual Max Mean Min Mod Mul Or Pow PRelu Sub Sum Where Xor',
    elementwise,
  ],
  ['CastLike', likeFirst],
  ['QuantizeLinear DequantizeLinear', perTensor],
  ['MatMul MatMulInteger', matMul],
  ['Gemm', gemm],
  [
    'AveragePool BatchNormalization Conv ConvInteger ConvTranspose DepthToSpace GlobalAveragePool GlobalLpPool GlobalMaxPool ' +
      'GroupNormalization InstanceNormalization LRN LpPool MaxPool QLinearConv SpaceToDepth',
    leadingBatch,
  ],
  ['Resize Upsample', resize],
  ['GRU LSTM RNN', recurrent],
  ['Hardmax LpNormalization TopK', alongAxis(-1)],
  ['LayerNormalization RMSNormalization', alongTail(-1)],
  ['Softmax LogSoftmax', softmax],
  ['CumSum', cumSum],
  [
    'ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp ReduceMax ReduceMean ReduceMin ReduceProd ReduceSum ReduceSumSquare',
    reduction,
  ],
  ['ArgMax ArgMin', argument],
  ['Split', split],
  ['Transpose', transpose],
  ['Unsqueeze', unsqueeze],
  ['Squeeze', squeeze],
  ['Reshape', reshape],
  ['Flatten', flatten],
  ['Expand', expand],
  ['Tile', tile],
  ['Concat', concat],
  ['Slice', slice],
  ['Gather', gather],
  ['GatherElements ScatterElements', elementsAlong],
  ['GatherND', gatherND],
  ['Pad', pad],
  ['OneHot', oneHot],
  ['Trilu', trilu],
  ['Shape', shapeOf],
  ['Einsum', einsum],
];

const RULES = new Map<string, BatchRule>(
  FAMILIES.flatMap(([names, rule]) => names.split(' ').map((name) => [name, rule] as const)),
);
for (const name of ['Gelu', 'FastGelu', 'QuickGelu', 'BiasGelu']) RULES.set(`com.microsoft.${name}`, elementwise);

/** The rule for an operator; undefined where there is none. */
export function ruleFor(domain: string, opType: string): BatchRule | undefined {
  return RULES.get(domain === '' ? opType : `${domain}.${opType}`);
}
