import { Dim } from '../../symbolic/dim.js';
import { DataType } from '../../tensor/dtype.js';
import { equalAxes } from '../lib/equal-sizes.js';
import { axisOf } from '../lib/known.js';
import { CHANNELS_LAST, type Remapping, ruleOf } from '../lib/remap.js';
import type { InferContext, OpDefinition } from '../types.js';
import { definitions as concatSplit } from './concat-split.js';
import { definitions as conv } from './conv.js';
import { definitions as pool } from './pool.js';
import { definitions as reduction } from './reduction.js';

const DOMAIN = 'com.microsoft';

/** Type of input 0, shape of broadcasting these inputs; the others are scales and zero points. */
function elementwise(...inputs: readonly number[]) {
  return (ctx: InferContext) => ctx.setTensor(0, ctx.dtype(inputs[inputs.length - 1] as number), ctx.broadcast(inputs));
}

function layout(ctx: InferContext): Partial<Remapping> {
  return ctx.attributes.int('channels_last', 0) === 0 ? {} : CHANNELS_LAST;
}

/** Inputs are (tensor, scale, zero point) triples behind the output's scale and zero point. */
function concatInputs(ctx: InferContext): Remapping {
  const inputs: number[] = [];
  for (let i = 2; i < ctx.inputCount; i += 3) inputs.push(i);
  return { inputs, dtype: ctx.dtype(1) ?? ctx.dtype(2) };
}

/** 8-bit values of a type are summed in 32 bits of the same signedness. */
function accumulator(ctx: InferContext): number | undefined {
  const dtype = ctx.dtype(0);
  return dtype === DataType.UINT8 ? DataType.UINT32 : dtype === DataType.INT8 ? DataType.INT32 : undefined;
}

/** Weights are [directions, input, gates * hidden], transposed to what LSTM takes. */
function inferLstm(ctx: InferContext): void {
  const directions = Dim.of(ctx.attributes.string('direction', 'forward') === 'bidirectional' ? 2 : 1);
  const batch = equalAxes(ctx, 'batch of DynamicQuantizeLSTM', [0, 1], [4, 0], [5, 1], [6, 1]);
  equalAxes(ctx, 'input size of DynamicQuantizeLSTM', [0, 2], [1, 1]);
  const shown = equalAxes(ctx, 'hidden size of DynamicQuantizeLSTM', [2, 1], [5, 2], [6, 2]);
  const given = ctx.attributes.int('hidden_size');
  const hidden = given === undefined ? shown : Dim.of(given);
  const dtype = ctx.dtype(0);
  if (ctx.hasOutput(0)) ctx.setTensor(0, dtype, [ctx.shape(0)?.[0], directions, batch, hidden]);
  for (const i of [1, 2]) if (ctx.hasOutput(i)) ctx.setTensor(i, dtype, [directions, batch, hidden]);
}

/** The gathered rows, dequantized; elements of fewer than 8 bits stand several to a byte in the last axis. */
function inferGatherBlock(ctx: InferContext): void {
  const data = ctx.shape(0);
  const indices = ctx.shape(1);
  const axis = data && axisOf(ctx.attributes.int('gather_axis', 0), data.length);
  if (data === undefined || indices === undefined || axis === undefined) {
    ctx.setTensor(0, ctx.dtype(2), undefined);
    return;
  }
  const perByte = ctx.dtype(0) === DataType.UINT8 ? 8 / ctx.attributes.int('bits', 4) : 1;
  const unpacked = data.with(-1, data.at(-1)?.mul(perByte));
  ctx.setTensor(0, ctx.dtype(2), [...unpacked.slice(0, axis), ...indices, ...unpacked.slice(axis + 1)]);
}

/** Operators on 8-bit tensors: scales and zero points are inputs beside each tensor. */
export const definitions: readonly OpDefinition[] = [
  {
    name: 'QuantizeLinear',
    infer: (ctx: InferContext) => ctx.setTensor(0, ctx.hasInput(2) ? ctx.dtype(2) : DataType.UINT8, ctx.shape(0)),
  },
  { name: 'DequantizeLinear', infer: (ctx: InferContext) => ctx.setTensor(0, ctx.dtype(1), ctx.shape(0)) },
  { name: 'QuantizeWithOrder', infer: (ctx: InferContext) => ctx.setTensor(0, DataType.INT8, ctx.shape(0)) },
  {
    name: 'DequantizeWithOrder',
    infer: (ctx: InferContext) => ctx.setTensor(0, ctx.attributes.int('to'), ctx.shape(0)),
  },
  { name: 'QLinearAdd', infer: elementwise(0, 3) },
  { name: 'QLinearMul', infer: elementwise(0, 3) },
  { name: 'QLinearLeakyRelu', infer: elementwise(0) },
  { name: 'QLinearSigmoid', infer: elementwise(0) },
  { name: 'QLinearSoftmax', infer: elementwise(0) },
  { name: 'QLinearWhere', infer: elementwise(0, 1, 4) },
  {
    name: 'MulInteger',
    infer: (ctx: InferContext) => ctx.setTensor(0, DataType.INT32, ctx.broadcast([0, 2])),
  },
  { name: 'QLinearConcat', infer: ruleOf(concatSplit, 'Concat', concatInputs) },
  { name: 'QLinearReduceMean', infer: ruleOf(reduction, 'ReduceMean', { inputs: [0], opset: 13 }) },
  {
    name: 'ReduceSumInteger',
    infer: ruleOf(reduction, 'ReduceSum', (ctx) => ({ inputs: [0], opset: 11, dtype: accumulator(ctx) })),
  },
  { name: 'QLinearConv', infer: ruleOf(conv, 'QLinearConv', layout) },
  { name: 'QLinearAveragePool', infer: ruleOf(pool, 'AveragePool', (ctx) => ({ inputs: [0], ...layout(ctx) })) },
  {
    name: 'QLinearGlobalAveragePool',
    infer: ruleOf(pool, 'GlobalAveragePool', (ctx) => ({ inputs: [0], ...layout(ctx) })),
  },
  { name: 'DynamicQuantizeLSTM', infer: inferLstm },
  { name: 'GatherBlockQuantized', infer: inferGatherBlock },
].map((definition) => ({ ...definition, domain: DOMAIN }));
