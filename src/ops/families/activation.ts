import { Dim } from '../../symbolic/dim.js';
import { scalarMax } from '../../symbolic/scalar.js';
import type { DenseTensor } from '../../tensor/dense.js';
import { required } from '../lib/alloc.js';
import { type Kernel, unary } from '../lib/define.js';
import { mapBinary, type UnaryKernel } from '../lib/elementwise.js';
import { erf } from '../lib/erf.js';
import type { Attributes, EvalContext, InferContext, OpDefinition } from '../types.js';
import { EvaluationError } from '../types.js';

const relu: UnaryKernel = {
  float: (x) => (x < 0 ? 0 : x),
  int: (x) => Math.max(x, 0),
  big: (x) => (x < 0n ? 0n : x),
};

function sigmoid(x: number): number {
  return 1 / (1 + Math.exp(-x));
}

function softplus(x: number): number {
  return x > 0 ? x + Math.log1p(Math.exp(-x)) : Math.log1p(Math.exp(x));
}

/** A float attribute; defaults are floats in the file, so 0.2 is not the double 0.2. */
function single(attributes: Attributes, name: string, otherwise: number): number {
  return attributes.float(name, Math.fround(otherwise));
}

/** An activation whose formula depends on attributes. */
function withAttributes(make: (attributes: Attributes, opset: number) => (x: number) => number): Kernel<UnaryKernel> {
  return ({ attributes, opset }) => ({ float: make(attributes, opset) });
}

function selu(attributes: Attributes, opset: number): (x: number) => number {
  const alpha = single(attributes, 'alpha', opset < 6 ? 1.6732 : 1.6732632423543772);
  const gamma = single(attributes, 'gamma', opset < 6 ? 1.0507 : 1.0507009873554805);
  return (x) => gamma * (x > 0 ? x : alpha * Math.expm1(x));
}

function gelu(attributes: Attributes): (x: number) => number {
  const approximate = attributes.string('approximate', 'none');
  if (approximate === 'none') return (x) => 0.5 * x * (1 + erf(x / Math.SQRT2));
  const scale = Math.sqrt(2 / Math.PI);
  return (x) => 0.5 * x * (1 + Math.tanh(scale * (x + 0.044715 * x * x * x)));
}

function shrink(attributes: Attributes): (x: number) => number {
  const bias = single(attributes, 'bias', 0);
  const limit = single(attributes, 'lambd', 0.5);
  return (x) => (x < -limit ? x + bias : x > limit ? x - bias : 0);
}

/** The slope broadcasts to the input; before opset 7 it could hold one value a channel (axis 1). */
function prelu(ctx: EvalContext): DenseTensor {
  const x = required(ctx.inputs, 0);
  const slope = required(ctx.inputs, 1);
  const perChannel = ctx.opset < 7 && slope.shape.length === 1 && slope.shape[0] !== 1 && x.shape.length > 2;
  const aligned = perChannel
    ? { ...slope, shape: [...slope.shape, ...new Array<number>(x.shape.length - 2).fill(1)] }
    : slope;
  const result = mapBinary('PRelu', x, aligned, {
    float: (v, s) => (v < 0 ? v * s : v),
    int: (v, s) => (v < 0 ? Math.imul(v, s) : v),
    big: (v, s) => (v < 0n ? v * s : v),
  });
  if (String(result.shape) !== String(x.shape)) throw new EvaluationError('the slope does not broadcast to the input');
  return result;
}

function sameShape(ctx: InferContext): void {
  ctx.setTensor(0, ctx.dtype(0), ctx.shape(0));
}

function swiGlu({ inputs, attributes }: EvalContext): DenseTensor {
  const alpha = single(attributes, 'alpha', 1);
  const gate = required(inputs, 0);
  const value = required(inputs, 1);
  if (String(gate.shape) !== String(value.shape)) throw new EvaluationError('gate and value differ in shape');
  return mapBinary('SwiGLU', gate, value, { float: (a, b) => a * sigmoid(alpha * a) * b });
}

/** Both inputs have one shape. */
function inferSwiGlu(ctx: InferContext): void {
  const a = ctx.shape(0);
  const b = ctx.shape(1);
  const shape =
    a?.map((dim, axis) =>
      ctx.unify(dim, b?.[axis], 'gate and value of SwiGLU', [
        { input: 0, axis },
        { input: 1, axis },
      ]),
    ) ?? b;
  ctx.setTensor(0, ctx.dtype(0) ?? ctx.dtype(1), shape);
}

/** Activations: elementwise, with fixed parameters or a learned slope. */
export const definitions: readonly OpDefinition[] = [
  unary('Relu', relu, (x) => scalarMax(x, Dim.of(0))),
  unary('Sigmoid', { float: sigmoid }),
  unary('Softplus', { float: softplus }),
  unary('Softsign', { float: (x) => x / (1 + Math.abs(x)) }),
  unary('Mish', { float: (x) => x * Math.tanh(softplus(x)) }),
  unary('HardSwish', { float: (x) => x * Math.max(0, Math.min(1, x / 6 + 0.5)) }),
  unary(
    'LeakyRelu',
    withAttributes((attributes) => {
      const alpha = single(attributes, 'alpha', 0.01);
      return (x) => (x >= 0 ? x : alpha * x);
    }),
  ),
  unary(
    'Elu',
    withAttributes((attributes) => {
      const alpha = single(attributes, 'alpha', 1);
      return (x) => (x >= 0 ? x : alpha * Math.expm1(x));
    }),
  ),
  unary(
    'Celu',
    withAttributes((attributes) => {
      const alpha = single(attributes, 'alpha', 1);
      return (x) => (x >= 0 ? x : alpha * Math.expm1(x / alpha));
    }),
  ),
  unary('Selu', withAttributes(selu)),
  unary('Gelu', withAttributes(gelu)),
  unary(
    'HardSigmoid',
    withAttributes((attributes) => {
      const alpha = single(attributes, 'alpha', 0.2);
      const beta = single(attributes, 'beta', 0.5);
      return (x) => Math.max(0, Math.min(1, Math.fround(Math.fround(alpha * x) + beta)));
    }),
  ),
  unary(
    'ThresholdedRelu',
    withAttributes((attributes) => {
      const alpha = single(attributes, 'alpha', 1);
      return (x) => (x > alpha ? x : 0);
    }),
  ),
  unary(
    'Swish',
    withAttributes((attributes) => {
      const alpha = single(attributes, 'alpha', 1);
      return (x) => x * sigmoid(alpha * x);
    }),
  ),
  unary('Shrink', ({ attributes }) => {
    const fn = shrink(attributes);
    return { float: fn, int: fn };
  }),
  { name: 'PRelu', infer: sameShape, evaluate: (ctx) => [prelu(ctx)] },
  { name: 'SwiGLU', infer: inferSwiGlu, evaluate: (ctx) => [swiGlu(ctx)] },
];
