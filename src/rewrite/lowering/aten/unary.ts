import type { Value } from '../../../model/value.js';
import { DataType, isFloat } from '../../../tensor/dtype.js';
import type { Builder } from '../../builder.js';
import { fastGelu, gelu, sigmoidLinear } from '../activations.js';
import type { Call } from '../call.js';
import type { Lowering, Lowerings } from '../lowering.js';
import { asFloat, inType } from './promote.js';

/** A function of one real tensor; whole numbers become float first. */
function float(lower: (build: Builder, x: Value, dtype: number, call: Call) => Value, args = 'self'): Lowering {
  return {
    args,
    lower: (call) => {
      const { value, dtype } = asFloat(call, call.real('self'));
      return lower(call.build, value, dtype, call);
    },
  };
}

/** An operator of ONNX that does the same. */
function onnx(opType: string): Lowering {
  return float((build, x) => build.op(opType, [x]));
}

/** An operator that rounds, or tells something of floats: whole numbers are whole already. */
function rounding(lower: (build: Builder, x: Value, dtype: number) => Value): Lowering {
  return {
    args: 'self',
    lower: (call) => {
      const x = call.real('self');
      const dtype = call.dtype(x);
      return isFloat(dtype) ? lower(call.build, x, dtype) : x;
    },
  };
}

/** What comes out is what goes in. */
function identity(args: string): Lowering {
  const [first = ''] = args.split(' ');
  return { args, lower: (call) => call.tensor(first) };
}

const log = (build: Builder, x: Value, base: number, dtype: number) =>
  build.mul(build.op('Log', [x]), build.scalar(1 / Math.log(base), dtype));

/** Towards zero. */
export function truncate(build: Builder, x: Value): Value {
  return build.mul(build.op('Sign', [x]), build.op('Floor', [build.op('Abs', [x])]));
}

function clip(build: Builder, x: Value, low: number | undefined, high: number | undefined, dtype: number): Value {
  const bound = (value: number | undefined) => (value === undefined ? undefined : build.scalar(value, dtype));
  return build.op('Clip', high === undefined ? [x, bound(low)] : [x, bound(low), bound(high)]);
}

/** clip(x + 3, 0, 6) / 6. */
function hardSigmoid(build: Builder, x: Value, dtype: number): Value {
  const shifted = clip(build, build.add(x, build.scalar(3, dtype)), 0, 6, dtype);
  return build.div(shifted, build.scalar(6, dtype));
}

/** Infinite and missing numbers become others. */
function nanToNum(build: Builder, x: Value, dtype: number, call: Call): Value {
  const largest =
    dtype === DataType.DOUBLE ? Number.MAX_VALUE : dtype === DataType.FLOAT16 ? 65504 : 3.4028234663852886e38;
  const number = (name: string, otherwise: number) => build.scalar(call.float(name, otherwise), dtype);
  const isInfinite = (sign: string) => {
    const other = sign === 'positive' ? 'detect_negative' : 'detect_positive';
    return build.op('IsInf', [x], { [other]: { int: 0 } });
  };
  const finite = build.where(isInfinite('positive'), number('posinf', largest), x);
  const both = build.where(isInfinite('negative'), number('neginf', -largest), finite);
  return build.where(build.op('IsNaN', [x]), number('nan', 0), both);
}

/** sin(pi x) / (pi x), 1 at 0. */
function sinc(build: Builder, x: Value, dtype: number): Value {
  const isZero = build.op('Equal', [x, build.scalar(0, dtype)]);
  const angle = build.mul(build.where(isZero, build.scalar(1, dtype), x), build.scalar(Math.PI, dtype));
  return build.where(isZero, build.scalar(1, dtype), build.div(build.op('Sin', [angle]), angle));
}

/** ln(x / (1 - x)), of x that is first kept away from 0 and 1. */
function logit(build: Builder, x: Value, dtype: number, call: Call): Value {
  const eps = call.has('eps') ? call.float('eps') : undefined;
  const kept = eps === undefined ? x : clip(build, x, eps, 1 - eps, dtype);
  return build.op('Log', [build.div(kept, build.sub(build.scalar(1, dtype), kept))]);
}

/** ln(1 + e^(beta x)) / beta, written so that no large power is taken. */
function softplus(build: Builder, x: Value, dtype: number, call: Call): Value {
  const beta = call.float('beta', 1);
  if (beta === 1) return build.op('Softplus', [x]);
  const factor = build.scalar(beta, dtype);
  return build.div(build.op('Softplus', [build.mul(x, factor)]), factor);
}

function logicalNot(call: Call): Value {
  const x = call.real('self');
  return call.build.op('Not', [inType(call, x, DataType.BOOL)]);
}

const NAMES: Readonly<Record<string, string>> = {
  sin: 'Sin',
  cos: 'Cos',
  tan: 'Tan',
  asin: 'Asin',
  acos: 'Acos',
  atan: 'Atan',
  sinh: 'Sinh',
  cosh: 'Cosh',
  asinh: 'Asinh',
  acosh: 'Acosh',
  atanh: 'Atanh',
  tanh: 'Tanh',
  sigmoid: 'Sigmoid',
  erf: 'Erf',
};

const SAME = [
  'alias self',
  'clone self memory_format',
  'contiguous self memory_format',
  'detach self',
  'dropout self p train',
  'feature_dropout self p train',
  'alpha_dropout self p train',
  'native_dropout self p train',
  'lift self',
  'lift_fresh self',
  'lift_fresh_copy self',
  'positive self',
  'requires_grad self requires_grad',
];

