/** Fourier transforms whose length is only known at run time, or too long for a constant: the basis is computed. */
import type { Value } from '../../../model/value.js';
import { DataType } from '../../../tensor/dtype.js';
import type { Builder } from '../../builder.js';
import type { DftOptions, Norm } from './dft.js';
import { asType } from './stft.js';

interface Basis {
  readonly cos: Value;
  readonly sin: Value;
}

/** See `emitRealToComplex`; the length is that of the axis. */
export function liveRealToComplex(
  build: Builder,
  x: Value,
  { rank, dtype, norm, inverse, onesided }: DftOptions & { readonly onesided: boolean },
): Value {
  const length = build.size(x, rank - 1);
  const bins = onesided ? build.add(build.div(length, build.ints([2])), build.ints([1])) : length;
  const { cos, sin } = basis(build, length, length, bins, dtype);
  const factor = scale(build, norm, inverse, length, dtype);
  const real = build.op('MatMul', [x, cos]);
  const imaginary = build.op('MatMul', [x, inverse ? sin : build.op('Neg', [sin])]);
  return pair(build, scaled(build, real, factor), scaled(build, imaginary, factor));
}

/** See `emitComplexToComplex`; the length is that of the axis. */
export function liveComplexToComplex(build: Builder, x: Value, { rank, dtype, norm, inverse }: DftOptions): Value {
  const length = build.size(x, rank - 1);
  const { cos, sin } = basis(build, length, length, length, dtype);
  const factor = scale(build, norm, inverse, length, dtype);
  const [re, im] = [build.gather(x, 0, -1), build.gather(x, 1, -1)];
  const times = (a: Value, b: Value) => build.op('MatMul', [a, b]);
  const [add, sub] = [build.add.bind(build), build.sub.bind(build)];
  // Forward: (a + bi)(cos - i sin).
  const real = (inverse ? sub : add)(times(re, cos), times(im, sin));
  const imaginary = (inverse ? add : sub)(times(im, cos), times(re, sin));
  return pair(build, scaled(build, real, factor), scaled(build, imaginary, factor));
}

/** See `emitComplexToReal`; the length is even, twice the size of the axis less 2. */
export function liveComplexToReal(build: Builder, x: Value, { rank, dtype, norm, inverse }: DftOptions): Value {
  const bins = build.size(x, rank - 1);
  const last = build.sub(bins, build.ints([1]));
  const length = build.mul(last, build.ints([2]));
  const { cos, sin } = basis(build, length, bins, length, dtype);
  const factor = scale(build, norm, inverse, length, dtype);
  // All frequencies count twice, for their conjugates, but the first and the last.
  const k = build.range(build.asScalar(bins));
  const once = build.op('Or', [build.op('Equal', [k, build.ints([0])]), build.op('Equal', [k, last])]);
  const weights = build.where(once, build.scalar(1, dtype), build.scalar(2, dtype));
  const re = build.mul(build.gather(x, 0, -1), weights);
  const im = build.mul(build.gather(x, 1, -1), weights);
  const [real, imaginary] = [build.op('MatMul', [re, cos]), build.op('MatMul', [im, sin])];
  return scaled(build, inverse ? build.sub(real, imaginary) : build.add(real, imaginary), factor);
}

/** cos and sin of 2 pi j k / n. The product is reduced in integers, so that no angle is large. */
function basis(build: Builder, length: Value, rows: Value, columns: Value, dtype: number): Basis {
  const j = build.unsqueeze(build.range(build.asScalar(rows)), [1]);
  const k = build.unsqueeze(build.range(build.asScalar(columns)), [0]);
  const part = build.op('Mod', [build.mul(j, k), length]);
  const turns = build.div(build.cast(part, DataType.DOUBLE), build.cast(length, DataType.DOUBLE));
  const angle = build.mul(turns, build.scalar(2 * Math.PI, DataType.DOUBLE));
  const trig = (opType: string) => asType(build, build.op(opType, [angle]), DataType.DOUBLE, dtype);
  return { cos: trig('Cos'), sin: trig('Sin') };
}

function scale(build: Builder, norm: Norm, inverse: boolean, length: Value, dtype: number): Value | undefined {
  if (norm !== 'ortho' && (norm === 'backward') !== inverse) return undefined;
  const n = build.cast(length, dtype);
  return norm === 'ortho' ? build.op('Sqrt', [n]) : n;
}

function scaled(build: Builder, x: Value, divisor: Value | undefined): Value {
  return divisor ? build.div(x, divisor) : x;
}

function pair(build: Builder, real: Value, imaginary: Value): Value {
  return build.concat([build.unsqueeze(real, [-1]), build.unsqueeze(imaginary, [-1])], -1);
}
