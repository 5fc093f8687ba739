import { describe, expect, it } from 'vitest';
import { erf } from '../../../src/ops/lib/erf.js';
import { DataType } from '../../../src/tensor/dtype.js';
import { type Argument, expectClose, float, lowered, noise } from './harness.js';

const X = noise([2, 7], 3);
const Y = noise([2, 7], 4);
const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
const softplus = (x: number) => Math.log1p(Math.exp(x));
const clip = (x: number, low: number, high: number) => Math.min(Math.max(x, low), high);

const unary: Readonly<Record<string, readonly [(x: number) => number, ...Argument[]]>> = {
  sin: [Math.sin],
  tanh: [Math.tanh],
  erf: [erf],
  erfc: [(x) => 1 - erf(x)],
  ceil: [Math.ceil],
  trunc: [Math.trunc],
  frac: [(x) => x - Math.trunc(x)],
  round: [(x) => Math.round(x * 100) / 100, 2],
  abs: [Math.abs],
  neg: [(x) => -x],
  exp2: [(x) => 2 ** x],
  expm1: [Math.expm1],
  log1p: [Math.log1p],
  square: [(x) => x * x],
  deg2rad: [(x) => (x * Math.PI) / 180],
  sinc: [(x) => (x === 0 ? 1 : Math.sin(Math.PI * x) / (Math.PI * x))],
  angle: [(x) => (x < 0 ? Math.PI : 0)],
  gelu: [(x) => (x / 2) * (1 + erf(x / Math.SQRT2)), 'none'],
  silu: [(x) => x * sigmoid(x)],
  mish: [(x) => x * Math.tanh(softplus(x))],
  relu6: [(x) => clip(x, 0, 6)],
  hardtanh: [(x) => clip(x, -0.5, 0.25), -0.5, 0.25],
  hardsigmoid: [(x) => clip(x + 3, 0, 6) / 6],
  hardswish: [(x) => (x * clip(x + 3, 0, 6)) / 6],
  softplus: [(x) => softplus(2 * x) / 2, 2, 20],
  log_sigmoid: [(x) => Math.log(sigmoid(x))],
  elu: [(x) => (x > 0 ? x : 0.5 * Math.expm1(x)), 0.5],
  leaky_relu: [(x) => (x > 0 ? x : 0.1 * x), 0.1],
  hardshrink: [(x) => (Math.abs(x) > 0.5 ? x : 0), 0.5],
  softshrink: [(x) => Math.sign(x) * Math.max(0, Math.abs(x) - 0.25), 0.25],
  threshold: [(x) => (x > 0.1 ? x : 7), 0.1, 7],
  clamp: [(x) => clip(x, -0.5, 0.5), -0.5, 0.5],
  clamp_min: [(x) => Math.max(x, 0.2), 0.2],
  // Whole numbers take the type of what they meet.
  add: [(x) => x + 6, 3, 2],
  rsub: [(x) => 3 - x, 3, 1],
  pow: [(x) => x ** 2, 2],
  remainder: [(x) => ((x % 0.3) + 0.3) % 0.3, 0.3],
  fmod: [(x) => x % 0.3, 0.3],
  floor_divide: [(x) => Math.floor(x / 0.3), 0.3],
};

const binary: Readonly<Record<string, readonly [(x: number, y: number) => number, ...Argument[]]>> = {
  sub: [(x, y) => x - 0.5 * y, 0.5],
  mul: [(x, y) => x * y],
  div: [(x, y) => Math.trunc(x / y), 'trunc'],
  maximum: [Math.max],
  atan2: [Math.atan2],
  hypot: [Math.hypot],
  logaddexp: [(x, y) => Math.log(Math.exp(x) + Math.exp(y))],
  le: [(x, y) => Number(x <= y)],
  ne: [(x, y) => Number(x !== y)],
  heaviside: [(x, y) => (x === 0 ? y : Number(x > 0))],
};

describe('functions of single elements', () => {
  it.each(Object.entries(unary))('%s', async (name, [expected, ...args]) => {
    const result = await lowered(name, [{ live: X }, ...args]);
    expectClose(result, [2, 7], Array.from(X.data as Float32Array, expected));
  });

  it.each(Object.entries(binary))('%s of two tensors', async (name, [expected, ...args]) => {
    const result = await lowered(name, [{ live: X }, { live: Y }, ...args]);
    const [x, y] = [X.data as Float32Array, Y.data as Float32Array];
    expectClose(
      result,
      [2, 7],
      Array.from(x, (value, i) => expected(value, y[i] as number)),
    );
  });

  it('divides whole numbers as PyTorch does', async () => {
    const x = { dtype: DataType.INT64, shape: [6], data: BigInt64Array.of(7n, -7n, 7n, -7n, 6n, 0n) };
    const y = { dtype: DataType.INT64, shape: [6], data: BigInt64Array.of(2n, 2n, -2n, -2n, 3n, 5n) };
    const run = (name: string, ...args: Argument[]) => lowered(name, [{ live: x }, { live: y }, ...args]);
    expectClose(await run('div'), [6], [3.5, -3.5, -3.5, 3.5, 2, 0]);
    expectClose(await run('div', 'floor'), [6], [3, -4, -4, 3, 2, 0]);
    expectClose(await run('div', 'trunc'), [6], [3, -3, -3, 3, 2, 0]);
    expectClose(await run('remainder'), [6], [1, 1, -1, -1, 0, 0]);
    expect((await run('floor_divide')).dtype).toBe(DataType.INT64);
  });

  it('computes with bools as numbers, and with whole numbers as floats where it must', async () => {
    const bools = { dtype: DataType.BOOL, shape: [3], data: Uint8Array.of(0, 1, 1) };
    const whole = { dtype: DataType.INT64, shape: [3], data: BigInt64Array.of(1n, 4n, 9n) };
    expectClose(await lowered('add', [{ live: bools }, { live: bools }, 1]), [3], [0, 2, 2]);
    expectClose(await lowered('mul', [{ live: whole }, 0.5]), [3], [0.5, 2, 4.5]);
    expectClose(await lowered('rsqrt', [{ live: whole }]), [3], [1, 0.5, 1 / 3]);
    expectClose(await lowered('where', [{ live: bools }, { live: whole }, 0.5]), [3], [0.5, 4, 9]);
  });

  it('replaces infinite and missing numbers', async () => {
    const x = float([4], [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 2]);
    expectClose(await lowered('nan_to_num', [{ live: x }, 0.5, 8, -9]), [4], [0.5, 8, -9, 2]);
    expectClose(await lowered('isfinite', [{ live: x }]), [4], [0, 0, 0, 1]);
  });

  it.each([11, 13, 18, 21])('speaks opset %i', async (opset) => {
    expectClose(
      await lowered('ge', [{ live: X }, 0.25], { opset }),
      [2, 7],
      Array.from(X.data as Float32Array, (x) => Number(x >= 0.25)),
    );
    expectClose(
      await lowered('clamp', [{ live: X }, undefined, 0.25], { opset }),
      [2, 7],
      Array.from(X.data as Float32Array, (x) => Math.min(x, 0.25)),
    );
  });
});