export const lowerings: Lowerings = {
  ...Object.fromEntries(Object.entries(NAMES).map(([name, opType]) => [name, onnx(opType)])),
  ...Object.fromEntries(SAME.map((text) => [text.split(' ')[0], identity(text.slice(text.indexOf(' ') + 1))])),
  relu: { args: 'self', lower: (call) => call.build.op('Relu', [call.real('self')]) },
  ceil: rounding((build, x) => build.op('Ceil', [x])),
  floor: rounding((build, x) => build.op('Floor', [x])),
  trunc: rounding(truncate),
  fix: rounding(truncate),
  frac: rounding((build, x) => build.sub(x, truncate(build, x))),
  round: {
    args: 'self decimals',
    lower: (call) => {
      const x = call.real('self');
      const dtype = call.dtype(x);
      if (!isFloat(dtype)) return x;
      const { build } = call;
      const factor = 10 ** call.int('decimals', 0);
      if (factor === 1) return build.op('Round', [x]);
      return build.div(build.op('Round', [build.mul(x, build.scalar(factor, dtype))]), build.scalar(factor, dtype));
    },
  },
  sign: { args: 'self', lower: (call) => call.build.op('Sign', [call.real('self')]) },
  isnan: { args: 'self', lower: (call) => call.build.op('IsNaN', [call.real('self')]) },
  isinf: { args: 'self', lower: (call) => call.build.op('IsInf', [call.real('self')]) },
  isfinite: {
    args: 'self',
    lower: (call) => {
      const x = call.real('self');
      return call.build.op('Not', [call.build.op('Or', [call.build.op('IsNaN', [x]), call.build.op('IsInf', [x])])]);
    },
  },
  logical_not: { args: 'self', lower: logicalNot },
  log2: float((build, x, dtype) => log(build, x, 2, dtype)),
  log10: float((build, x, dtype) => log(build, x, 10, dtype)),
  log1p: float((build, x, dtype) => build.op('Log', [build.add(x, build.scalar(1, dtype))])),
  expm1: float((build, x, dtype) => build.sub(build.op('Exp', [x]), build.scalar(1, dtype))),
  exp2: float((build, x, dtype) => build.op('Pow', [build.scalar(2, dtype), x])),
  rsqrt: float((build, x) => build.op('Reciprocal', [build.op('Sqrt', [x])])),
  erfc: float((build, x, dtype) => build.sub(build.scalar(1, dtype), build.op('Erf', [x]))),
  deg2rad: float((build, x, dtype) => build.mul(x, build.scalar(Math.PI / 180, dtype))),
  rad2deg: float((build, x, dtype) => build.mul(x, build.scalar(180 / Math.PI, dtype))),
  sinc: float(sinc),
  logit: float(logit, 'self eps'),
  nan_to_num: float(nanToNum, 'self nan posinf neginf'),
  gelu: float((build, x, dtype, call) => {
    return (call.text('approximate', 'none') === 'tanh' ? fastGelu : gelu)(build, x, dtype);
  }, 'self approximate'),
  silu: float((build, x, dtype) => sigmoidLinear(build, x, dtype)),
  mish: float((build, x) => build.mul(x, build.op('Tanh', [build.op('Softplus', [x])]))),
  relu6: float((build, x, dtype) => clip(build, x, 0, 6, dtype)),
  hardtanh: float(
    (build, x, dtype, call) => clip(build, x, call.float('min_val', -1), call.float('max_val', 1), dtype),
    'self min_val max_val',
  ),
  hardsigmoid: float(hardSigmoid),
  hardswish: float((build, x, dtype) => build.mul(x, hardSigmoid(build, x, dtype))),
  softplus: float(softplus, 'self beta threshold'),
  log_sigmoid: float((build, x) => build.op('Neg', [build.op('Softplus', [build.op('Neg', [x])])])),
  softsign: onnx('Softsign'),
  selu: onnx('Selu'),
  elu: float((build, x, _, call) => build.op('Elu', [x], { alpha: { float: call.float('alpha', 1) } }), 'self alpha'),
  celu: float((build, x, _, call) => build.op('Celu', [x], { alpha: { float: call.float('alpha', 1) } }), 'self alpha'),
  leaky_relu: float(
    (build, x, _, call) => build.op('LeakyRelu', [x], { alpha: { float: call.float('negative_slope', 0.01) } }),
    'self negative_slope',
  ),
  hardshrink: float((build, x, dtype, call) => {
    const lambd = build.scalar(call.float('lambd', 0.5), dtype);
    return build.where(build.op('Greater', [build.op('Abs', [x]), lambd]), x, build.scalar(0, dtype));
  }, 'self lambd'),
  softshrink: float((build, x, dtype, call) => {
    const rest = build.sub(build.op('Abs', [x]), build.scalar(call.float('lambd', 0.5), dtype));
    return build.mul(build.op('Sign', [x]), build.op('Relu', [rest]));
  }, 'self lambd'),
  tanhshrink: float((build, x) => build.sub(x, build.op('Tanh', [x]))),
  threshold: float((build, x, dtype, call) => {
    const limit = build.scalar(call.float('threshold'), dtype);
    return build.where(build.op('Greater', [x, limit]), x, build.scalar(call.float('value'), dtype));
  }, 'self threshold value'),
};
