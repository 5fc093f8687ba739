import type { Value } from '../../../model/value.js';
import { DataType, isFloat } from '../../../tensor/dtype.js';
import type { Builder } from '../../builder.js';
import type { Call } from '../call.js';
import { linear, powerOf } from '../complex/arithmetic.js';
import { angleOf, asComplex, divide, multiply } from '../complex/parts.js';
import type { Lowering, Lowerings } from '../lowering.js';
import { Refusal } from '../refusal.js';
import { asFloat, inType, promoted } from './promote.js';
import { truncate } from './unary.js';

type Real = (build: Builder, a: Value, b: Value, dtype: number, call: Call) => Value;
type Complex = (call: Call, a: Value, b: Value) => Value;

/** An operator of two tensors (or numbers) in their common type. */
function binary(
  real: Real,
  options: { complex?: Complex; args?: string; float?: boolean; keepBool?: boolean } = {},
): Lowering {
  const { complex, args = 'self other', float = false, keepBool = false } = options;
  return {
    args,
    lower: (call) => {
      const [first = '', second = ''] = args.split(' ');
      const [a, b] = [call.tensor(first), call.tensor(second)];
      if (call.isComplex(a) || call.isComplex(b)) {
        if (complex === undefined) throw new Refusal('it has no lowering for complex numbers');
        return complex(call, a, b);
      }
      const { values, dtype } = promoted(call, [a, b]);
      let computed = dtype;
      if (float && !isFloat(dtype)) computed = DataType.FLOAT;
      else if (dtype === DataType.BOOL && !keepBool) computed = DataType.INT64;
      const [x, y] = values.map((value, i) =>
        computed === dtype ? value : inType(call, [a, b][i] as Value, computed),
      );
      return real(call.build, x as Value, y as Value, computed, call);
    },
  };
}

/** a + alpha b. */
function scaled(opType: 'Add' | 'Sub', swap = false): Lowering {
  const real: Real = (build, a, b, dtype, call) => {
    const alpha = call.float('alpha', 1);
    const [first, second] = swap ? [b, a] : [a, b];
    return build.op(opType, [first, alpha === 1 ? second : build.mul(second, build.scalar(alpha, dtype))]);
  };
  const complex: Complex = (call, a, b) => {
    const alpha = call.float('alpha', 1);
    const [first, second] = swap ? [b, a] : [a, b];
    const factor = alpha === 1 ? undefined : call.build.scalar(alpha, call.dtype(second));
    return linear(opType)(call, first, factor ? call.like(second, call.build.mul(second, factor)) : second);
  };
  return binary(real, { complex, args: 'self other alpha' });
}

/** The quotient, rounded down: whole numbers in ONNX are divided towards zero. */
function floorDivide(build: Builder, a: Value, b: Value, dtype: number): Value {
  if (isFloat(dtype)) return build.op('Floor', [build.div(a, b)]);
  const rest = build.op('Mod', [a, b]);
  return build.div(build.sub(a, rest), b);
}

/** With the sign of the divisor. */
function remainder(build: Builder, a: Value, b: Value, dtype: number): Value {
  if (!isFloat(dtype)) return build.op('Mod', [a, b]);
  return build.sub(a, build.mul(build.op('Floor', [build.div(a, b)]), b));
}

function division(): Lowering {
  return {
    args: 'self other rounding_mode',
    lower: (call) => {
      const mode = call.has('rounding_mode') ? call.text('rounding_mode') : '';
      const real: Real = (build, a, b, dtype) => {
        if (mode === 'floor') return floorDivide(build, a, b, dtype);
        if (mode === 'trunc') return isFloat(dtype) ? truncate(build, build.div(a, b)) : build.div(a, b);
        return build.div(a, b);
      };
      const complex: Complex = (inner, a, b) => divide(inner, call.complex(asComplex(inner, a)), b);
      return binary(real, { complex, float: mode === '' }).lower(call);
    },
  };
}

/** A comparison; equality of complex numbers is that of both parts. */
function comparison(opType: string): Lowering {
  return binary((build, a, b) => build.op(opType, [a, b]), { keepBool: opType === 'Equal' });
}

