import type { Value } from '../../../model/value.js';
import { DataType } from '../../../tensor/dtype.js';
import type { Size } from '../../builder.js';
import type { Call } from '../call.js';
import type { Lowering, Lowerings } from '../lowering.js';
import { Refusal } from '../refusal.js';
import { inType } from './promote.js';

/** Moves elements about; real and imaginary parts stay together. */
function movement(args: string, lower: (call: Call, x: Value) => Value): Lowering {
  return {
    args,
    lower: (call) => {
      const x = call.tensor('self');
      return call.like(x, lower(call, x));
    },
  };
}

/** The order of all axes, with that of real and imaginary part at its end. */
export function permuted(call: Call, x: Value, order: readonly number[]): Value {
  return call.build.transpose(x, call.isComplex(x) ? [...order, order.length] : order);
}

function swap(call: Call, x: Value, a: number, b: number): Value {
  const rank = call.rank(x);
  const order = Array.from({ length: rank }, (_, i) => i);
  if (rank === 0) return x;
  const [first, second] = [call.positive(x, a), call.positive(x, b)];
  [order[first], order[second]] = [second, first];
  return permuted(call, x, order);
}

/** Axes move to new places, the others keep their order. */
function moveAxes(call: Call, x: Value): Value {
  const rank = call.rank(x);
  const from = call.ints('source').map((axis) => call.positive(x, axis));
  const to = call.ints('destination').map((axis) => call.positive(x, axis));
  const order = new Array<number>(rank).fill(-1);
  to.forEach((place, i) => {
    order[place] = from[i] as number;
  });
  const rest = Array.from({ length: rank }, (_, i) => i).filter((axis) => !from.includes(axis));
  return permuted(
    call,
    x,
    order.map((axis) => (axis < 0 ? (rest.shift() as number) : axis)),
  );
}

/** A list of sizes, each of which may depend on the input; as an int64 vector. */
export function sizeVector(call: Call, name: string, extra: readonly Size[] = []): Value {
  const { build } = call;
  if (call.isConstant(name)) return build.sizes([...call.ints(name), ...extra]);
  const values = call.tensors(name);
  const vectors = values.map((value) => {
    const whole = inType(call, value, DataType.INT64);
    return call.knownRank(value) === 1 ? whole : build.reshape(whole, [1]);
  });
  return build.sizes([...vectors, ...extra]);
}

/** Reshape where 0 is a size like any other, and -1 stands for what is left. */
function view(call: Call, x: Value, name: string): Value {
  const sizes = sizeVector(call, name, call.isComplex(x) ? [2] : []);
  const numbers = call.isConstant(name) ? call.ints(name) : [];
  if (!numbers.includes(0)) return call.build.op('Reshape', [x, sizes]);
  if (call.build.opset < 14) throw new Refusal('sizes of 0 need opset 14');
  return call.build.op('Reshape', [x, sizes], { allowzero: { int: 1 } });
}

function flatten(call: Call, x: Value): Value {
  const { build } = call;
  const rank = call.rank(x);
  if (rank === 0) return build.reshape(x, call.isComplex(x) ? [1, 2] : [1]);
  const [start, end] = [call.positive(x, call.int('start_dim', 0)), call.positive(x, call.int('end_dim', -1))];
  if (start === end) return x;
  const after: Size[] = [];
  for (let axis = end + 1; axis < rank; axis++) after.push(call.knownSize(x, axis) ?? build.size(x, axis));
  return build.reshape(x, [...new Array<number>(start).fill(0), -1, ...after, ...(call.isComplex(x) ? [2] : [])]);
}

/** One axis becomes several. */
function unflatten(call: Call, x: Value): Value {
  const { build } = call;
  const rank = call.rank(x);
  const axis = call.positive(x, call.int('dim'));
  const after: Size[] = [];
  for (let i = axis + 1; i < rank; i++) after.push(call.knownSize(x, i) ?? build.size(x, i));
  const sizes = sizeVector(call, 'sizes');
  const head = new Array<number>(axis).fill(0);
  const tail = [...after, ...(call.isComplex(x) ? [2] : [])];
  return build.reshape(x, [...head, sizes, ...tail]);
}

