import { EvaluationError } from '../types.js';
import type { BigData, NumberData } from './alloc.js';
import { integerRange } from './limits.js';
import type { Reduction, ReductionKernel } from './reduce.js';

type Step<N> = (accumulated: N, element: N) => N;

function folding(start: number, step: Step<number>): Reduction<number, NumberData> {
  return (data, base, offsets) => {
    let result = start;
    for (let k = 0; k < offsets.length; k++) result = step(result, data[base + (offsets[k] as number)] as number);
    return result;
  };
}

function foldingBig(start: bigint, step: Step<bigint>): Reduction<bigint, BigData> {
  return (data, base, offsets) => {
    let result = start;
    for (let k = 0; k < offsets.length; k++) result = step(result, data[base + (offsets[k] as number)] as bigint);
    return result;
  };
}

/** Starts with the first element: the neutral one depends on the type. */
function choosing<N, D extends { readonly [i: number]: N }>(step: Step<N>): Reduction<N, D> {
  return (data, base, offsets) => {
    let result = data[base + (offsets[0] as number)] as N;
    for (let k = 1; k < offsets.length; k++) result = step(result, data[base + (offsets[k] as number)] as N);
    return result;
  };
}

const add: Step<number> = (sum, x) => sum + x;
const addSquare: Step<number> = (sum, x) => sum + x * x;
const addMagnitude: Step<number> = (sum, x) => sum + Math.abs(x);
const bigMagnitude = (x: bigint) => (x < 0n ? -x : x);

const sum = folding(0, add);
const sumOfSquares = folding(0, addSquare);
const bigSum = foldingBig(0n, (total, x) => total + x);
const bigSumOfSquares = foldingBig(0n, (total, x) => total + x * x);

/** Subtracts the maximum first: exponentials do not overflow. */
const logSumExp: Reduction<number, NumberData> = (data, base, offsets) => {
  const top = maximum(data, base, offsets);
  if (!Number.isFinite(top)) return top;
  let total = 0;
  for (let k = 0; k < offsets.length; k++) total += Math.exp((data[base + (offsets[k] as number)] as number) - top);
  return top + Math.log(total);
};

const maximum = folding(Number.NEGATIVE_INFINITY, Math.max);

/** What each Reduce operator does. Sums of floats are accumulated in doubles: no order of addition is specified. */
export const REDUCTIONS: Readonly<Record<string, ReductionKernel>> = {
  ReduceSum: { float: sum, int: sum, big: bigSum },
  ReduceMean: {
    float: (data, base, offsets) => sum(data, base, offsets) / offsets.length,
    int: (data, base, offsets) => Math.trunc(sum(data, base, offsets) / nonEmpty(offsets)),
    big: (data, base, offsets) => bigSum(data, base, offsets) / BigInt(nonEmpty(offsets)),
  },
  ReduceProd: {
    float: folding(1, (product, x) => product * x),
    int: folding(1, Math.imul),
    big: foldingBig(1n, (product, x) => product * x),
  },
  ReduceMax: {
    float: maximum,
    int: choosing(Math.max),
    big: choosing((a: bigint, b: bigint) => (b > a ? b : a)),
    none: (dtype) => integerRange(dtype).low,
  },
  ReduceMin: {
    float: folding(Number.POSITIVE_INFINITY, Math.min),
    int: choosing(Math.min),
    big: choosing((a: bigint, b: bigint) => (b < a ? b : a)),
    none: (dtype) => integerRange(dtype).high,
  },
  ReduceSumSquare: {
    float: sumOfSquares,
    int: folding(0, (total, x) => (total + Math.imul(x, x)) | 0),
    big: bigSumOfSquares,
  },
  ReduceL1: {
    float: folding(0, addMagnitude),
    int: folding(0, addMagnitude),
    big: foldingBig(0n, (total, x) => total + bigMagnitude(x)),
  },
  ReduceL2: {
    float: (data, base, offsets) => Math.sqrt(sumOfSquares(data, base, offsets)),
    int: (data, base, offsets) => Math.trunc(Math.sqrt(sumOfSquares(data, base, offsets))),
    big: (data, base, offsets) => BigInt(Math.trunc(Math.sqrt(Number(bigSumOfSquares(data, base, offsets))))),
  },
  ReduceLogSum: { float: (data, base, offsets) => Math.log(sum(data, base, offsets)) },
  ReduceLogSumExp: { float: logSumExp },
};

function nonEmpty(offsets: Float64Array): number {
  if (offsets.length === 0) throw new EvaluationError('mean of no integers');
  return offsets.length;
}