/** LessOrEqual came with opset 12. */
function orEqual(build: Builder, opType: string, a: Value, b: Value): Value {
  if (build.opset >= 12) return build.op(`${opType}OrEqual`, [a, b]);
  return build.op('Or', [build.op(opType, [a, b]), build.op('Equal', [a, b])]);
}

const not = (build: Builder, x: Value) => build.op('Not', [x]);

function logical(opType: string): Lowering {
  return {
    args: 'self other',
    lower: (call) => {
      const [a, b] = [call.real('self'), call.real('other')];
      return call.build.op(opType, [inType(call, a, DataType.BOOL), inType(call, b, DataType.BOOL)]);
    },
  };
}

/** Bit by bit; of bools that is logic. */
function bitwise(logicType: string, opType: string): Lowering {
  return binary(
    (build, a, b, dtype) => {
      if (dtype === DataType.BOOL) return build.op(logicType, [a, b]);
      if (build.opset < 18) throw new Refusal('operators on bits need opset 18');
      return build.op(opType, [a, b]);
    },
    { keepBool: true },
  );
}

/** ln(e^a + e^b), by the larger one: a + softplus(b - a) has no large powers. */
function logAddExp(build: Builder, a: Value, b: Value): Value {
  const larger = build.op('Max', [a, b]);
  const gap = build.op('Neg', [build.op('Abs', [build.sub(a, b)])]);
  return build.add(larger, build.op('Softplus', [gap]));
}

/** a ln b, 0 where a is 0. */
function xlogy(build: Builder, a: Value, b: Value, dtype: number): Value {
  const zero = build.scalar(0, dtype);
  return build.where(build.op('Equal', [a, zero]), zero, build.mul(a, build.op('Log', [b])));
}

function pow(build: Builder, a: Value, b: Value): Value {
  return build.op('Pow', [a, b]);
}

/** Lower and upper bound, each a number, a tensor, or None. */
function clamp(args: string): Lowering {
  return {
    args,
    lower: (call) => {
      const x = call.real('self');
      const bounds = [call.optional('min'), call.optional('max')];
      const given = [x, ...bounds.filter((bound) => bound !== undefined)];
      const { dtype } = promoted(call, given);
      const { build } = call;
      let result = inType(call, x, dtype);
      bounds.forEach((bound, i) => {
        if (bound !== undefined) result = build.op(i === 0 ? 'Max' : 'Min', [result, inType(call, bound, dtype)]);
      });
      return result;
    },
  };
}

/** self + value tensor1 (times or over) tensor2. */
function added(opType: 'Mul' | 'Div'): Lowering {
  return {
    args: 'self tensor1 tensor2 value',
    lower: (call) => {
      const operands = [call.real('self'), call.real('tensor1'), call.real('tensor2')];
      const { values, dtype } = promoted(call, operands);
      const [x, a, b] = values as [Value, Value, Value];
      const { build } = call;
      const factor = call.float('value', 1);
      const term = build.op(opType, [a, b]);
      return build.add(x, factor === 1 ? term : build.mul(term, build.scalar(factor, dtype)));
    },
  };
}

function where(call: Call): Value {
  const condition = inType(call, call.real('condition'), DataType.BOOL);
  const [a, b] = [call.tensor('self'), call.tensor('other')];
  const { build } = call;
  if (call.isComplex(a) || call.isComplex(b)) {
    const parts = [asComplex(call, a), asComplex(call, b)] as const;
    return call.complex(build.where(build.unsqueeze(condition, [-1]), ...parts));
  }
  const [x, y] = promoted(call, [a, b]).values as [Value, Value];
  return build.where(condition, x, y);
}

function maskedFill(call: Call): Value {
  const { build } = call;
  const x = call.tensor('self');
  const mask = inType(call, call.real('mask'), DataType.BOOL);
  const value = inType(call, call.real('value'), call.dtype(x));
  if (!call.isComplex(x)) return build.where(mask, value, x);
  if (call.numberIn(value) !== 0) throw new Refusal('complex numbers can only be filled with 0');
  return call.complex(build.where(build.unsqueeze(mask, [-1]), value, x));
}

