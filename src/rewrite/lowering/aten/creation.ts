import type { Value } from '../../../model/value.js';
import { DataType, isFloat } from '../../../tensor/dtype.js';
import type { Call } from '../call.js';
import type { CallSite, Lowering, Lowerings } from '../lowering.js';
import { Refusal } from '../refusal.js';
import { onnxType } from './dtypes.js';
import { sizeVector } from './movement.js';
import { commonType, inType } from './promote.js';

/** What every factory has at its end; exporters write all of it. */
const TAIL = 'dtype layout device pin_memory';

function typeOf(call: Call, otherwise: number): number {
  return call.has('dtype') ? onnxType(call.int('dtype')) : otherwise;
}

/** A tensor of one number, of a size or of that of another tensor. */
function filled(args: string, number: (call: Call) => number): Lowering {
  return {
    args,
    lower: (call) => {
      const like = call.optional('self');
      const sizes = call.has('size') ? sizeVector(call, 'size') : undefined;
      const dtype = typeOf(call, like ? call.dtype(like) : DataType.FLOAT);
      const shape = sizes ?? call.build.shape(like as Value);
      return call.build.filled(shape, number(call), dtype);
    },
  };
}

/** `arange(end, ..)`, `arange(start, end, ..)`, `arange(start, end, step, ..)`. */
function arangeArguments({ node }: CallSite): string {
  const own = Math.max(1, node.inputs.length - TAIL.split(' ').length);
  return `${['end', 'start end', 'start end step'][own - 1] ?? 'start end step'} ${TAIL}`;
}

function arange(call: Call): Value {
  const { build } = call;
  const bounds = ['start', 'end', 'step'].map((name) => call.optional(name));
  const given = bounds.filter((bound) => bound !== undefined);
  const dtype = typeOf(call, commonType(call, given));
  const computed = isFloat(dtype) ? DataType.FLOAT : DataType.INT64;
  const inputs = bounds.map((bound, i) =>
    bound ? inType(call, bound, computed) : build.scalar(i === 0 ? 0 : 1, computed),
  );
  const scalars = inputs.map((value) => (call.knownRank(value) === 1 ? build.asScalar(value) : value));
  const range = build.op('Range', scalars);
  return dtype === computed ? range : build.cast(range, dtype);
}

/** Steps of equal size, both ends included. */
function linspace(call: Call): Value {
  const [start, end, steps] = [call.float('start'), call.float('end'), call.int('steps')];
  const at = (i: number) => (steps === 1 ? start : start + ((end - start) * i) / (steps - 1));
  return call.build.constant(
    Array.from({ length: steps }, (_, i) => at(i)),
    [steps],
    typeOf(call, DataType.FLOAT),
  );
}

function eye(call: Call): Value {
  const rows = call.int('n');
  const columns = call.int('m', rows);
  const data = new Float64Array(rows * columns);
  for (let i = 0; i < Math.min(rows, columns); i++) data[i * columns + i] = 1;
  return call.build.constant(data, [rows, columns], typeOf(call, DataType.FLOAT));
}

/** To the type of an argument that is a number of PyTorch's, or another tensor's. */
function conversion(call: Call): Value {
  const x = call.tensor('self');
  const to = call.has('other') ? call.dtype(call.tensor('other')) : onnxType(call.int('dtype'));
  if (to === DataType.COMPLEX64 || to === DataType.COMPLEX128) {
    const part = to === DataType.COMPLEX64 ? DataType.FLOAT : DataType.DOUBLE;
    const real = inType(call, x, part);
    if (call.isComplex(x)) return call.complex(real);
    return call.complex(call.build.mul(call.build.unsqueeze(real, [-1]), call.build.constant([1, 0], [2], part)));
  }
  if (call.isComplex(x)) throw new Refusal('complex numbers become real');
  return inType(call, x, to);
}

/** Grids of coordinates: every tensor varies along an axis of its own. */
function meshgrid(call: Call): { list: Value[] } {
  const { build } = call;
  const tensors = call
    .tensors('tensors')
    .map((value) => (call.knownRank(value) === 0 ? build.unsqueeze(value, [0]) : value));
  const swapped = call.has('indexing') && call.text('indexing') === 'xy' && tensors.length > 1;
  const axisOf = (i: number) => (swapped && i < 2 ? 1 - i : i);
  const sizes = tensors.map((_, axis) => build.size(tensors[axisOf(axis)] as Value, 0));
  const list = tensors.map((value, i) => {
    const others = tensors.map((_, axis) => axis).filter((axis) => axis !== axisOf(i));
    return build.expand(build.unsqueeze(value, others), sizes);
  });
  return { list };
}

const zero = () => 0;
const one = () => 1;
const given = (call: Call) => call.float('fill_value');
const LIKE = `${TAIL} memory_format`;

export const lowerings: Lowerings = {
  zeros: filled(`size ${TAIL}`, zero),
  ones: filled(`size ${TAIL}`, one),
  empty: filled(`size ${LIKE}`, zero),
  full: filled(`size fill_value ${TAIL}`, given),
  zeros_like: filled(`self ${LIKE}`, zero),
  ones_like: filled(`self ${LIKE}`, one),
  empty_like: filled(`self ${LIKE}`, zero),
  full_like: filled(`self fill_value ${LIKE}`, given),
  new_zeros: filled(`self size ${TAIL}`, zero),
  new_ones: filled(`self size ${TAIL}`, one),
  new_empty: filled(`self size ${TAIL}`, zero),
  new_full: filled(`self size fill_value ${TAIL}`, given),
  arange: { args: arangeArguments, lower: arange },
  linspace: { args: `start end steps ${TAIL}`, lower: linspace },
  eye: {
    args: ({ node }) => (node.inputs.length === 5 ? `n ${TAIL}` : `n m ${TAIL}`),
    lower: eye,
  },
  scalar_tensor: {
    args: `s ${TAIL}`,
    lower: (call) => inType(call, call.tensor('s'), typeOf(call, call.dtype(call.tensor('s')))),
  },
  type_as: { args: 'self other', lower: conversion },
  _to_copy: { args: `self ${TAIL} non_blocking memory_format`, lower: conversion },
  meshgrid: {
    args: ({ node }) => (node.inputs.length > 2 ? 'tensors*' : 'tensors indexing'),
    lower: meshgrid,
  },
};
