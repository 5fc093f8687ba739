/** Activations that ONNX lacks, or got late. */
import type { Value } from '../../model/value.js';
import type { Builder } from '../builder.js';

/** x / 2 (1 + erf(x / sqrt 2)). */
export function gelu(build: Builder, x: Value, dtype: number): Value {
  const erf = build.op('Erf', [build.div(x, build.scalar(Math.SQRT2, dtype))]);
  const factor = build.add(erf, build.scalar(1, dtype));
  return build.mul(build.mul(x, factor), build.scalar(0.5, dtype));
}

/** The approximation with tanh: x / 2 (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))). */
export function fastGelu(build: Builder, x: Value, dtype: number): Value {
  const cube = build.mul(build.mul(build.mul(x, x), x), build.scalar(0.044715, dtype));
  const inner = build.mul(build.add(x, cube), build.scalar(Math.sqrt(2 / Math.PI), dtype));
  const factor = build.add(build.op('Tanh', [inner]), build.scalar(1, dtype));
  return build.mul(build.mul(x, factor), build.scalar(0.5, dtype));
}

/** x sigmoid(alpha x). */
export function sigmoidLinear(build: Builder, x: Value, dtype: number, alpha = 1): Value {
  const scaled = alpha === 1 ? x : build.mul(x, build.scalar(alpha, dtype));
  return build.mul(x, build.op('Sigmoid', [scaled]));
}
