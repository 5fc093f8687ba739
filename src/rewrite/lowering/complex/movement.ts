import type { Value } from '../../../model/value.js';
import type { Call } from '../call.js';
import type { Lowering, Lowerings } from '../lowering.js';
import { Refusal } from '../refusal.js';
import { asComplex } from './parts.js';

/** Moves elements about: real and imaginary part stay together on the last axis. */
function movement(args: string, lower: (call: Call, x: Value) => Value): Lowering {
  const [first = ''] = args.split(' ');
  return { args, lower: (call) => call.complex(lower(call, call.tensor(first))) };
}

/** Axes of an operator, which count without the last one. */
function axesOf(call: Call, x: Value, name = 'axes'): number[] {
  return call.ints(name).map((axis) => call.axis(x, axis));
}

/** A vector of sizes, one for each axis, and what holds for the last axis. */
function withLast(call: Call, name: string, last: number): Value {
  return call.build.concat([call.tensor(name), call.build.ints([last])], 0);
}

function transpose(call: Call, x: Value): Value {
  const rank = call.rank(x);
  const perm = call.ints(
    'perm',
    Array.from({ length: rank }, (_, i) => rank - 1 - i),
  );
  return call.build.transpose(x, [...perm, rank]);
}

function slice(call: Call, x: Value): Value {
  const { build } = call;
  const bounds = [call.tensor('starts'), call.tensor('ends')];
  if (!call.has('axes')) return build.op('Slice', [x, ...bounds]);
  const axes = build.ints(axesOf(call, x));
  const steps = call.optional('steps');
  return build.op('Slice', steps ? [x, ...bounds, axes, steps] : [x, ...bounds, axes]);
}

function squeeze(call: Call, x: Value): Value {
  if (call.has('axes')) return call.build.squeeze(x, axesOf(call, x));
  const axes: number[] = [];
  for (let axis = 0; axis < call.rank(x); axis++) {
    const size = call.knownSize(x, axis);
    if (size === undefined) throw new Refusal('which of its axes have one element is not known');
    if (size === 1) axes.push(axis);
  }
  return call.build.squeeze(x, axes);
}

function pad(call: Call, x: Value): Value {
  const { build } = call;
  const rank = call.rank(x);
  const pads = call.tensor('pads');
  const [before, after] = [build.slice(pads, 0, 0, rank), build.slice(pads, 0, rank)];
  const zero = build.ints([0]);
  if (call.has('axes')) throw new Refusal('padding of chosen axes of complex numbers is not supported');
  const value = call.optional('constant_value');
  if (value !== undefined && call.isComplex(value)) throw new Refusal('padding with a complex number is not supported');
  const inputs = [x, build.concat([before, zero, after, zero], 0)];
  return build.op('Pad', value ? [...inputs, value] : inputs, { mode: { string: call.text('mode', 'constant') } });
}

function shape(call: Call): Value {
  const { build } = call;
  const all = build.slice(build.shape(call.tensor('data')), 0, 0, -1);
  if (!call.has('start') && !call.has('end')) return all;
  return build.slice(all, 0, call.int('start', 0), call.int('end', Number.MAX_SAFE_INTEGER));
}

/** Parts of the sizes given, or of equal sizes. */
function split(call: Call): Value[] {
  const { build } = call;
  const x = call.tensor('input');
  const axis = call.axis(x, call.int('axis', 0));
  const count = call.node.outputs.length;
  const size = call.knownSize(x, call.int('axis', 0));
  const even = size === undefined ? undefined : new Array<number>(count).fill(Math.ceil(size / count));
  const sizes = call.has('split') ? call.ints('split') : even;
  if (sizes === undefined) throw new Refusal('the sizes of its parts are not known');
  let start = 0;
  return sizes.map((part) => {
    const from = start;
    start += part;
    return call.complex(build.slice(x, axis, from, start));
  });
}

/** Sums and means of complex numbers are those of their parts. */
function reduction(opType: string): Lowering {
  return movement('data axes keepdims noop_with_empty_axes', (call, x) => {
    const all = () => Array.from({ length: call.rank(x) }, (_, i) => i);
    const given = call.numbers('axes') ?? [];
    if (given.length === 0 && call.bool('noop_with_empty_axes', false)) return x;
    const axes = given.length === 0 ? all() : given.map((axis) => call.axis(x, axis));
    return call.build.reduce(opType, x, axes, call.bool('keepdims', true));
  });
}

export const lowerings: Lowerings = {
  Identity: movement('input', (call, x) => call.build.op('Identity', [x])),
  Transpose: movement('data perm', transpose),
  Reshape: movement('data shape allowzero', (call, x) => {
    const allowzero = { allowzero: { int: call.int('allowzero', 0) } };
    return call.build.op('Reshape', [x, withLast(call, 'shape', 2)], call.has('allowzero') ? allowzero : undefined);
  }),
  Slice: movement('data starts ends axes steps', slice),
  Gather: movement('data indices axis', (call, x) =>
    call.build.gather(x, call.real('indices'), call.axis(x, call.int('axis', 0))),
  ),
  Concat: {
    args: 'axis inputs*',
    lower: (call) => {
      const inputs = call.tensors('inputs').map((input) => call.complex(asComplex(call, input)));
      return call.complex(call.build.concat(inputs, call.axis(inputs[0] as Value, call.int('axis'))));
    },
  },
  Unsqueeze: movement('data axes', (call, x) => call.build.unsqueeze(x, axesOf(call, x))),
  Squeeze: movement('data axes', squeeze),
  Expand: movement('input shape', (call, x) => call.build.expand(x, withLast(call, 'shape', 1))),
  Tile: movement('input repeats', (call, x) => call.build.op('Tile', [x, withLast(call, 'repeats', 1)])),
  Pad: movement('data pads constant_value axes mode', pad),
  Split: { args: 'input split axis num_outputs', lower: split },
  Where: {
    args: 'condition x y',
    lower: (call) => {
      const condition = call.build.unsqueeze(call.real('condition'), [-1]);
      const [x, y] = [asComplex(call, call.tensor('x')), asComplex(call, call.tensor('y'))];
      return call.complex(call.build.where(condition, x, y));
    },
  },
  Shape: { args: 'data start end', lower: shape },
  ReduceSum: reduction('ReduceSum'),
  ReduceMean: reduction('ReduceMean'),
};
