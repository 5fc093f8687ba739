/** Tensors that are put together, or taken apart into lists. */
import type { Value } from '../../../model/value.js';
import type { Call } from '../call.js';
import { asComplex } from '../complex/parts.js';
import type { Lowering, Lowerings, TensorList } from '../lowering.js';
import { Refusal } from '../refusal.js';

/** One operand more than real: all become complex. */
function alike(call: Call, values: readonly Value[]): { values: Value[]; isComplex: boolean } {
  const isComplex = values.some((value) => call.isComplex(value));
  return { values: isComplex ? values.map((value) => asComplex(call, value)) : [...values], isComplex };
}

function joined(args: string, newAxis: boolean): Lowering {
  return {
    args,
    lower: (call) => {
      const { values, isComplex } = alike(call, call.tensors('tensors'));
      const given = call.int('dim', 0);
      const axis = given < 0 && isComplex ? given - 1 : given;
      const parts = newAxis ? values.map((value) => call.build.unsqueeze(value, [axis])) : values;
      const result = call.build.concat(parts, axis);
      return isComplex ? call.complex(result) : result;
    },
  };
}

/** Parts of known sizes along an axis. */
function parts(call: Call, sizes: readonly number[]): TensorList {
  const x = call.tensor('self');
  const axis = call.axis(x, call.int('dim', 0));
  let start = 0;
  const list = sizes.map((size) => {
    const from = start;
    start += size;
    return call.like(x, call.build.slice(x, axis, from, start));
  });
  return { list };
}

function sizeOfSplit(call: Call): number {
  const size = call.knownSize(call.tensor('self'), call.int('dim', 0));
  if (size === undefined) throw new Refusal('how many parts there are depends on the input');
  return size;
}

function equalParts(total: number, size: number): number[] {
  return Array.from({ length: Math.max(1, Math.ceil(total / size)) }, (_, i) => Math.min(size, total - i * size));
}

/** One size for all parts but the last, or a list of sizes. */
function splitSizes(call: Call, name: string): number[] {
  const given = call.ints(name);
  return given.length > 1 ? given : equalParts(sizeOfSplit(call), given[0] ?? 1);
}

export const lowerings: Lowerings = {
  cat: joined('tensors dim', false),
  concat: joined('tensors dim', false),
  stack: joined('tensors dim', true),
  split: { args: 'self split_size dim', lower: (call) => parts(call, splitSizes(call, 'split_size')) },
  split_with_sizes: { args: 'self split_sizes dim', lower: (call) => parts(call, call.ints('split_sizes')) },
  chunk: {
    args: 'self chunks dim',
    lower: (call) => {
      const total = sizeOfSplit(call);
      return parts(call, equalParts(total, Math.max(1, Math.ceil(total / call.int('chunks')))));
    },
  },
  unbind: {
    args: 'self dim',
    lower: (call) => {
      const x = call.tensor('self');
      const axis = call.axis(x, call.int('dim', 0));
      const list = Array.from({ length: sizeOfSplit(call) }, (_, i) => call.like(x, call.build.gather(x, i, axis)));
      return { list };
    },
  },
  // PyTorch's own name for taking a list apart.
  ListUnpack: { args: 'list', lower: (call) => call.tensors('list') },
};
