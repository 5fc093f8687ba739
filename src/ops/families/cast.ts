import { Dim } from '../../symbolic/dim.js';
import { Rational, scalarTruncate } from '../../symbolic/scalar.js';
import { decodeElements, encodedLength, encodeElements } from '../../tensor/codec.js';
import type { DenseTensor } from '../../tensor/dense.js';
import { bitsPerElement, DataType, dataTypeName, isFloat, isInteger } from '../../tensor/dtype.js';
import { required } from '../lib/alloc.js';
import { broadcastContent, type Known, storedScalar } from '../lib/content.js';
import { type CastOptions, castTensor } from '../lib/convert.js';
import { computed } from '../lib/define.js';
import type { RoundMode } from '../lib/rounding.js';
import type { Attributes, EvalContext, InferContext, OpDefinition } from '../types.js';
import { EvaluationError } from '../types.js';

function optionsOf(attributes: Attributes): CastOptions {
  return {
    saturate: attributes.int('saturate', 1) !== 0,
    roundMode: attributes.string('round_mode', 'up') as RoundMode,
  };
}

/** The attribute `to`; before opset 6 it was the type's name. */
function targetOf({ attributes, opset }: Pick<EvalContext, 'attributes' | 'opset'>): number | undefined {
  if (opset >= 6) return attributes.int('to');
  const name = attributes.string('to', '');
  return (DataType as Readonly<Record<string, number>>)[name.toUpperCase()];
}

/** An element after conversion: exact expressions stay what they are as long as the type can hold them. */
function castScalar(x: Known, from: number | undefined, to: number | undefined, options: CastOptions): Known {
  if (x === undefined || to === undefined) return undefined;
  if (to === DataType.BOOL) return truthOf(x);
  if (isFloat(to)) return from === undefined ? storedScalar(to, x) : exactFloat(x, from, to, options);
  if (!isInteger(to)) return undefined;
  const whole = scalarTruncate(x);
  return storedScalar(to, whole);
}

function exactFloat(x: Known, from: number, to: number, options: CastOptions): Known {
  if (x instanceof Dim && (!x.isNumber || storedScalar(to, x) === x)) return x;
  if (x instanceof Rational && !x.num.isNumber) return x;
  return computed(from, [x], ([tensor]) => castTensor(tensor as DenseTensor, to, options), to);
}

/** 1 for what is not 0. */
function truthOf(x: Known): Known {
  if (typeof x === 'number') return Dim.of(x === 0 ? 0 : 1);
  const dim = x instanceof Rational ? x.num : x;
  if (dim?.differsFrom(0)) return Dim.of(1);
  return dim?.isNonNegative() ? dim.min(1) : undefined;
}

function inferCast(ctx: InferContext, to: number | undefined): void {
  const options = optionsOf(ctx.attributes);
  const content = broadcastContent(ctx, [0], ctx.shape(0), ([x]) => castScalar(x, ctx.dtype(0), to, options));
  ctx.setTensor(0, to, ctx.shape(0), content);
}

/** Reinterprets the elements' bits as another type of the same width. */
function bitCast(x: DenseTensor, to: number): DenseTensor {
  const bits = bitsPerElement(to);
  if (bits === undefined || bits !== bitsPerElement(x.dtype)) {
    throw new EvaluationError(`the bits of ${dataTypeName(x.dtype)} cannot be read as ${dataTypeName(to)}`);
  }
  if (encodedLength(to, x.shape) === 0) return castTensor(x, to);
  return decodeElements(to, x.shape, encodeElements(x));
}

/** Conversions between element types. */
export const definitions: readonly OpDefinition[] = [
  {
    name: 'Cast',
    infer: (ctx) => inferCast(ctx, targetOf(ctx)),
    evaluate(ctx) {
      const to = targetOf(ctx);
      if (to === undefined) throw new EvaluationError('the attribute to is missing');
      return [castTensor(required(ctx.inputs, 0), to, optionsOf(ctx.attributes))];
    },
  },
  {
    name: 'CastLike',
    infer: (ctx) => inferCast(ctx, ctx.dtype(1)),
    evaluate: ({ inputs, attributes }) => [
      castTensor(required(inputs, 0), required(inputs, 1).dtype, optionsOf(attributes)),
    ],
  },
  {
    name: 'BitCast',
    infer: (ctx) => ctx.setTensor(0, ctx.attributes.int('to'), ctx.shape(0)),
    evaluate: ({ inputs, attributes }) => [bitCast(required(inputs, 0), attributes.int('to', 0))],
  },
];