function squeeze(call: Call, x: Value): Value {
  const axes: number[] = [];
  const given = call.numbers('dim') ?? Array.from({ length: call.rank(x) }, (_, i) => i);
  for (const axis of given) {
    const size = call.knownSize(x, axis);
    if (size === 1) axes.push(call.positive(x, axis));
    else if (size === undefined) throw new Refusal(`whether axis ${axis} has one element is not known`);
  }
  return call.build.squeeze(x, axes);
}

/** -1 keeps a size, as 1 does in Expand. */
function expand(call: Call, x: Value): Value {
  const extra = call.isComplex(x) ? [1] : [];
  if (!call.isConstant('size')) {
    const sizes = sizeVector(call, 'size', extra);
    const one = call.build.ints([1]);
    return call.build.expand(x, call.build.op('Max', [sizes, one]));
  }
  return call.build.expand(x, [...call.ints('size').map((size) => Math.max(1, size)), ...extra]);
}

function expandAs(call: Call, x: Value): Value {
  const shape = call.build.shape(call.real('other'));
  return call.build.expand(x, call.isComplex(x) ? call.build.sizes([shape, 1]) : shape);
}

/** Axes that are missing in front are added. */
function tile(call: Call, x: Value, name: string): Value {
  const { build } = call;
  const repeats = sizeVector(call, name, call.isComplex(x) ? [1] : []);
  const count = call.isConstant(name) ? call.ints(name).length : undefined;
  const rank = call.rank(x);
  if (count === undefined) throw new Refusal('how many axes it repeats is not known');
  const front = Array.from({ length: Math.max(0, count - rank) }, (_, i) => i);
  const ones = new Array<number>(Math.max(0, rank - count)).fill(1);
  const all = ones.length > 0 ? build.sizes([...ones, repeats]) : repeats;
  return build.op('Tile', [build.unsqueeze(x, front), all]);
}

/** Elements that leave at one end come in at the other. */
function rollAxis(call: Call, x: Value, axis: number, shift: Size | ((size: Size) => Size)): Value {
  const { build } = call;
  const at = call.axis(x, axis);
  const known = call.knownSize(x, axis);
  const size: Size = known ?? build.size(x, call.positive(x, axis));
  const by = typeof shift === 'function' ? shift(size) : shift;
  if (typeof by === 'number' && typeof size === 'number') {
    const start = size === 0 ? 0 : ((-by % size) + size) % size;
    if (start === 0) return x;
    return build.concat([build.slice(x, at, start), build.slice(x, at, 0, start)], at);
  }
  const vector = (value: Size) => (typeof value === 'number' ? build.ints([value]) : value);
  const start = build.op('Mod', [build.op('Neg', [vector(by)]), vector(size)]);
  return build.concat([build.slice(x, at, start), build.slice(x, at, 0, start)], at);
}

function roll(call: Call, x: Value): Value {
  const { build } = call;
  const shifts = call.ints('shifts');
  const axes = call.ints('dims', []);
  if (axes.length > 0)
    return axes.reduce((value, axis, i) => call.like(x, rollAxis(call, value, axis, shifts[i] ?? 0)), x);
  const flat = call.like(x, build.reshape(x, call.isComplex(x) ? [-1, 2] : [-1]));
  return build.op('Reshape', [rollAxis(call, flat, 0, shifts[0] ?? 0), build.shape(x)]);
}

/** The zero frequency moves to the middle, or back: by half of the size, rounded down. */
function fftShift(direction: 1 | -1): Lowering {
  return movement('self dim', (call, x) => {
    const { build } = call;
    const axes = call.numbers('dim') ?? Array.from({ length: call.rank(x) }, (_, i) => i);
    const half = (size: Size): Size => {
      if (typeof size === 'number') return direction * Math.floor(size / 2);
      const rounded = build.div(size, build.ints([2]));
      return direction === 1 ? rounded : build.op('Neg', [rounded]);
    };
    return axes.reduce((value, axis) => call.like(x, rollAxis(call, value, axis, half)), x);
  });
}

function flip(call: Call, x: Value): Value {
  return call.ints('dims').reduce((value, axis) => reversed(call, value, call.axis(x, axis)), x);
}

/** Slice walks backwards from the last element to before the first. */
export function reversed({ build }: Call, x: Value, axis: number): Value {
  return build.slice(x, axis, -1, Number.MIN_SAFE_INTEGER, -1);
}

