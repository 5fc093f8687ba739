import { Dim } from '../../symbolic/dim.js';
import { scalarAdd, scalarMul, scalarValue } from '../../symbolic/scalar.js';
import type { DenseTensor } from '../../tensor/dense.js';
import { DataType, isFloat } from '../../tensor/dtype.js';
import { allocate, integers, isBig, numeric, required } from '../lib/alloc.js';
import { type Known, storedScalar, trackedShape } from '../lib/content.js';
import { groupsAlong } from '../lib/reduce.js';
import { storageRounder } from '../lib/rounding.js';
import { normalizeAxis } from '../lib/shapes.js';
import type { Attributes, EvalContext, InferContext, OpDefinition } from '../types.js';
import { EvaluationError } from '../types.js';

/** A running total: what it starts with and how the next element joins it. */
interface Running {
  readonly start: 0 | 1;
  readonly number: (total: number, x: number) => number;
  readonly int: (total: number, x: number) => number;
  readonly big: (total: bigint, x: bigint) => bigint;
  readonly scalar: (total: Known, x: Known) => Known;
}

const SUM: Running = {
  start: 0,
  number: (total, x) => total + x,
  int: (total, x) => (total + x) | 0,
  big: (total, x) => total + x,
  scalar: scalarAdd,
};
const PRODUCT: Running = {
  start: 1,
  number: (total, x) => total * x,
  int: Math.imul,
  big: (total, x) => BigInt.asIntN(64, total * x),
  scalar: scalarMul,
};

/** Walks each line along the axis, forwards or backwards. */
function accumulate<N>(
  shape: readonly number[],
  axis: number,
  attributes: Attributes,
  start: N,
  read: (at: number) => N,
  write: (at: number, total: N) => N,
  join: (total: N, x: N) => N,
): void {
  const exclusive = attributes.int('exclusive', 0) !== 0;
  const reverse = attributes.int('reverse', 0) !== 0;
  const { bases, offsets } = groupsAlong(shape, [axis]);
  for (const base of bases) {
    let total = start;
    for (let k = 0; k < offsets.length; k++) {
      const at = base + (offsets[reverse ? offsets.length - 1 - k : k] as number);
      // What was written is rounded, and goes on rounded.
      const next = join(total, read(at));
      if (exclusive) {
        write(at, total);
        total = next;
      } else total = write(at, k === 0 ? read(at) : next);
    }
  }
}

function evaluate({ inputs, attributes, opType }: EvalContext, running: Running): DenseTensor {
  const x = required(inputs, 0);
  const axis = normalizeAxis(integers(required(inputs, 1))[0] ?? Number.NaN, x.shape.length);
  const source = numeric(x);
  const data = allocate(x.dtype, source.length);
  if (isBig(source) && isBig(data)) {
    const write = (at: number, total: bigint) => {
      data[at] = total;
      return total;
    };
    accumulate(x.shape, axis, attributes, BigInt(running.start), (at) => source[at] as bigint, write, running.big);
  } else {
    if (x.dtype === DataType.BOOL) throw new EvaluationError(`${opType} is not defined for bool`);
    const round = roundingOf(x.dtype);
    const join = isFloat(x.dtype) ? (total: number, v: number) => round(running.number(total, v)) : running.int;
    const write = (at: number, total: number) => {
      data[at] = total;
      return total;
    };
    accumulate<number>(x.shape, axis, attributes, running.start, (at) => source[at] as number, write, join);
  }
  return { dtype: x.dtype, shape: x.shape, data };
}

function roundingOf(dtype: number): (x: number) => number {
  return dtype === DataType.DOUBLE ? (x) => x : (storageRounder(dtype) ?? Math.fround);
}

function infer(ctx: InferContext, running: Running): void {
  const shape = ctx.shape(0);
  ctx.setTensor(0, ctx.dtype(0), shape, runningContent(ctx, running));
}

function runningContent(ctx: InferContext, running: Running): Known[] | undefined {
  const sizes = trackedShape(ctx.shape(0));
  const content = ctx.content(0);
  const axis = scalarValue(ctx.content(1)?.[0]);
  if (sizes === undefined || content === undefined || axis === undefined) return undefined;
  const dtype = ctx.dtype(0);
  const result: Known[] = new Array(content.length);
  const write = (at: number, total: Known) => {
    result[at] = total;
    return total;
  };
  const along = axis < 0 ? axis + sizes.length : axis;
  const join = (total: Known, x: Known) => storedScalar(dtype, running.scalar(total, x));
  accumulate<Known>(sizes, along, ctx.attributes, Dim.of(running.start), (at) => content[at], write, join);
  return result;
}

function cumulative(name: string, running: Running): OpDefinition {
  return { name, infer: (ctx) => infer(ctx, running), evaluate: (ctx) => [evaluate(ctx, running)] };
}

/** Running totals along an axis. */
export const definitions: readonly OpDefinition[] = [cumulative('CumSum', SUM), cumulative('CumProd', PRODUCT)];
