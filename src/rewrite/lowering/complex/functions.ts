import type { Value } from '../../../model/value.js';
import type { Call } from '../call.js';
import { angleOf, divide, fromParts, imaginaryPart, magnitude, multiply, realPart } from './parts.js';

/** e^(a + bi) = e^a (cos b + i sin b). */
export function exponential(call: Call, x: Value): Value {
  const { build } = call;
  return polar(call, build.op('Exp', [realPart(build, x)]), imaginaryPart(build, x));
}

export function polar(call: Call, radius: Value, angle: Value): Value {
  const { build } = call;
  const [cos, sin] = [build.op('Cos', [angle]), build.op('Sin', [angle])];
  return call.complex(fromParts(build, build.mul(radius, cos), build.mul(radius, sin)));
}

/** The number over its absolute value; 0 stays 0. */
export function direction(call: Call, x: Value): Value {
  const { build } = call;
  const zero = build.scalar(0, call.dtype(x));
  const size = build.reduce('ReduceL2', x, [-1], true);
  return call.complex(build.where(build.op('Equal', [size, zero]), zero, build.div(x, size)));
}

/** ln |z| + i arg z. */
export function logarithm(call: Call, x: Value): Value {
  const { build } = call;
  const angle = angleOf(build, imaginaryPart(build, x), realPart(build, x), call.dtype(x));
  return call.complex(fromParts(build, build.op('Log', [magnitude(build, x)]), angle));
}

/** z^n by repeated squaring for small whole n; |z|^p e^(i p arg z) for other numbers. */
export function power(call: Call, x: Value, exponent: number): Value {
  const { build } = call;
  if (exponent === 1) return x;
  if (Number.isInteger(exponent) && exponent >= 2 && exponent <= 8) {
    const half = power(call, x, Math.floor(exponent / 2));
    const square = multiply(call, half, half);
    return exponent % 2 === 0 ? square : multiply(call, square, x);
  }
  if (exponent === -1) return reciprocal(call, x);
  const dtype = call.dtype(x);
  const factor = build.scalar(exponent, dtype);
  const angle = angleOf(build, imaginaryPart(build, x), realPart(build, x), dtype);
  return polar(call, build.op('Pow', [magnitude(build, x), factor]), build.mul(angle, factor));
}

export function reciprocal(call: Call, x: Value): Value {
  const { build } = call;
  return divide(call, call.complex(build.constant([1, 0], [2], call.dtype(x))), x);
}
