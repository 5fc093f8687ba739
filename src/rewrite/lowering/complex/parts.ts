/** Arithmetic on complex numbers that are kept as a last axis of real and imaginary part. */
import type { Value } from '../../../model/value.js';
import type { Builder } from '../../builder.js';
import type { Call } from '../call.js';

/** Real parts; with `keep` the last axis stays, with size 1. */
export function realPart(build: Builder, x: Value, keep = false): Value {
  return build.gather(x, keep ? [0] : 0, -1);
}

/** Imaginary parts; see {@link realPart}. */
export function imaginaryPart(build: Builder, x: Value, keep = false): Value {
  return build.gather(x, keep ? [1] : 1, -1);
}

/** Complex numbers of parts that have no last axis for them. */
export function fromParts(build: Builder, real: Value, imaginary: Value): Value {
  return build.concat([build.unsqueeze(real, [-1]), build.unsqueeze(imaginary, [-1])], -1);
}

/** A complex operand as it is, a real one with imaginary parts of zero. */
export function asComplex(call: Call, x: Value): Value {
  const { build } = call;
  if (call.isComplex(x)) return x;
  return build.mul(build.unsqueeze(x, [-1]), build.constant([1, 0], [2], call.dtype(x)));
}

/** The conjugate. */
export function conjugate(call: Call, x: Value): Value {
  const { build } = call;
  return call.complex(build.mul(x, build.constant([1, -1], [2], call.dtype(x))));
}

/** The product, of which one operand may be real. */
export function multiply(call: Call, a: Value, b: Value): Value {
  const { build } = call;
  if (!call.isComplex(a) || !call.isComplex(b)) {
    const spread = (x: Value) => (call.isComplex(x) ? x : build.unsqueeze(x, [-1]));
    return call.complex(build.mul(spread(a), spread(b)));
  }
  const [ar, ai] = [realPart(build, a, true), imaginaryPart(build, a, true)];
  const [br, bi] = [realPart(build, b, true), imaginaryPart(build, b, true)];
  const real = build.sub(build.mul(ar, br), build.mul(ai, bi));
  const imaginary = build.add(build.mul(ar, bi), build.mul(ai, br));
  return call.complex(build.concat([real, imaginary], -1));
}

/** The quotient, of which one operand may be real. */
export function divide(call: Call, a: Value, b: Value): Value {
  const { build } = call;
  if (!call.isComplex(b)) return call.complex(build.div(a, build.unsqueeze(b, [-1])));
  const product = multiply(call, a, conjugate(call, b));
  return call.complex(build.div(product, build.reduce('ReduceSumSquare', b, [-1], true)));
}

/** The absolute value. */
export function magnitude(build: Builder, x: Value): Value {
  return build.reduce('ReduceL2', x, [-1], false);
}

/**
 * The angle of (x, y) in (-pi, pi]. ONNX has Atan only: the angle of (|x|, |y|), in the first quadrant, is mirrored to
 * that of the point. Zeros without a sign count as positive.
 */
export function angleOf(build: Builder, y: Value, x: Value, dtype: number): Value {
  const zero = build.scalar(0, dtype);
  const slope = build.op('Atan', [build.div(build.op('Abs', [y]), build.op('Abs', [x]))]);
  const acute = build.where(build.op('Equal', [y, zero]), zero, slope);
  const upper = build.where(build.op('Less', [x, zero]), build.sub(build.scalar(Math.PI, dtype), acute), acute);
  return build.where(build.op('Less', [y, zero]), build.op('Neg', [upper]), upper);
}
