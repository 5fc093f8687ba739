import { scalarAdd, scalarDiv, scalarMax, scalarMin, scalarMul, scalarSub } from '../../symbolic/scalar.js';
import type { DenseTensor } from '../../tensor/dense.js';
import { isFloat } from '../../tensor/dtype.js';
import { isBig, numeric, required } from '../lib/alloc.js';
import { broadcastContent, type Known, storedScalar } from '../lib/content.js';
import { binary, computed, variadic } from '../lib/define.js';
import { type BinaryKernel, foldBinary, mapUnary } from '../lib/elementwise.js';
import { powered } from '../lib/pow.js';
import { flooredRemainder, power, truncatedRemainder, truncatingQuotient } from '../lib/symbolic.js';
import type { EvalContext, InferContext, OpDefinition } from '../types.js';
import { EvaluationError } from '../types.js';

const add: BinaryKernel = { float: (a, b) => a + b, int: (a, b) => a + b, big: (a, b) => a + b };
const subtract: BinaryKernel = { float: (a, b) => a - b, int: (a, b) => a - b, big: (a, b) => a - b };
// The product of two 32-bit integers does not fit in a double.
const multiply: BinaryKernel = { float: (a, b) => a * b, int: Math.imul, big: (a, b) => a * b };
const divide: BinaryKernel = {
  float: (a, b) => a / b,
  int: (a, b) => Math.trunc(a / nonZero(b)),
  big: (a, b) => a / nonZero(b),
};

/** Sign of the divisor, as Python. */
const flooredModulo: BinaryKernel = {
  float: (a, b) => withSignOf(b, a % b),
  int: (a, b) => withSignOf(b, a % nonZero(b)),
  big: (a, b) => {
    const rest = a % nonZero(b);
    return rest !== 0n && rest < 0n !== b < 0n ? rest + b : rest;
  },
};
/** Sign of the dividend, as C. */
const truncatedModulo: BinaryKernel = {
  float: (a, b) => a % b,
  int: (a, b) => a % nonZero(b),
  // onnxruntime calls fmod on doubles, and so does this: past 2^53 the result is not the exact remainder.
  big: (a, b) => BigInt(Number(a) % Number(nonZero(b))),
};

// NaN wins, as in onnxruntime; which of 0 and -0 wins there depends on the lengths of the operands.
const minimum: BinaryKernel = { float: Math.min, int: Math.min, big: (a, b) => (b < a ? b : a) };
const maximum: BinaryKernel = { float: Math.max, int: Math.max, big: (a, b) => (b > a ? b : a) };

function nonZero<N extends number | bigint>(divisor: N): N {
  if (divisor === 0 || divisor === 0n) throw new EvaluationError('integer division by zero');
  return divisor;
}

function withSignOf(divisor: number, rest: number): number {
  return rest !== 0 && rest < 0 !== divisor < 0 ? rest + divisor : rest;
}

function isFloatOrUnknown(dtype: number | undefined): boolean {
  return dtype === undefined || isFloat(dtype);
}

const pow: OpDefinition = {
  name: 'Pow',
  infer(ctx) {
    const dtype = ctx.dtype(0);
    const shape = ctx.opset < 7 ? ctx.shape(0) : ctx.broadcast();
    // The exponent has its own type: in a content, numbers are numbers.
    const content = broadcastContent(ctx, [0, 1], shape, ([a, b]) => {
      const evaluate = ([x, y]: readonly DenseTensor[]) => powered(x as DenseTensor, y as DenseTensor);
      return storedScalar(dtype, power(a, b)) ?? computed(dtype, [a, b], evaluate);
    });
    ctx.setTensor(0, dtype, shape, content);
  },
  evaluate: ({ inputs }) => [powered(required(inputs, 0), required(inputs, 1))],
};

const mean: OpDefinition = {
  name: 'Mean',
  infer(ctx) {
    ctx.setTensor(0, ctx.dtype(0), ctx.broadcast());
  },
  evaluate({ inputs }) {
    const sum = foldBinary('Mean', inputs, { float: (a, b) => a + b });
    return [mapUnary('Mean', sum, { float: (x) => x / inputs.length })];
  },
};

/** Bounds of Clip: attributes before opset 11, scalars since. */
function clipped(ctx: EvalContext): DenseTensor {
  const x = required(ctx.inputs, 0);
  const source = numeric(x);
  if (isBig(source)) {
    const low = bound<bigint>(ctx, 1);
    const high = bound<bigint>(ctx, 2);
    return mapUnary('Clip', x, {
      big: (v) => {
        const raised = low !== undefined && v < low ? low : v;
        return high !== undefined && raised > high ? high : raised;
      },
    });
  }
  const low = bound<number>(ctx, 1) ?? (ctx.opset < 11 ? ctx.attributes.float('min') : undefined);
  const high = bound<number>(ctx, 2) ?? (ctx.opset < 11 ? ctx.attributes.float('max') : undefined);
  const clip = (v: number) => {
    const raised = low !== undefined && v < low ? low : v;
    return high !== undefined && raised > high ? high : raised;
  };
  return mapUnary('Clip', x, { float: clip, int: clip });
}

function bound<N>({ inputs }: EvalContext, i: number): N | undefined {
  const tensor = inputs[i];
  if (tensor !== undefined && tensor.dtype !== inputs[0]?.dtype) throw new EvaluationError('a bound of another type');
  return tensor?.data[0] as N | undefined;
}

/** An absent bound holds nothing back; one that is unknown leaves the result unknown. */
function inferClip(ctx: InferContext): void {
  const dtype = ctx.dtype(0);
  const limit = (i: number, name: string): Known | 'none' => {
    if (ctx.hasInput(i)) return ctx.content(i)?.[0];
    return (ctx.opset < 11 ? ctx.attributes.float(name) : undefined) ?? 'none';
  };
  const low = limit(1, 'min');
  const high = limit(2, 'max');
  const content = broadcastContent(ctx, [0], ctx.shape(0), ([x]) => {
    const raised = low === 'none' ? x : scalarMax(x, low);
    return storedScalar(dtype, high === 'none' ? raised : scalarMin(raised, high));
  });
  ctx.setTensor(0, dtype, ctx.shape(0), content);
}

/** Arithmetic on two or more inputs, and Clip. */
export const definitions: readonly OpDefinition[] = [
  binary('Add', add, scalarAdd),
  binary('Sub', subtract, scalarSub),
  binary('Mul', multiply, scalarMul),
  binary('Div', divide, (a, b, { dtype }) => (isFloatOrUnknown(dtype) ? scalarDiv(a, b) : truncatingQuotient(a, b))),
  binary(
    'Mod',
    ({ attributes }) => (attributes.int('fmod', 0) === 0 ? flooredModulo : truncatedModulo),
    (a, b, { attributes }) => (attributes.int('fmod', 0) === 0 ? flooredRemainder(a, b) : truncatedRemainder(a, b)),
  ),
  pow,
  variadic('Sum', add, scalarAdd),
  variadic('Min', minimum, scalarMin),
  variadic('Max', maximum, scalarMax),
  mean,
  { name: 'Clip', infer: inferClip, evaluate: (ctx) => [clipped(ctx)] },
];
