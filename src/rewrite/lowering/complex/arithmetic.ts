import type { Value } from '../../../model/value.js';
import { DataType } from '../../../tensor/dtype.js';
import type { Call } from '../call.js';
import type { Lowering, Lowerings } from '../lowering.js';
import { Refusal } from '../refusal.js';
import { exponential, logarithm, power, reciprocal } from './functions.js';
import { asComplex, divide, imaginaryPart, magnitude, multiply, realPart } from './parts.js';

/** Operators that do to both parts what they do to numbers. */
export function linear(opType: string): (call: Call, a: Value, b: Value) => Value {
  return (call, a, b) => call.complex(call.build.op(opType, [asComplex(call, a), asComplex(call, b)]));
}

/** z^p, where p has to be a constant number. */
export function powerOf(call: Call, x: Value, exponent: Value): Value {
  const number = call.isComplex(x) ? call.numberIn(exponent) : undefined;
  if (number === undefined) throw new Refusal('powers of complex numbers need a constant exponent');
  return power(call, x, number);
}

/** The product of matrices, of which one may be real. */
export function matrixProduct(call: Call, a: Value, b: Value): Value {
  const { build } = call;
  const product = (x: Value, y: Value) => build.op('MatMul', [x, y]);
  const parts = (x: Value): [Value, Value | undefined] =>
    call.isComplex(x) ? [realPart(build, x), imaginaryPart(build, x)] : [x, undefined];
  const [[ar, ai], [br, bi]] = [parts(a), parts(b)];
  const join = (opType: string, x: Value | undefined, y: Value | undefined) =>
    x && y ? build.op(opType, [x, y]) : ((x ?? y) as Value);
  const real = join('Sub', product(ar, br), ai && bi && product(ai, bi));
  const imaginary = join('Add', bi && product(ar, bi), ai && product(ai, br));
  return call.complex(build.concat([build.unsqueeze(real, [-1]), build.unsqueeze(imaginary, [-1])], -1));
}

function binary(lower: (call: Call, a: Value, b: Value) => Value): Lowering {
  return { args: 'a b', lower: (call) => lower(call, call.tensor('a'), call.tensor('b')) };
}

function unary(lower: (call: Call, x: Value) => Value): Lowering {
  return { args: 'x', lower: (call) => lower(call, call.tensor('x')) };
}

/** To a complex type: with imaginary parts of zero; to a real one: without the imaginary parts, as PyTorch does. */
function cast(call: Call): Value {
  const { build } = call;
  const x = call.tensor('input');
  const to = call.int('to');
  const from = call.dtype(x);
  const isComplex = to === DataType.COMPLEX64 || to === DataType.COMPLEX128;
  const target = to === DataType.COMPLEX64 ? DataType.FLOAT : to === DataType.COMPLEX128 ? DataType.DOUBLE : to;
  if (!isComplex) return call.build.cast(realPart(build, x), target);
  const same = from === target ? x : build.cast(x, target);
  if (call.isComplex(x)) return call.complex(same);
  return call.complex(build.mul(build.unsqueeze(same, [-1]), build.constant([1, 0], [2], target)));
}

/** Both parts are equal. */
function equal(call: Call, a: Value, b: Value): Value {
  const { build } = call;
  const parts = build.op('Equal', [asComplex(call, a), asComplex(call, b)]);
  return build.op('And', [build.gather(parts, 0, -1), build.gather(parts, 1, -1)]);
}

export const lowerings: Lowerings = {
  Add: binary(linear('Add')),
  Sub: binary(linear('Sub')),
  Mul: binary(multiply),
  Div: binary((call, a, b) => divide(call, asComplex(call, a), b)),
  Pow: binary(powerOf),
  Equal: binary(equal),
  MatMul: binary(matrixProduct),
  Neg: unary((call, x) => call.complex(call.build.op('Neg', [x]))),
  Abs: unary((call, x) => magnitude(call.build, x)),
  Exp: unary(exponential),
  Log: unary(logarithm),
  Sqrt: unary((call, x) => power(call, x, 0.5)),
  Reciprocal: unary(reciprocal),
  Cast: { args: 'input to saturate round_mode', lower: cast },
};
