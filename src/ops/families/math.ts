import { Dim } from '../../symbolic/dim.js';
import { scalarCeil, scalarDiv, scalarFloor, scalarNeg, scalarRound } from '../../symbolic/scalar.js';
import { unary } from '../lib/define.js';
import type { UnaryKernel } from '../lib/elementwise.js';
import { erf } from '../lib/erf.js';
import { roundHalfEven } from '../lib/rounding.js';
import { absolute, sign } from '../lib/symbolic.js';
import type { OpDefinition } from '../types.js';

const negate: UnaryKernel = { float: (x) => -x, int: (x) => -x, big: (x) => -x };
const magnitude: UnaryKernel = { float: Math.abs, int: Math.abs, big: (x) => (x < 0n ? -x : x) };
// Of -0, onnxruntime gives 0.
const signum: UnaryKernel = {
  float: (x) => Math.sign(x) + 0,
  int: Math.sign,
  big: (x) => (x > 0n ? 1n : x < 0n ? -1n : 0n),
};

function float(name: string, fn: (x: number) => number): OpDefinition {
  return unary(name, { float: fn });
}

/** Functions of one number. */
export const definitions: readonly OpDefinition[] = [
  unary('Neg', negate, scalarNeg),
  unary('Abs', magnitude, absolute),
  unary('Sign', signum, sign),
  unary('Floor', { float: Math.floor }, scalarFloor),
  unary('Ceil', { float: Math.ceil }, scalarCeil),
  unary('Round', { float: roundHalfEven }, scalarRound),
  unary('Reciprocal', { float: (x) => 1 / x }, (x) => scalarDiv(Dim.of(1), x)),
  float('Sqrt', Math.sqrt),
  float('Exp', Math.exp),
  float('Log', Math.log),
  float('Erf', erf),
  float('Sin', Math.sin),
  float('Cos', Math.cos),
  float('Tan', Math.tan),
  float('Asin', Math.asin),
  float('Acos', Math.acos),
  float('Atan', Math.atan),
  float('Sinh', Math.sinh),
  float('Cosh', Math.cosh),
  float('Tanh', Math.tanh),
  float('Asinh', Math.asinh),
  float('Acosh', Math.acosh),
  float('Atanh', Math.atanh),
];