export const lowerings: Lowerings = {
  add: scaled('Add'),
  sub: scaled('Sub'),
  subtract: scaled('Sub'),
  rsub: scaled('Sub', true),
  mul: binary((build, a, b) => build.mul(a, b), { complex: multiply }),
  multiply: binary((build, a, b) => build.mul(a, b), { complex: multiply }),
  div: division(),
  divide: division(),
  true_divide: division(),
  floor_divide: binary(floorDivide),
  remainder: binary(remainder),
  fmod: binary((build, a, b) => build.op('Mod', [a, b], { fmod: { int: 1 } })),
  pow: binary(pow, { complex: powerOf, args: 'self exponent' }),
  float_power: binary(pow, { complex: powerOf, args: 'self exponent', float: true }),
  maximum: binary((build, a, b) => build.op('Max', [a, b])),
  minimum: binary((build, a, b) => build.op('Min', [a, b])),
  eq: comparison('Equal'),
  ne: binary((build, a, b) => not(build, build.op('Equal', [a, b])), { keepBool: true }),
  lt: comparison('Less'),
  gt: comparison('Greater'),
  le: binary((build, a, b) => orEqual(build, 'Less', a, b)),
  ge: binary((build, a, b) => orEqual(build, 'Greater', a, b)),
  logical_and: logical('And'),
  logical_or: logical('Or'),
  logical_xor: logical('Xor'),
  bitwise_and: bitwise('And', 'BitwiseAnd'),
  bitwise_or: bitwise('Or', 'BitwiseOr'),
  bitwise_xor: bitwise('Xor', 'BitwiseXor'),
  __and__: bitwise('And', 'BitwiseAnd'),
  __or__: bitwise('Or', 'BitwiseOr'),
  __xor__: bitwise('Xor', 'BitwiseXor'),
  bitwise_not: {
    args: 'self',
    lower: (call) => {
      const x = call.real('self');
      if (call.dtype(x) === DataType.BOOL) return call.build.op('Not', [x]);
      // The two's complement: -x - 1.
      return call.build.sub(call.build.op('Neg', [x]), call.build.scalar(1, call.dtype(x)));
    },
  },
  atan2: binary((build, a, b, dtype) => angleOf(build, a, b, dtype), { float: true }),
  arctan2: binary((build, a, b, dtype) => angleOf(build, a, b, dtype), { float: true }),
  hypot: binary((build, a, b) => build.op('Sqrt', [build.add(build.mul(a, a), build.mul(b, b))]), { float: true }),
  logaddexp: binary(logAddExp, { float: true }),
  xlogy: binary(xlogy, { float: true }),
  special_xlogy: binary(xlogy, { float: true }),
  heaviside: binary(
    (build, a, b, dtype) => {
      const zero = build.scalar(0, dtype);
      const step = build.where(build.op('Less', [a, zero]), zero, build.scalar(1, dtype));
      return build.where(build.op('Equal', [a, zero]), b, step);
    },
    { args: 'self values' },
  ),
  clamp: clamp('self min max'),
  clip: clamp('self min max'),
  clamp_min: clamp('self min'),
  clamp_max: clamp('self max'),
  addcmul: added('Mul'),
  addcdiv: added('Div'),
  lerp: {
    args: 'self end weight',
    lower: (call) => {
      const { values } = promoted(call, [call.real('self'), call.real('end'), call.real('weight')]);
      const [a, b, weight] = values as [Value, Value, Value];
      return call.build.add(a, call.build.mul(weight, call.build.sub(b, a)));
    },
  },
  where: { args: 'condition self other', lower: where },
  masked_fill: { args: 'self mask value', lower: maskedFill },
  prelu: {
    args: 'self weight',
    lower: (call) => {
      const x = asFloat(call, call.real('self')).value;
      const weight = call.real('weight');
      const rank = call.knownRank(x) ?? 2;
      const axes = Array.from({ length: Math.max(0, rank - 2) }, (_, i) => i + 1);
      const isSingle = call.knownSize(weight, 0) === 1;
      return call.build.op('PRelu', [x, isSingle ? weight : call.build.unsqueeze(weight, axes)]);
    },
  },
};
