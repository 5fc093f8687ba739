import type { Dim } from '../../symbolic/dim.js';
import type { DenseTensor } from '../../tensor/dense.js';
import { elementCount } from '../../tensor/dense.js';
import { DataType, isFloat } from '../../tensor/dtype.js';
import { allocateNumbers, numbers, required } from '../lib/alloc.js';
import { unifyBroadcast } from '../lib/broadcast-dims.js';
import { mapBinary, roundInPlace } from '../lib/elementwise.js';
import { determinants, matmul, multiplyNumbers, productLayout, transposed } from '../lib/product.js';
import { offsetBy } from '../lib/zero-point.js';
import type { EvalContext, InferContext, OpDefinition, Shape } from '../types.js';
import { EvaluationError } from '../types.js';

/** The shape of numpy's matmul of two inputs, given by position. */
export function productShape(ctx: InferContext, i: number, j: number): Shape | undefined {
  const a = ctx.shape(i);
  const b = ctx.shape(j);
  if (a === undefined || b === undefined || a.length === 0 || b.length === 0) return undefined;
  const heightAxis = Math.max(0, b.length - 2);
  ctx.unify(a[a.length - 1], b[heightAxis], `inner dimension of ${ctx.opType}`, [
    { input: i, axis: a.length - 1 },
    { input: j, axis: heightAxis },
  ]);
  const operands = [
    { input: i, shape: a.slice(0, -2) },
    { input: j, shape: b.slice(0, -2) },
  ];
  const batch = unifyBroadcast(operands, (x, y, where) => ctx.unify(x, y, `batch of ${ctx.opType}`, [...where]) ?? x);
  return [...batch, ...(a.length > 1 ? [a[a.length - 2]] : []), ...(b.length > 1 ? [b[b.length - 1]] : [])];
}

/** Products of 8-bit integers less their zero points, in 32 bits. */
function integerProduct(ctx: EvalContext): DenseTensor {
  const a = required(ctx.inputs, 0);
  const b = required(ctx.inputs, 1);
  const layout = productLayout(a.shape, b.shape);
  const data = new Int32Array(elementCount(layout.shape));
  const left = offsetBy(a, ctx.inputs[2], 'rows');
  const right = offsetBy(b, ctx.inputs[3], 'columns');
  multiplyNumbers(layout, left, right, data);
  return { dtype: DataType.INT32, shape: layout.shape, data };
}

function inferGemm(ctx: InferContext): void {
  const a = ctx.shape(0);
  const b = ctx.shape(1);
  const flipA = ctx.attributes.int('transA', 0) !== 0;
  const flipB = ctx.attributes.int('transB', 0) !== 0;
  ctx.unify(a?.[flipA ? 0 : 1], b?.[flipB ? 1 : 0], 'inner dimension of Gemm', [
    { input: 0, axis: flipA ? 0 : 1 },
    { input: 1, axis: flipB ? 1 : 0 },
  ]);
  const shape: (Dim | undefined)[] = [a?.[flipA ? 1 : 0], b?.[flipB ? 0 : 1]];
  const c = ctx.shape(2);
  c?.forEach((dim, own) => {
    const axis = own + 2 - c.length;
    if (dim === undefined || dim.value === 1 || axis < 0) return;
    shape[axis] = ctx.unify(shape[axis], dim, 'addend of Gemm', [
      { input: axis, axis: (axis === 0 ? flipA : !flipB) ? 1 : 0 },
      { input: 2, axis: own },
    ]);
  });
  ctx.setTensor(0, ctx.dtype(0) ?? ctx.dtype(1), shape);
}

function gemm(ctx: EvalContext): DenseTensor {
  const { attributes, inputs } = ctx;
  const left = required(inputs, 0);
  const right = required(inputs, 1);
  if (!isFloat(left.dtype)) throw new EvaluationError('Gemm of integers is not supported');
  const a = attributes.int('transA', 0) !== 0 ? transposed(left) : left;
  const b = attributes.int('transB', 0) !== 0 ? transposed(right) : right;
  if (a.shape.length !== 2 || b.shape.length !== 2) throw new EvaluationError('Gemm multiplies matrices');
  const alpha = attributes.float('alpha', 1);
  const beta = attributes.float('beta', 1);
  const layout = productLayout(a.shape, b.shape);
  const wide = new Float64Array(elementCount(layout.shape));
  multiplyNumbers(layout, numbers(a), numbers(b), wide);
  const product: DenseTensor = { dtype: DataType.DOUBLE, shape: layout.shape, data: wide };
  const c = inputs[2];
  let sum = product;
  if (c !== undefined) {
    const addend: DenseTensor = { dtype: DataType.DOUBLE, shape: c.shape, data: Float64Array.from(numbers(c)) };
    sum = mapBinary('Gemm', product, addend, { float: (p, q) => alpha * p + beta * q });
    if (String(sum.shape) !== String(product.shape)) throw new EvaluationError('the addend is larger than the product');
  } else for (let i = 0; i < wide.length; i++) wide[i] = alpha * (wide[i] as number);
  const data = allocateNumbers(left.dtype, wide.length);
  data.set(numbers(sum));
  roundInPlace(data, left.dtype);
  return { dtype: left.dtype, shape: layout.shape, data };
}

function inferDet(ctx: InferContext): void {
  const shape = ctx.shape(0);
  const rank = shape?.length ?? 0;
  if (shape !== undefined && rank >= 2) {
    ctx.unify(shape[rank - 2], shape[rank - 1], 'sides of the matrices of Det', [
      { input: 0, axis: rank - 2 },
      { input: 0, axis: rank - 1 },
    ]);
  }
  ctx.setTensor(0, ctx.dtype(0), shape && rank >= 2 ? shape.slice(0, -2) : undefined);
}

function det({ inputs }: EvalContext): DenseTensor {
  const x = required(inputs, 0);
  const [n, m] = x.shape.slice(-2);
  if (n === undefined || m === undefined || n !== m) throw new EvaluationError('Det needs square matrices');
  const shape = x.shape.slice(0, -2);
  const data = allocateNumbers(x.dtype, elementCount(shape));
  data.set(n === 0 ? new Float64Array(data.length).fill(1) : determinants(numbers(x), n));
  roundInPlace(data, x.dtype);
  return { dtype: x.dtype, shape, data };
}

/** Products of matrices. */
export const definitions: readonly OpDefinition[] = [
  {
    name: 'MatMul',
    infer: (ctx) => ctx.setTensor(0, ctx.dtype(0) ?? ctx.dtype(1), productShape(ctx, 0, 1)),
    evaluate: ({ inputs }) => [matmul(required(inputs, 0), required(inputs, 1))],
  },
  {
    name: 'MatMulInteger',
    infer: (ctx) => ctx.setTensor(0, DataType.INT32, productShape(ctx, 0, 1)),
    evaluate: (ctx) => [integerProduct(ctx)],
  },
  { name: 'Gemm', infer: inferGemm, evaluate: (ctx) => [gemm(ctx)] },
  { name: 'Det', infer: inferDet, evaluate: (ctx) => [det(ctx)] },
];
