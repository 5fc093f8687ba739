import { Dim } from '../../symbolic/dim.js';
import { scalarAdd, scalarDiv, scalarMax, scalarMin, scalarMul } from '../../symbolic/scalar.js';
import { elementCount } from '../../tensor/dense.js';
import { isFloat } from '../../tensor/dtype.js';
import { required } from '../lib/alloc.js';
import { evaluatedAxes, inferredAxes, normalizeAxes, reducedShape } from '../lib/axes.js';
import { type Known, storedScalar, trackedShape } from '../lib/content.js';
import { groupsAlong, reduceTensor } from '../lib/reduce.js';
import { REDUCTIONS } from '../lib/reductions.js';
import { absolute } from '../lib/symbolic.js';
import type { EvalContext, InferContext, OpDefinition, Shape } from '../types.js';

/** Reductions of contents: how two elements combine, what is done before, after, and what none give. */
interface SymbolicReduction {
  readonly combine: (a: Known, b: Known) => Known;
  readonly each?: (x: Known) => Known;
  readonly finish?: (total: Known, count: number) => Known;
  readonly none?: Dim;
}

const SYMBOLIC: Readonly<Record<string, SymbolicReduction>> = {
  ReduceSum: { combine: scalarAdd, none: Dim.of(0) },
  ReduceMean: { combine: scalarAdd, finish: (total, count) => scalarDiv(total, Dim.of(count)) },
  ReduceProd: { combine: scalarMul, none: Dim.of(1) },
  ReduceMax: { combine: scalarMax },
  ReduceMin: { combine: scalarMin },
  ReduceSumSquare: { combine: scalarAdd, each: (x) => scalarMul(x, x), none: Dim.of(0) },
  ReduceL1: { combine: scalarAdd, each: absolute, none: Dim.of(0) },
};

/** The axes to reduce: all of them when none is named, unless an empty list means none. */
function effectiveAxes(axes: readonly number[] | undefined, rank: number, noop: boolean): number[] {
  if (axes !== undefined && axes.length > 0) return normalizeAxes(axes, rank);
  return noop ? [] : Array.from({ length: rank }, (_, axis) => axis);
}

function isNoop({ attributes }: Pick<EvalContext, 'attributes'>): boolean {
  return attributes.int('noop_with_empty_axes', 0) !== 0;
}

function keepsDims({ attributes }: Pick<EvalContext, 'attributes'>): boolean {
  return attributes.int('keepdims', 1) !== 0;
}

function inferReduction(ctx: InferContext): void {
  const axes = inferredAxes(ctx, 1);
  if (axes === 'unknown') ctx.setTensor(0, ctx.dtype(0), shapeForUnknownAxes(ctx, ctx.shape(0)));
  else inferWithAxes(ctx, axes);
}

function inferWithAxes(ctx: InferContext, named: readonly number[] | undefined): void {
  const shape = ctx.shape(0);
  if (shape === undefined) {
    const all = (named === undefined || named.length === 0) && !isNoop(ctx);
    ctx.setTensor(0, ctx.dtype(0), all && !keepsDims(ctx) ? [] : undefined);
    return;
  }
  const wrong = named?.find((axis) => axis < -shape.length || axis >= shape.length);
  if (wrong !== undefined) {
    ctx.unknown(`axis ${wrong} does not exist in ${shape.length} dimensions`);
    ctx.setTensor(0, ctx.dtype(0), undefined);
    return;
  }
  const axes = effectiveAxes(named, shape.length, isNoop(ctx));
  ctx.setTensor(0, ctx.dtype(0), reducedShape(shape, axes, keepsDims(ctx)), reducedContent(ctx, axes));
}

/** Without values, the number of axes still tells the rank. */
function shapeForUnknownAxes(ctx: InferContext, shape: Shape | undefined): Shape | undefined {
  ctx.unknown('the axes depend on data');
  if (shape === undefined) return undefined;
  // A size of 1 is 1 whether it is reduced or not.
  if (keepsDims(ctx)) return shape.map((dim) => (dim?.value === 1 ? dim : undefined));
  const count = ctx.shape(1)?.[0]?.value;
  if (count === undefined || count === 0 || count > shape.length) return undefined;
  return new Array<undefined>(shape.length - count).fill(undefined);
}

function reducedContent(ctx: InferContext, axes: readonly number[]): readonly Known[] | undefined {
  const rule = SYMBOLIC[ctx.opType];
  const content = ctx.content(0);
  const sizes = trackedShape(ctx.shape(0));
  const dtype = ctx.dtype(0);
  if (rule === undefined || sizes === undefined || content?.length !== elementCount(sizes)) return undefined;
  // The mean of integers is rounded.
  if (ctx.opType === 'ReduceMean' && (dtype === undefined || !isFloat(dtype))) return undefined;
  const { bases, offsets } = groupsAlong(sizes, axes);
  return Array.from(bases, (base) => {
    if (offsets.length === 0) return rule.none;
    const elements = Array.from(offsets, (offset) => {
      const element = content[base + offset];
      return rule.each ? rule.each(element) : element;
    });
    const total = elements.reduce((a, b) => storedScalar(dtype, rule.combine(a, b)));
    return storedScalar(dtype, rule.finish ? rule.finish(total, offsets.length) : total);
  });
}

function reduction(name: string): OpDefinition {
  const kernel = REDUCTIONS[name] ?? {};
  return {
    name,
    infer: inferReduction,
    evaluate(ctx) {
      const x = required(ctx.inputs, 0);
      const axes = effectiveAxes(evaluatedAxes(ctx, 1), x.shape.length, isNoop(ctx));
      return [reduceTensor(name, x, axes, keepsDims(ctx), kernel)];
    },
  };
}

/** All Reduce operators. */
export const definitions: readonly OpDefinition[] = Object.keys(REDUCTIONS).map(reduction);
