import type { Value } from '../../../model/value.js';
import { DataType } from '../../../tensor/dtype.js';
import type { Call } from '../call.js';
import type { Lowering, Lowerings } from '../lowering.js';
import { Refusal } from '../refusal.js';
import { inType } from './promote.js';

/** Where values lie among sorted boundaries: how many of these are less (or not more). */
function position(call: Call, values: Value, boundaries: Value, right: boolean): Value {
  const { build } = call;
  const type = call.dtype(values);
  const wide = build.unsqueeze(values, [call.rank(values)]);
  const limits = inType(call, boundaries, type);
  // A boundary equal to the value counts for the side on the right.
  const counted = right ? build.op('Not', [build.op('Greater', [limits, wide])]) : build.op('Less', [limits, wide]);
  return build.reduce('ReduceSum', build.cast(counted, DataType.INT64), [-1], false);
}

function narrowed(call: Call, index: Value): Value {
  return call.bool('out_int32', false) ? call.build.cast(index, DataType.INT32) : index;
}

function searchSorted(call: Call): Value {
  const { build } = call;
  const [sorted, values] = [call.real('sorted_sequence'), call.real('self')];
  if (call.has('sorter')) throw new Refusal('a sorter is not supported');
  const right = call.has('side') ? call.text('side') === 'right' : call.bool('right', false);
  const isShared = call.rank(sorted) === 1;
  const limits = isShared ? sorted : build.unsqueeze(sorted, [call.rank(sorted) - 1]);
  return narrowed(call, position(call, values, limits, right));
}

/** Element by element along one axis. */
function gatherElements(call: Call): Value {
  const axis = { axis: { int: call.int('dim') } };
  return call.build.op('GatherElements', [call.real('self'), inType(call, call.real('index'), DataType.INT64)], axis);
}

function scatter(args: string, reduction?: string): Lowering {
  return {
    args,
    lower: (call) => {
      const { build } = call;
      const x = call.real('self');
      const index = call.real('index');
      const given = inType(call, call.real('src'), call.dtype(x));
      const src = call.knownRank(given) === 0 ? build.expand(given, build.shape(index)) : given;
      const mode = call.has('reduce') ? reduceName(call.text('reduce')) : reduction;
      if (mode !== undefined && build.opset < 16) throw new Refusal('scattering with a reduction needs opset 16');
      const attributes = { axis: { int: call.int('dim') }, ...(mode ? { reduction: { string: mode } } : {}) };
      return build.op('ScatterElements', [x, index, src], attributes);
    },
  };
}

function reduceName(name: string): string {
  const known: Readonly<Record<string, string>> = {
    add: 'add',
    sum: 'add',
    multiply: 'mul',
    prod: 'mul',
    amax: 'max',
    amin: 'min',
  };
  const found = known[name];
  if (found === undefined) throw new Refusal(`its reduction ${name} is not known`);
  return found;
}

/** Indices of the first axes as one tensor of tuples: masks and gaps have no place in it. */
function tuples(call: Call): { indices: Value; count: number; axis: number | undefined } {
  const { build } = call;
  const list = call.list('indices');
  const given = list.filter((index) => index !== undefined);
  if (given.some((index) => call.dtype(index) === DataType.BOOL))
    throw new Refusal('masks as indices are not supported');
  const axis = given.length === 1 ? list.findIndex((index) => index !== undefined) : undefined;
  if (given.length === 0) throw new Refusal('it has no indices');
  if (given.length > 1 && list.slice(0, given.length).includes(undefined)) {
    throw new Refusal('indices with gaps before them are not supported');
  }
  const whole = given.map((index) => inType(call, index, DataType.INT64));
  const wide = broadcast(call, whole).map((index) => build.unsqueeze(index, [-1]));
  return { indices: build.concat(wide, -1), count: given.length, axis };
}

function broadcast({ build }: Call, values: readonly Value[]): Value[] {
  if (values.length === 1) return [...values];
  const sum = values.map((value) => build.mul(value, build.ints(0))).reduce((a, b) => build.add(a, b));
  return values.map((value) => build.add(value, sum));
}

/** x[i], x[:, i], x[i, j] .. */
function pick(call: Call): Value {
  const { build } = call;
  const x = call.tensor('self');
  const list = call.list('indices');
  const given = list.filter((index) => index !== undefined);
  const [only] = given;
  if (given.length === 1 && only !== undefined && call.dtype(only) === DataType.BOOL)
    return masked(call, x, only, list.indexOf(only));
  const { indices, axis } = tuples(call);
  if (axis !== undefined && only !== undefined) {
    return call.like(x, build.gather(x, inType(call, only, DataType.INT64), call.axis(x, axis)));
  }
  return call.like(x, build.op('GatherND', [x, indices]));
}

