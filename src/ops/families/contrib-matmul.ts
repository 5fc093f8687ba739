import { Dim } from '../../symbolic/dim.js';
import { DataType } from '../../tensor/dtype.js';
import { dimOf } from '../lib/known.js';
import { type Remapping, ruleOf } from '../lib/remap.js';
import type { InferContext, OpDefinition, Shape } from '../types.js';
import { definitions as matmul } from './matmul.js';

const DOMAIN = 'com.microsoft';

/** Operands are transposed on request: the matrices, or the first batch axis with the rows. */
function fused({ attributes }: InferContext): Remapping {
  const flag = (name: string) => attributes.int(name, 0) !== 0;
  return {
    axes: (input, rank) => {
      const axes = Array.from({ length: rank }, (_, axis) => axis);
      const side = input === 0 ? 'A' : 'B';
      if (rank < 2 || input > 1) return axes;
      if (flag(`transBatch${side}`)) axes.splice(rank - 2, 0, ...axes.splice(0, 1));
      if (flag(`trans${side}`)) axes.push(...axes.splice(rank - 2, 1));
      return axes;
    },
  };
}

const product = (as: (ctx: InferContext) => Remapping) => ruleOf(matmul, 'MatMul', as);

/** [..., K] times a weight of K rows and N columns that is packed beyond recognition. */
function inferPacked(columns: string, rows: string) {
  return (ctx: InferContext) => ctx.setTensor(0, ctx.dtype(0), packedProduct(ctx, columns, rows));
}

function packedProduct(ctx: InferContext, columns: string, rows: string): Shape | undefined {
  const shape = ctx.shape(0);
  const inner = ctx.attributes.int(rows);
  const outer = ctx.attributes.int(columns);
  if (shape === undefined || shape.length === 0) return undefined;
  if (inner !== undefined) {
    ctx.unify(shape.at(-1), Dim.of(inner), `inner dimension of ${ctx.opType}`, [{ input: 0, axis: shape.length - 1 }]);
  }
  return shape.with(-1, outer === undefined ? undefined : Dim.of(outer));
}

/** Three projections of one input, and the input itself where it is a sum. */
function inferNBitsQkv(ctx: InferContext): void {
  ['Nq', 'Nkv', 'Nkv'].forEach((columns, i) => {
    if (ctx.hasOutput(i)) ctx.setTensor(i, ctx.dtype(0), packedProduct(ctx, columns, 'K'));
  });
  if (ctx.hasOutput(3)) ctx.setTensor(3, ctx.dtype(0), ctx.shape(0));
}

/** The first matrix is sparse, both have two axes. */
function inferSparse(ctx: InferContext): void {
  const facts = ctx.input(0);
  const a = facts?.kind === 'sparse' || facts?.kind === 'tensor' ? facts.shape : undefined;
  const b = ctx.shape(1);
  const flip = (name: string) => ctx.attributes.int(name, 0) !== 0;
  const shape = a?.length === 2 && b?.length === 2 ? [a[flip('transA') ? 1 : 0], b[flip('transB') ? 0 : 1]] : undefined;
  ctx.setTensor(0, ctx.dtype(1), shape);
}

/** The weight's shape is input 2: [K, N]. */
function inferFpQ4(ctx: InferContext): void {
  ctx.setTensor(0, ctx.dtype(0), ctx.shape(0)?.with(-1, dimOf(ctx.content(2)?.[1])));
}

/** Products of matrices that onnxruntime's optimizer and quantizers write. */
export const definitions: readonly OpDefinition[] = [
  { name: 'FusedMatMul', infer: product(fused) },
  { name: 'FusedMatMulActivation', infer: product(fused) },
  { name: 'TransposeMatMul', infer: product(fused) },
  { name: 'GemmFastGelu', infer: product(() => ({ inputs: [0, 1] })) },
  { name: 'DynamicQuantizeMatMul', infer: product(() => ({ inputs: [0, 1] })) },
  { name: 'MatMulIntegerToFloat', infer: product((ctx) => ({ inputs: [0, 1], dtype: ctx.dtype(2) })) },
  { name: 'QOrderedMatMul', infer: product(() => ({ inputs: [0, 2] })) },
  {
    name: 'MatMulInteger16',
    infer: product((ctx) => ({
      dtype: ctx.dtype(0) === DataType.UINT16 && ctx.dtype(1) === DataType.UINT16 ? DataType.UINT32 : DataType.INT32,
    })),
  },
  { name: 'FusedGemm', infer: ruleOf(matmul, 'Gemm') },
  {
    name: 'GemmFloat8',
    infer: ruleOf(matmul, 'Gemm', ({ attributes }) => ({
      inputs: [0, 1, 2],
      dtype: attributes.int('dtype', DataType.FLOAT),
    })),
  },
  {
    // Without a zero point for the output, it is not quantized.
    name: 'QGemm',
    infer: ruleOf(matmul, 'Gemm', (ctx) => ({
      inputs: [0, 3, 6],
      dtype: ctx.hasInput(8) ? ctx.dtype(8) : DataType.FLOAT,
    })),
  },
  { name: 'MatMulNBits', infer: inferPacked('N', 'K') },
  { name: 'MatMulNBitsQkv', infer: inferNBitsQkv },
  {
    name: 'MatMulNBitsMlp',
    infer(ctx: InferContext) {
      inferPacked('N', 'K')(ctx);
      if (ctx.hasOutput(1)) ctx.setTensor(1, ctx.dtype(0), ctx.shape(0));
    },
  },
  {
    name: 'MatMulBnb4',
    infer: (ctx: InferContext) =>
      ctx.attributes.int('transB', 1) !== 0 ? inferPacked('N', 'K')(ctx) : inferPacked('K', 'N')(ctx),
  },
  { name: 'MatMulFpQ4', infer: inferFpQ4 },
  { name: 'SparseToDenseMatMul', infer: inferSparse },
  {
    name: 'CDist',
    infer: (ctx: InferContext) => ctx.setTensor(0, ctx.dtype(0), [ctx.shape(0)?.[0], ctx.shape(1)?.[0]]),
  },
].map((definition) => ({ ...definition, domain: DOMAIN }));
