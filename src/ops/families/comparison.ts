import { Dim } from '../../symbolic/dim.js';
import { Rational, scalarCompare, scalarDiffers, scalarIsAtMost } from '../../symbolic/scalar.js';
import { DataType } from '../../tensor/dtype.js';
import { numbers, required } from '../lib/alloc.js';
import { broadcastContent, type Known } from '../lib/content.js';
import { predicate } from '../lib/define.js';
import type { PredicateKernel } from '../lib/elementwise.js';
import type { EvalContext, OpDefinition } from '../types.js';

const TRUE = Dim.of(1);
const FALSE = Dim.of(0);

function truth(value: boolean | undefined): Dim | undefined {
  return value === undefined ? undefined : value ? TRUE : FALSE;
}

const equal: PredicateKernel = { number: (a, b) => a === b, big: (a, b) => a === b, string: (a, b) => a === b };
const less: PredicateKernel = { number: (a, b) => a < b, big: (a, b) => a < b };
const atMost: PredicateKernel = { number: (a, b) => a <= b, big: (a, b) => a <= b };
const greater: PredicateKernel = { number: (a, b) => a > b, big: (a, b) => a > b };
const atLeast: PredicateKernel = { number: (a, b) => a >= b, big: (a, b) => a >= b };

function isEqual(a: Known, b: Known): Known {
  return truth(scalarCompare(a, b) === 0 ? true : scalarDiffers(a, b) ? false : undefined);
}

function isLess(a: Known, b: Known): Known {
  const order = scalarCompare(a, b);
  if (order !== undefined) return truth(order < 0);
  return truth(scalarIsAtMost(b, a) ? false : undefined);
}

function isAtMost(a: Known, b: Known): Known {
  const order = scalarCompare(a, b);
  if (order !== undefined) return truth(order <= 0);
  return truth(scalarIsAtMost(a, b) ? true : undefined);
}

/** A test of single floats. */
function floatTest(
  name: string,
  test: (site: Pick<EvalContext, 'attributes'>) => (x: number) => boolean,
): OpDefinition {
  return {
    name,
    infer(ctx) {
      const content = broadcastContent(ctx, [0], ctx.shape(0), ([x]) => {
        if (x instanceof Dim || x instanceof Rational) return FALSE; // finite numbers
        return x === undefined ? undefined : truth(test(ctx)(x));
      });
      ctx.setTensor(0, DataType.BOOL, ctx.shape(0), content);
    },
    evaluate(ctx) {
      const x = required(ctx.inputs, 0);
      const passes = test(ctx);
      const source = numbers(x);
      const data = new Uint8Array(source.length);
      for (let i = 0; i < source.length; i++) data[i] = passes(source[i] as number) ? 1 : 0;
      return [{ dtype: DataType.BOOL, shape: x.shape, data }];
    },
  };
}

function isInfinite({ attributes }: Pick<EvalContext, 'attributes'>): (x: number) => boolean {
  const positive = attributes.int('detect_positive', 1) !== 0;
  const negative = attributes.int('detect_negative', 1) !== 0;
  return (x) => (positive && x === Number.POSITIVE_INFINITY) || (negative && x === Number.NEGATIVE_INFINITY);
}

/** Comparisons of two inputs, and tests of one. */
export const definitions: readonly OpDefinition[] = [
  predicate('Equal', equal, isEqual),
  predicate('Less', less, isLess),
  predicate('LessOrEqual', atMost, isAtMost),
  predicate('Greater', greater, (a, b) => isLess(b, a)),
  predicate('GreaterOrEqual', atLeast, (a, b) => isAtMost(b, a)),
  floatTest('IsNaN', () => Number.isNaN),
  floatTest('IsInf', isInfinite),
];
