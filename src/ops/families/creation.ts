import { Dim } from '../../symbolic/dim.js';
import { type Scalar, scalarCeil, scalarDiv, scalarSub } from '../../symbolic/scalar.js';
import type { DenseTensor } from '../../tensor/dense.js';
import { elementCount } from '../../tensor/dense.js';
import { DataType } from '../../tensor/dtype.js';
import { integers, isBig, type NumberData, required } from '../lib/alloc.js';
import { concreteShape } from '../lib/content.js';
import { type Content, elementsOf, fill, newTensor } from '../lib/elements.js';
import { contentOf } from '../lib/fold-content.js';
import { dimOf, integerParameter, shapeOfNumbers, valid } from '../lib/known.js';
import type { Attributes, EvalContext, InferContext, OpDefinition } from '../types.js';
import { CONTENT_LIMIT } from '../types.js';

/** The tensor that a Constant node's one attribute holds; undefined for a sparse one. */
function constantOf(attributes: Attributes): DenseTensor | undefined {
  const tensor = attributes.tensor('value');
  if (tensor !== undefined) return tensor;
  const int = attributes.int('value_int');
  if (int !== undefined) return { dtype: DataType.INT64, shape: [], data: int64(attributes, 'value_int', [int]) };
  const ints = attributes.ints('value_ints');
  if (ints !== undefined)
    return { dtype: DataType.INT64, shape: [ints.length], data: int64(attributes, 'value_ints', ints) };
  const float = attributes.float('value_float');
  if (float !== undefined) return { dtype: DataType.FLOAT, shape: [], data: Float32Array.of(float) };
  const floats = attributes.floats('value_floats');
  if (floats !== undefined) return { dtype: DataType.FLOAT, shape: [floats.length], data: Float32Array.from(floats) };
  const string = attributes.string('value_string');
  if (string !== undefined) return { dtype: DataType.STRING, shape: [], data: [string] };
  const strings = attributes.strings('value_strings');
  if (strings !== undefined) return { dtype: DataType.STRING, shape: [strings.length], data: [...strings] };
  return undefined;
}

function int64(attributes: Attributes, name: string, rounded: readonly number[]): BigInt64Array {
  return BigInt64Array.from(attributes.exactInts?.(name) ?? rounded.map(BigInt));
}

function inferConstant(ctx: InferContext): void {
  const type = ctx.attributes.tensorType?.('value');
  if (type !== undefined && elementCount(type.shape) > CONTENT_LIMIT) {
    ctx.setTensor(0, type.dtype, shapeOfNumbers(type.shape));
  } else {
    const tensor = constantOf(ctx.attributes);
    if (tensor === undefined) ctx.unknown('a sparse constant');
    else ctx.setTensor(0, tensor.dtype, shapeOfNumbers(tensor.shape), contentOf(tensor));
  }
}

/** What ConstantOfShape repeats: one element, by default the float 0. */
function repeated(attributes: Attributes): DenseTensor {
  return attributes.tensor('value') ?? { dtype: DataType.FLOAT, shape: [1], data: new Float32Array(1) };
}

function inferConstantOfShape(ctx: InferContext): void {
  const value = repeated(ctx.attributes);
  const shape = integerParameter(ctx, undefined, 0);
  const fill = contentOf(value)?.[0];
  const known = shape === 'absent' ? undefined : shape;
  const content = repeat(fill, concreteShape(known));
  ctx.setOutput(0, { kind: 'tensor', dtype: value.dtype, shape: known, content, fill });
}

function repeat(element: Scalar | undefined, sizes: readonly number[] | undefined): Content | undefined {
  if (sizes === undefined || element === undefined || sizes.some((size) => size < 0)) return undefined;
  const count = elementCount(sizes);
  return count > CONTENT_LIMIT ? undefined : new Array<Scalar>(count).fill(element);
}

function evaluateConstantOfShape({ attributes, inputs }: EvalContext): DenseTensor[] {
  const value = repeated(attributes);
  const { tensor, elements } = newTensor(value.dtype, integers(required(inputs, 0)));
  fill(elements, elementsOf(value));
  return [tensor];
}

/** max(ceil((limit - start) / delta), 0), the number of elements that Range gives. */
function inferRange(ctx: InferContext): void {
  const [start, limit, delta] = [0, 1, 2].map((i) => ctx.content(i)?.[0]) as [Scalar?, Scalar?, Scalar?];
  const dtype = ctx.dtype(0) ?? ctx.dtype(1) ?? ctx.dtype(2);
  const length =
    dimOf(scalarCeil(scalarDiv(scalarSub(limit, start), delta)))?.max(0) ?? rangeLength(start, limit, delta);
  const count = length?.value;
  if (length === undefined) ctx.unknown('the limits of Range depend on the data');
  ctx.setTensor(0, dtype, [length ?? ctx.fresh('range')], count === undefined ? undefined : ramp(start, delta, count));
}

