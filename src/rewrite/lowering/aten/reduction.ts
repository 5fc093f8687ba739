import type { Value } from '../../../model/value.js';
import { DataType, isFloat } from '../../../tensor/dtype.js';
import type { Call } from '../call.js';
import type { Lowering, Lowerings } from '../lowering.js';
import { Refusal } from '../refusal.js';
import { onnxType } from './dtypes.js';
import { inType } from './promote.js';

/** The axes that are reduced; undefined: all. */
function axesOf(call: Call, x: Value): number[] | undefined {
  const axes = call.numbers('dim');
  if (axes === undefined || axes.length === 0) return undefined;
  return axes.map((axis) => call.axis(x, axis));
}

/** The input in the type that `dtype` asks for; sums of bools and whole numbers are int64. */
function summed(call: Call, x: Value, whole: number): { value: Value; dtype: number } {
  const from = call.dtype(x);
  const dtype = call.has('dtype') ? onnxType(call.int('dtype')) : isFloat(from) ? from : whole;
  return { value: inType(call, x, dtype), dtype };
}

function reduce(call: Call, opType: string, x: Value): Value {
  const axes = axesOf(call, x);
  const keep = call.bool('keepdim', false);
  if (!call.isComplex(x)) return call.build.reduce(opType, x, axes, keep);
  if (opType !== 'ReduceSum' && opType !== 'ReduceMean') throw new Refusal('it has no lowering for complex numbers');
  const all = Array.from({ length: call.rank(x) }, (_, i) => i);
  return call.complex(call.build.reduce(opType, x, axes ?? all, keep));
}

function reduction(opType: string, args: string, whole: number = DataType.INT64): Lowering {
  return {
    args,
    lower: (call) => {
      const x = call.tensor('self');
      return reduce(call, opType, call.isComplex(x) ? x : summed(call, x, whole).value);
    },
  };
}

/** With one tensor: the extreme element; with an axis: also where it is; with another tensor: element by element. */
function extreme(opType: 'Max' | 'Min'): Lowering {
  return {
    args: ({ node, overload }) => {
      const isPair = overload === 'other' || (overload === '' && node.inputs.length === 2);
      return isPair ? 'self other' : 'self dim keepdim';
    },
    lower: (call) => {
      const { build } = call;
      const x = call.real('self');
      if (call.has('other')) return build.op(opType, [x, inType(call, call.real('other'), call.dtype(x))]);
      if (!call.has('dim')) return build.reduce(`Reduce${opType}`, x, undefined, false);
      const attributes = { axis: { int: call.int('dim') }, keepdims: { int: call.bool('keepdim', false) ? 1 : 0 } };
      return [reduce(call, `Reduce${opType}`, x), build.op(`Arg${opType}`, [x], attributes)];
    },
  };
}

function argument(opType: string): Lowering {
  return {
    args: 'self dim keepdim',
    lower: (call) => {
      const { build } = call;
      const x = call.real('self');
      const attributes = (axis: number, keep: boolean) => ({ axis: { int: axis }, keepdims: { int: keep ? 1 : 0 } });
      if (call.has('dim')) return build.op(opType, [x], attributes(call.int('dim'), call.bool('keepdim', false)));
      return build.op(opType, [build.reshape(x, [-1])], attributes(0, false));
    },
  };
}

/** Mean and variance over axes; the divisor is less than the number of elements by the correction. */
function variance(call: Call): { variance: Value; mean: Value } {
  const { build } = call;
  const x = call.real('self');
  const axes = axesOf(call, x);
  const keep = call.bool('keepdim', false);
  const dtype = call.dtype(x);
  const mean = build.reduce('ReduceMean', x, axes, true);
  const centred = build.sub(x, mean);
  const squares = build.mul(centred, centred);
  const correction = call.has('unbiased') ? Number(call.bool('unbiased')) : call.float('correction', 1);
  const shown = axes === undefined || !keep ? build.reduce('ReduceMean', x, axes, keep) : mean;
  if (correction === 0) return { variance: build.reduce('ReduceMean', squares, axes, keep), mean: shown };
  const shape = build.shape(x);
  const sizes =
    axes === undefined
      ? shape
      : build.gather(
          shape,
          axes.map((axis) => call.positive(x, axis)),
          0,
        );
  const count = build.cast(build.reduce('ReduceProd', sizes, [0], false), dtype);
  const divisor = build.op('Max', [build.sub(count, build.scalar(correction, dtype)), build.scalar(0, dtype)]);
  return { variance: build.div(build.reduce('ReduceSum', squares, axes, keep), divisor), mean: shown };
}

/** `std(self, unbiased)` has no axes; that with axes says `unbiased` or `correction`. */
function spread(root: boolean, withMean: boolean): Lowering {
  return {
    args: ({ node, overload }) => {
      if (overload.startsWith('correction')) return 'self dim correction keepdim';
      return node.inputs.length <= 2 && overload !== 'dim' ? 'self unbiased' : 'self dim unbiased keepdim';
    },
    lower: (call) => {
      const found = variance(call);
      const result = root ? call.build.op('Sqrt', [found.variance]) : found.variance;
      return withMean ? [result, found.mean] : result;
    },
  };
}