/** x[mask]: the elements where a mask is set. */
function masked(call: Call, x: Value, mask: Value, axis: number): Value {
  const { build } = call;
  if (call.knownRank(mask) === 1) return call.like(x, build.op('Compress', [x, mask], { axis: { int: axis } }));
  if (axis !== 0) throw new Refusal('masks of several axes are only supported on the first ones');
  const places = build.transpose(build.op('NonZero', [mask]), [1, 0]);
  return call.like(x, build.op('GatherND', [x, places]));
}

/** x[i, j] = values, or += with `accumulate`. */
function put(call: Call): Value {
  const { build } = call;
  const x = call.real('self');
  const values = inType(call, call.real('values'), call.dtype(x));
  const list = call.list('indices');
  const [first] = list;
  const accumulate = call.bool('accumulate', false);
  if (list.length === 1 && first !== undefined && call.dtype(first) === DataType.BOOL) {
    const isNumber = (call.facts(values)?.shape ?? [undefined]).every((size) => size?.value === 1);
    if (!isNumber || accumulate) throw new Refusal('with a mask, only one number can be put');
    const missing = Math.max(0, call.rank(x) - call.rank(first));
    const wide = build.unsqueeze(
      first,
      Array.from({ length: missing }, (_, i) => call.rank(first) + i),
    );
    return build.where(wide, values, x);
  }
  const { indices, count, axis } = tuples(call);
  if (axis !== undefined && axis > 0) throw new Refusal('indices with gaps before them are not supported');
  if (accumulate && build.opset < 16) throw new Refusal('adding at indices needs opset 16');
  const heads = build.slice(build.shape(indices), 0, 0, -1);
  const tails = build.slice(build.shape(x), 0, count);
  const updates = build.expand(values, build.concat([heads, tails], 0));
  return build.op('ScatterND', [x, indices, updates], accumulate ? { reduction: { string: 'add' } } : undefined);
}

function oneHot(call: Call): Value {
  const { build } = call;
  const depth = call.int('num_classes', -1);
  if (depth < 0) throw new Refusal('the number of classes depends on the input');
  return build.op('OneHot', [call.real('self'), build.ints(depth), build.ints([0, 1])], { axis: { int: -1 } });
}

function sorted(call: Call): readonly [Value, Value] {
  const { build } = call;
  const x = call.real('self');
  const axis = call.int('dim', -1);
  return topK(call, x, build.size(x, call.positive(x, axis)), axis, call.bool('descending', false));
}

/** Values in order, and where they were. */
function topK(call: Call, x: Value, count: Value, axis: number, largest: boolean): readonly [Value, Value] {
  const { build } = call;
  const spec = {
    opType: 'TopK',
    inputs: [x, count],
    attributes: { axis: { int: axis }, largest: { int: largest ? 1 : 0 }, sorted: { int: 1 } },
    hint: build.hint,
  };
  const [values, indices] = build.emitter.outputs(spec, 2, build.anchor);
  return [values as Value, indices as Value];
}

const SCATTER = 'self dim index src';

export const lowerings: Lowerings = {
  bucketize: {
    args: 'self boundaries out_int32 right',
    lower: (call) => {
      const values = call.real('self');
      return narrowed(call, position(call, values, call.real('boundaries'), call.bool('right', false)));
    },
  },
  searchsorted: { args: 'sorted_sequence self out_int32 right side sorter', lower: searchSorted },
  gather: { args: 'self dim index sparse_grad', lower: gatherElements },
  take_along_dim: { args: 'self index dim', lower: gatherElements },
  scatter: scatter('self dim index src reduce'),
  scatter_add: scatter(SCATTER, 'add'),
  scatter_reduce: scatter('self dim index src reduce include_self'),
  index: { args: 'self indices', lower: pick },
  index_put: { args: 'self indices values accumulate', lower: put },
  masked_select: { args: 'self mask', lower: (call) => masked(call, call.tensor('self'), call.real('mask'), 0) },
  embedding: {
    args: 'weight indices padding_idx scale_grad_by_freq sparse',
    lower: (call) => call.build.gather(call.real('weight'), call.real('indices'), 0),
  },
  one_hot: { args: 'self num_classes', lower: oneHot },
  sort: {
    args: ({ node, overload }) => {
      return overload === 'stable' || node.inputs.length === 4 ? 'self stable dim descending' : 'self dim descending';
    },
    lower: sorted,
  },
  argsort: {
    args: ({ node, overload }) => {
      return overload === 'stable' || node.inputs.length === 4 ? 'self stable dim descending' : 'self dim descending';
    },
    lower: (call) => sorted(call)[1],
  },
  msort: {
    args: 'self',
    lower: (call) => topK(call, call.real('self'), call.build.size(call.real('self'), 0), 0, false)[0],
  },
  topk: {
    args: 'self k dim largest sorted',
    lower: (call) => {
      const count = call.isConstant('k') ? call.build.ints([call.int('k')]) : call.build.reshape(call.tensor('k'), [1]);
      return topK(call, call.real('self'), count, call.int('dim', -1), call.bool('largest', true));
    },
  },
};