/** Of a symbolic integer range, whose step may be symbolic too. */
function rangeLength(start?: Scalar, limit?: Scalar, delta?: Scalar): Dim | undefined {
  if (!(start instanceof Dim && limit instanceof Dim && delta instanceof Dim)) return undefined;
  if (delta.isPositive()) return limit.sub(start).ceilDiv(delta).max(0);
  if (delta.neg().isPositive()) return start.sub(limit).ceilDiv(delta.neg()).max(0);
  return undefined;
}

function ramp(start: Scalar | undefined, delta: Scalar | undefined, count: number): Content | undefined {
  if (count > CONTENT_LIMIT || !(start instanceof Dim && delta instanceof Dim)) return undefined;
  return Array.from({ length: count }, (_, i) => start.add(delta.mul(i)));
}

function evaluateRange({ inputs }: EvalContext): DenseTensor[] {
  const parts = [0, 1, 2].map((i) => required(inputs, i));
  const { dtype } = parts[0] as DenseTensor;
  valid(
    parts.every((part) => part.dtype === dtype && part.data.length === 1) ? parts : undefined,
    'the limits of Range are scalars of one type',
  );
  const [start, limit, delta] = parts.map((part) => part.data[0]);
  if (typeof start === 'bigint') {
    const from = start;
    const step = delta as bigint;
    valid(step === 0n ? undefined : step, 'the step of Range is 0');
    const span = (limit as bigint) - from;
    const count = Number(span / step + (span % step !== 0n && span > 0n === step > 0n ? 1n : 0n));
    const { tensor } = newTensor(dtype, [Math.max(0, count)]);
    const data = tensor.data as BigInt64Array;
    for (let i = 0; i < data.length; i++) data[i] = from + BigInt(i) * step;
    return [tensor];
  }
  const [from, to, step] = [start, limit, delta] as [number, number, number];
  valid(step === 0 ? undefined : step, 'the step of Range is 0');
  const { tensor } = newTensor(dtype, [Math.max(0, Math.ceil((to - from) / step))]);
  accumulate(tensor.data as NumberData, from, step);
  return [tensor];
}

/** Each element from the one before, rounded to the type, as onnxruntime does. */
function accumulate(data: NumberData, start: number, step: number): void {
  if (data.length > 0) data[0] = start;
  for (let i = 1; i < data.length; i++) data[i] = (data[i - 1] as number) + step;
}

function inferEyeLike(ctx: InferContext): void {
  const dtype = ctx.attributes.int('dtype') ?? ctx.dtype(0);
  const shape = ctx.shape(0);
  const sizes = concreteShape(shape);
  const k = ctx.attributes.int('k', 0);
  const small = sizes?.length === 2 && elementCount(sizes) <= CONTENT_LIMIT;
  const content = small ? eye(sizes[0] as number, sizes[1] as number, k).map((x) => Dim.of(x)) : undefined;
  ctx.setTensor(0, dtype, shape ?? [undefined, undefined], content);
}

function eye(rows: number, columns: number, k: number): number[] {
  return Array.from({ length: rows * columns }, (_, i) => (Math.floor(i / columns) + k === i % columns ? 1 : 0));
}

function evaluateEyeLike({ attributes, inputs }: EvalContext): DenseTensor[] {
  const x = required(inputs, 0);
  const [rows, columns] = valid(x.shape.length === 2 ? x.shape : undefined, 'EyeLike takes a matrix') as [
    number,
    number,
  ];
  const { tensor } = newTensor(attributes.int('dtype', x.dtype), [rows, columns]);
  const k = attributes.int('k', 0);
  for (let row = Math.max(0, -k); row < rows && row + k < columns; row++) {
    tensor.data[row * columns + row + k] = (isBig(tensor.data) ? 1n : 1) as never;
  }
  return [tensor];
}

/** Operators that make tensors from attributes, shapes or limits. */
export const definitions: readonly OpDefinition[] = [
  {
    name: 'Constant',
    infer: inferConstant,
    evaluate: ({ attributes }) => [valid(constantOf(attributes), 'sparse constants are not supported')],
  },
  { name: 'ConstantOfShape', infer: inferConstantOfShape, evaluate: evaluateConstantOfShape },
  { name: 'Range', infer: inferRange, evaluate: evaluateRange },
  { name: 'EyeLike', infer: inferEyeLike, evaluate: evaluateEyeLike },
];