/** The p-norm. */
function norm(call: Call, ord: number): Value {
  const { build } = call;
  const x = call.tensor('self');
  const real = call.isComplex(x) ? build.reduce('ReduceL2', x, [-1], false) : x;
  const axes = call.numbers('dim');
  const list = axes === undefined || axes.length === 0 ? undefined : axes;
  const keep = call.bool('keepdim', false);
  const dtype = call.dtype(x);
  const reduced = (opType: string, value: Value) => build.reduce(opType, value, list, keep);
  if (ord === 2) return reduced('ReduceL2', real);
  if (ord === 1) return reduced('ReduceL1', real);
  const size = build.op('Abs', [real]);
  if (ord === Number.POSITIVE_INFINITY) return reduced('ReduceMax', size);
  if (ord === Number.NEGATIVE_INFINITY) return reduced('ReduceMin', size);
  if (ord === 0) {
    const isZero = build.op('Equal', [real, build.scalar(0, dtype)]);
    return reduced('ReduceSum', build.where(isZero, build.scalar(0, dtype), build.scalar(1, dtype)));
  }
  const powers = build.op('Pow', [size, build.scalar(ord, dtype)]);
  return build.op('Pow', [reduced('ReduceSum', powers), build.scalar(1 / ord, dtype)]);
}

/** Are all (or is any) of the elements other than zero? */
function quantifier(opType: 'ReduceMin' | 'ReduceMax'): Lowering {
  return {
    args: 'self dim keepdim',
    lower: (call) => {
      const isSet = inType(call, call.real('self'), DataType.BOOL);
      const numbers = call.build.cast(isSet, DataType.INT32);
      return call.build.cast(reduce(call, opType, numbers), DataType.BOOL);
    },
  };
}

/** Running products: the exponential of running sums knows no signs, so the axis is multiplied by a triangle. */
function cumulativeProduct(call: Call): Value {
  const { build } = call;
  const x = call.real('self');
  const rank = call.rank(x);
  const axis = call.positive(x, call.int('dim'));
  const dtype = call.dtype(x);
  // [.., n] to [.., n, n]: row i has the elements up to i, and ones.
  const size = build.size(x, axis);
  const order = Array.from({ length: rank }, (_, i) => i);
  const there = [...order.filter((i) => i !== axis), axis];
  const back = order.map((i) => there.indexOf(i));
  const positions = build.range(build.asScalar(size));
  const rows = build.unsqueeze(positions, [1]);
  const columns = build.unsqueeze(positions, [0]);
  const later = build.op('Greater', [columns, rows]);
  const spreadOut = build.unsqueeze(build.transpose(x, there), [rank - 1]);
  const masked = build.where(later, build.scalar(1, dtype), spreadOut);
  return build.transpose(build.reduce('ReduceProd', masked, [rank], false), back);
}

const softmax = (opType: string): Lowering => ({
  args: 'self dim dtype',
  lower: (call) => {
    const { value } = summed(call, call.real('self'), DataType.FLOAT);
    const axis = call.int('dim');
    const last = call.build.opset < 13 ? call.positive(value, axis) === call.rank(value) - 1 : true;
    if (!last) throw new Refusal('an axis other than the last needs opset 13');
    return call.build.op(opType, [value], { axis: { int: axis } });
  },
});

const SUM = 'self dim keepdim dtype';

/** `sum(self, dtype)` has no axes, `sum(self, dim, keepdim, dtype)` has. */
function sumLike(opType: string, whole: number = DataType.INT64): Lowering {
  const { lower } = reduction(opType, SUM, whole);
  return { args: ({ node, overload }) => (overload === '' && node.inputs.length <= 2 ? 'self dtype' : SUM), lower };
}

export const lowerings: Lowerings = {
  sum: sumLike('ReduceSum'),
  mean: sumLike('ReduceMean', DataType.FLOAT),
  prod: sumLike('ReduceProd'),
  amax: reduction('ReduceMax', 'self dim keepdim'),
  amin: reduction('ReduceMin', 'self dim keepdim'),
  logsumexp: reduction('ReduceLogSumExp', 'self dim keepdim', DataType.FLOAT),
  aminmax: {
    args: 'self dim keepdim',
    lower: (call) => ['ReduceMin', 'ReduceMax'].map((opType) => reduce(call, opType, call.real('self'))),
  },
  max: extreme('Max'),
  min: extreme('Min'),
  argmax: argument('ArgMax'),
  argmin: argument('ArgMin'),
  var: spread(false, false),
  std: spread(true, false),
  var_mean: spread(false, true),
  std_mean: spread(true, true),
  all: quantifier('ReduceMin'),
  any: quantifier('ReduceMax'),
  norm: {
    args: ({ node }) => (node.inputs.length <= 2 ? 'self p' : 'self p dim keepdim dtype'),
    lower: (call) => norm(call, call.float('p', 2)),
  },
  linalg_vector_norm: { args: 'self ord dim keepdim dtype', lower: (call) => norm(call, call.float('ord', 2)) },
  frobenius_norm: { args: 'self dim keepdim', lower: (call) => norm(call, 2) },
  count_nonzero: {
    args: 'self dim',
    lower: (call) => {
      const isSet = inType(call, call.real('self'), DataType.BOOL);
      return reduce(call, 'ReduceSum', call.build.cast(isSet, DataType.INT64));
    },
  },
  cumsum: {
    args: 'self dim dtype',
    lower: (call) => {
      const x = call.tensor('self');
      const axis = call.build.scalar(call.axis(x, call.int('dim')), DataType.INT64);
      const value = call.isComplex(x) ? x : summed(call, x, DataType.INT64).value;
      return call.like(x, call.build.op('CumSum', [value, axis]));
    },
  },
  cumprod: { args: 'self dim dtype', lower: cumulativeProduct },
  softmax: softmax('Softmax'),
  _softmax: { ...softmax('Softmax'), args: 'self dim half_to_float' },
  log_softmax: softmax('LogSoftmax'),
  _log_softmax: { ...softmax('LogSoftmax'), args: 'self dim half_to_float' },
};
