import type { DenseTensor } from '../../tensor/dense.js';
import { allocateNumbers, type NumberData, numbers, required } from '../lib/alloc.js';
import { roundInPlace } from '../lib/elementwise.js';
import { groupsAlong } from '../lib/reduce.js';
import { normalizeAxis } from '../lib/shapes.js';
import type { EvalContext, OpDefinition } from '../types.js';

/** Normalises the elements at `base + offsets[k]` into the same places of the target. */
type Normalize = (source: NumberData, target: NumberData, base: number, offsets: Float64Array) => void;

function largest(source: NumberData, base: number, offsets: Float64Array): number {
  let top = Number.NEGATIVE_INFINITY;
  for (const offset of offsets) top = Math.max(top, source[base + offset] as number);
  return top;
}

function sumOfExponentials(source: NumberData, base: number, offsets: Float64Array, top: number): number {
  let sum = 0;
  for (const offset of offsets) sum += Math.exp((source[base + offset] as number) - top);
  return sum;
}

const softmax: Normalize = (source, target, base, offsets) => {
  const top = largest(source, base, offsets);
  const sum = sumOfExponentials(source, base, offsets, top);
  for (const offset of offsets) target[base + offset] = Math.exp((source[base + offset] as number) - top) / sum;
};

const logSoftmax: Normalize = (source, target, base, offsets) => {
  const top = largest(source, base, offsets);
  const log = Math.log(sumOfExponentials(source, base, offsets, top));
  for (const offset of offsets) target[base + offset] = (source[base + offset] as number) - top - log;
};

/** 1 at the first of the largest elements. */
const hardmax: Normalize = (source, target, base, offsets) => {
  const top = largest(source, base, offsets);
  const first = offsets.find((offset) => source[base + offset] === top);
  if (first !== undefined) target[base + first] = 1;
};

/** Before opset 13 the axes from `axis` (default 1) on are one; since, `axis` (default -1) stands alone. */
function axesOf({ opset, attributes }: EvalContext, rank: number): number[] {
  if (opset >= 13) return [normalizeAxis(attributes.int('axis', -1), rank)];
  const axis = attributes.int('axis', 1);
  const first = axis === rank ? rank : normalizeAxis(axis, rank);
  return Array.from({ length: rank - first }, (_, i) => first + i);
}

function family(name: string, normalize: Normalize): OpDefinition {
  return {
    name,
    infer: (ctx) => ctx.setTensor(0, ctx.dtype(0), ctx.shape(0)),
    evaluate(ctx): DenseTensor[] {
      const x = required(ctx.inputs, 0);
      const source = numbers(x);
      const data = allocateNumbers(x.dtype, source.length);
      const { bases, offsets } = groupsAlong(x.shape, axesOf(ctx, x.shape.length));
      for (const base of bases) normalize(source, data, base, offsets);
      roundInPlace(data, x.dtype);
      return [{ dtype: x.dtype, shape: x.shape, data }];
    },
  };
}

/** Softmax and its relatives. */
export const definitions: readonly OpDefinition[] = [
  family('Softmax', softmax),
  family('LogSoftmax', logSoftmax),
  family('Hardmax', hardmax),
];
