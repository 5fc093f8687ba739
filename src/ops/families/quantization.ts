import type { DenseTensor } from '../../tensor/dense.js';
import { elementCount } from '../../tensor/dense.js';
import { DataType } from '../../tensor/dtype.js';
import { allocateNumbers, numbers, required } from '../lib/alloc.js';
import { axisOf } from '../lib/known.js';
import { multiplyNumbers, productLayout } from '../lib/product.js';
import { dequantize, quantize, quantizer } from '../lib/quantize.js';
import { roundHalfEven } from '../lib/rounding.js';
import { offsetBy } from '../lib/zero-point.js';
import type { EvalContext, InferContext, OpDefinition, Shape } from '../types.js';
import { EvaluationError } from '../types.js';
import { productShape } from './matmul.js';

/** The quantized type: that of the zero point, the attribute, uint8. */
function quantizedType(ctx: InferContext): number | undefined {
  if (ctx.hasInput(2)) return ctx.dtype(2);
  return ctx.attributes.int('output_dtype', 0) || DataType.UINT8;
}

/** The shape stays; one scale a slice means as many scales as the axis is long. */
function shapeWithScales(ctx: InferContext): Shape | undefined {
  const shape = ctx.shape(0)?.slice();
  const scale = ctx.shape(1);
  const axis = shape && axisOf(ctx.attributes.int('axis', 1), shape.length);
  const perAxis = scale?.length === 1 && ctx.attributes.int('block_size', 0) === 0 && scale[0]?.value !== 1;
  if (shape === undefined || axis === undefined || shape.length < 2 || !perAxis) return shape;
  shape[axis] = ctx.unify(shape[axis], scale?.[0], `scales of ${ctx.opType}`, [
    { input: 0, axis },
    { input: 1, axis: 0 },
  ]);
  return shape;
}

function quantizeLinear({ inputs, attributes }: EvalContext): DenseTensor {
  const scale = required(inputs, 1);
  const dtype = inputs[2]?.dtype ?? (attributes.int('output_dtype', 0) || DataType.UINT8);
  return quantize(required(inputs, 0), scale, inputs[2], dtype, {
    axis: attributes.int('axis', 1),
    blockSize: attributes.int('block_size', 0),
    saturate: attributes.int('saturate', 1) !== 0,
    precision: attributes.int('precision', 0) || DataType.FLOAT,
  });
}

function dequantizeLinear({ inputs, attributes }: EvalContext): DenseTensor {
  const scale = required(inputs, 1);
  const dtype = attributes.int('output_dtype', 0) || scale.dtype;
  return dequantize(required(inputs, 0), scale, inputs[2], dtype, {
    axis: attributes.int('axis', 1),
    blockSize: attributes.int('block_size', 0),
  });
}

/** The range of the input, widened to hold 0, on 0 .. 255. */
function dynamicQuantizeLinear({ inputs }: EvalContext): DenseTensor[] {
  const x = required(inputs, 0);
  const source = numbers(x);
  let low = 0;
  let high = 0;
  for (const element of source) {
    low = Math.min(low, element);
    high = Math.max(high, element);
  }
  const scale = low === high ? 1 : Math.fround(Math.fround(high - low) / 255);
  const zeroPoint = roundHalfEven(Math.min(255, Math.max(0, Math.fround(0 - Math.fround(low / scale)))));
  const scaleTensor = { dtype: DataType.FLOAT, shape: [], data: Float32Array.of(scale) };
  const pointTensor = { dtype: DataType.UINT8, shape: [], data: Uint8Array.of(zeroPoint) };
  const options = { axis: 1, blockSize: 0, saturate: true, precision: DataType.FLOAT };
  return [quantize(x, scaleTensor, pointTensor, DataType.UINT8, options), scaleTensor, pointTensor];
}

function inferDynamicQuantize(ctx: InferContext): void {
  ctx.setTensor(0, DataType.UINT8, ctx.shape(0));
  if (ctx.hasOutput(1)) ctx.setTensor(1, DataType.FLOAT, []);
  if (ctx.hasOutput(2)) ctx.setTensor(2, DataType.UINT8, []);
}

/** One value for the whole matrix, or for each of its rows or columns. */
function factorAt(tensor: DenseTensor, lines: number): (line: number) => number {
  const values = numbers(tensor);
  if (values.length === 1) return () => values[0] as number;
  if (values.length !== lines) throw new EvaluationError(`${values.length} scales for ${lines} lines`);
  return (line) => values[line] as number;
}

/** The 32-bit product of the quantized matrices, scaled to the quantization of the output. */
function qLinearMatMul({ inputs }: EvalContext): DenseTensor {
  const a = required(inputs, 0);
  const b = required(inputs, 3);
  const layout = productLayout(a.shape, b.shape);
  const { rows, columns, shape } = layout;
  const sums = new Float64Array(elementCount(shape));
  multiplyNumbers(layout, offsetBy(a, required(inputs, 2), 'rows'), offsetBy(b, required(inputs, 5), 'columns'), sums);
  const scaleA = factorAt(required(inputs, 1), rows);
  const scaleB = factorAt(required(inputs, 4), columns);
  const scaleY = factorAt(required(inputs, 6), 1)(0);
  const zeroPoint = required(inputs, 7);
  const point = factorAt(zeroPoint, 1)(0);
  const store = quantizer(zeroPoint.dtype);
  const data = allocateNumbers(zeroPoint.dtype, sums.length);
  for (let i = 0; i < sums.length; i++) {
    const product = Math.fround(scaleA(Math.floor(i / columns) % rows) * scaleB(i % columns));
    const factor = Math.fround(product / scaleY);
    data[i] = store(Math.fround(Math.fround(sums[i] as number) * factor), point);
  }
  return { dtype: zeroPoint.dtype, shape, data };
}

/** Quantization, and arithmetic on quantized tensors. */
export const definitions: readonly OpDefinition[] = [
  {
    name: 'QuantizeLinear',
    infer: (ctx) => ctx.setTensor(0, quantizedType(ctx), shapeWithScales(ctx)),
    evaluate: (ctx) => [quantizeLinear(ctx)],
  },
  {
    name: 'DequantizeLinear',
    infer: (ctx) => ctx.setTensor(0, ctx.attributes.int('output_dtype', 0) || ctx.dtype(1), shapeWithScales(ctx)),
    evaluate: (ctx) => [dequantizeLinear(ctx)],
  },
  { name: 'DynamicQuantizeLinear', infer: inferDynamicQuantize, evaluate: dynamicQuantizeLinear },
  {
    name: 'QLinearMatMul',
    infer: (ctx) => ctx.setTensor(0, ctx.dtype(7), productShape(ctx, 0, 3)),
    evaluate: (ctx) => [qLinearMatMul(ctx)],
  },
];