/** An index that may depend on the input, as a vector of one element. */
function index(call: Call, name: string, otherwise?: number): Size | undefined {
  if (!call.has(name)) return otherwise;
  if (call.isConstant(name)) return call.int(name);
  return call.build.reshape(inType(call, call.tensor(name), DataType.INT64), [1]);
}

function slice(call: Call, x: Value): Value {
  const axis = call.axis(x, call.int('dim', 0));
  const end = index(call, 'end');
  return call.build.slice(x, axis, index(call, 'start', 0) as Size, end, call.int('step', 1));
}

function narrow(call: Call, x: Value): Value {
  const { build } = call;
  const axis = call.axis(x, call.int('dim'));
  const [start, length] = [index(call, 'start') as Size, index(call, 'length') as Size];
  if (typeof start === 'number' && typeof length === 'number') {
    return build.slice(x, axis, start, start < 0 && start + length === 0 ? undefined : start + length);
  }
  const vector = (value: Size) => (typeof value === 'number' ? build.ints([value]) : value);
  return build.slice(x, axis, start, build.add(vector(start), vector(length)));
}

function select(call: Call, x: Value): Value {
  const at = index(call, 'index') as Size;
  const axis = call.axis(x, call.int('dim'));
  if (typeof at === 'number') return call.build.gather(x, at, axis);
  return call.build.gather(x, call.build.asScalar(at), axis);
}

export const lowerings: Lowerings = {
  transpose: movement('self dim0 dim1', (call, x) => swap(call, x, call.int('dim0'), call.int('dim1'))),
  swapaxes: movement('self axis0 axis1', (call, x) => swap(call, x, call.int('axis0'), call.int('axis1'))),
  swapdims: movement('self dim0 dim1', (call, x) => swap(call, x, call.int('dim0'), call.int('dim1'))),
  t: movement('self', (call, x) => (call.rank(x) < 2 ? x : swap(call, x, 0, 1))),
  numpy_T: movement('self', (call, x) =>
    permuted(
      call,
      x,
      Array.from({ length: call.rank(x) }, (_, i) => call.rank(x) - 1 - i),
    ),
  ),
  permute: movement('self dims', (call, x) =>
    permuted(
      call,
      x,
      call.ints('dims').map((axis) => call.positive(x, axis)),
    ),
  ),
  movedim: movement('self source destination', moveAxes),
  moveaxis: movement('self source destination', moveAxes),
  view: movement('self size', (call, x) => view(call, x, 'size')),
  _unsafe_view: movement('self size', (call, x) => view(call, x, 'size')),
  reshape: movement('self shape', (call, x) => view(call, x, 'shape')),
  view_as: movement('self other', (call, x) => {
    const shape = call.build.shape(call.real('other'));
    return call.build.op('Reshape', [x, call.isComplex(x) ? call.build.sizes([shape, 2]) : shape]);
  }),
  flatten: movement('self start_dim end_dim', flatten),
  unflatten: movement('self dim sizes', unflatten),
  squeeze: movement('self dim', squeeze),
  unsqueeze: movement('self dim', (call, x) => call.build.unsqueeze(x, [call.axis(x, call.int('dim'))])),
  expand: movement('self size implicit', expand),
  expand_as: movement('self other', expandAs),
  broadcast_to: movement('self size', expand),
  repeat: movement('self repeats', (call, x) => tile(call, x, 'repeats')),
  tile: movement('self dims', (call, x) => tile(call, x, 'dims')),
  roll: movement('self shifts dims', roll),
  fft_fftshift: fftShift(1),
  fft_ifftshift: fftShift(-1),
  flip: movement('self dims', flip),
  fliplr: movement('self', (call, x) => reversed(call, x, 1)),
  flipud: movement('self', (call, x) => reversed(call, x, 0)),
  slice: movement('self dim start end step', slice),
  narrow: movement('self dim start length', narrow),
  select: movement('self dim index', select),
  index_select: movement('self dim index', (call, x) => {
    const axis = call.axis(x, call.int('dim'));
    const picked = call.real('index');
    const isSingle = call.knownRank(picked) === 0;
    return call.build.gather(x, isSingle ? call.build.unsqueeze(picked, [0]) : picked, axis);
  }),
};
