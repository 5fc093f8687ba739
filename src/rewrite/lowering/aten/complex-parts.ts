import type { Value } from '../../../model/value.js';
import type { Call } from '../call.js';
import { direction, exponential, logarithm, polar, power, reciprocal } from '../complex/functions.js';
import { angleOf, conjugate, fromParts, imaginaryPart, magnitude, multiply, realPart } from '../complex/parts.js';
import type { Lowering, Lowerings } from '../lowering.js';
import { Refusal } from '../refusal.js';

/** An operator of one tensor that does one thing to complex numbers and another to real ones. */
function unary(complex: (call: Call, x: Value) => Value, real: (call: Call, x: Value) => Value): Lowering {
  return {
    args: 'self',
    lower: (call) => {
      const x = call.tensor('self');
      return call.isComplex(x) ? complex(call, x) : real(call, x);
    },
  };
}

const same = (_: Call, x: Value) => x;
const onnx = (opType: string) => (call: Call, x: Value) => call.build.op(opType, [x]);
const notComplex = (): never => {
  throw new Refusal('its input is real instead of complex');
};

/** Real numbers point to the right, or to the left. */
function realAngle(call: Call, x: Value): Value {
  const { build } = call;
  const dtype = call.dtype(x);
  const isNegative = build.op('Less', [x, build.scalar(0, dtype)]);
  return build.where(isNegative, build.scalar(Math.PI, dtype), build.scalar(0, dtype));
}

export const lowerings: Lowerings = {
  // The same numbers in another meaning: a value of its own.
  view_as_real: unary(onnx('Identity'), notComplex),
  view_as_complex: { args: 'self', lower: (call) => call.complex(call.build.op('Identity', [call.real('self')])) },
  real: unary((call, x) => realPart(call.build, x), same),
  imag: unary((call, x) => imaginaryPart(call.build, x), notComplex),
  abs: unary((call, x) => magnitude(call.build, x), onnx('Abs')),
  angle: unary(
    (call, x) => angleOf(call.build, imaginaryPart(call.build, x), realPart(call.build, x), call.dtype(x)),
    realAngle,
  ),
  conj: unary(conjugate, same),
  _conj: unary(conjugate, same),
  _conj_physical: unary(conjugate, same),
  conj_physical: unary(conjugate, same),
  resolve_conj: unary(same, same),
  resolve_neg: unary(same, same),
  exp: unary(exponential, onnx('Exp')),
  log: unary(logarithm, onnx('Log')),
  sqrt: unary((call, x) => power(call, x, 0.5), onnx('Sqrt')),
  square: unary(
    (call, x) => multiply(call, x, x),
    (call, x) => call.build.mul(x, x),
  ),
  reciprocal: unary(reciprocal, onnx('Reciprocal')),
  neg: unary((call, x) => call.complex(call.build.op('Neg', [x])), onnx('Neg')),
  sgn: unary(direction, onnx('Sign')),
  polar: { args: 'abs angle', lower: (call) => polar(call, call.real('abs'), call.real('angle')) },
  complex: {
    args: 'real imag',
    lower: (call) => call.complex(fromParts(call.build, call.real('real'), call.real('imag'))),
  },
  is_complex: { args: 'self', lower: (call) => call.build.scalar(Number(call.isComplex(call.tensor('self'))), 9) },
};
