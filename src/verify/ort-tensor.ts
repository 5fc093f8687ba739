/** Tensors as onnxruntime-node takes and gives them, to and from {@link DenseTensor}. */
import { Float16Array } from '@petamoriken/float16';
import type { DenseData, DenseTensor } from '../tensor/dense.js';
import { DataType } from '../tensor/dtype.js';
import { RuntimeFailure } from './errors.js';

/** A tensor between the processes: onnxruntime's type name, and float16 as its bits. */
export interface WireTensor {
  readonly type: string;
  readonly dims: readonly number[];
  readonly data: DenseData;
}

const NAMES = new Map<number, string>([
  [DataType.FLOAT, 'float32'],
  [DataType.UINT8, 'uint8'],
  [DataType.INT8, 'int8'],
  [DataType.UINT16, 'uint16'],
  [DataType.INT16, 'int16'],
  [DataType.INT32, 'int32'],
  [DataType.INT64, 'int64'],
  [DataType.STRING, 'string'],
  [DataType.BOOL, 'bool'],
  [DataType.FLOAT16, 'float16'],
  [DataType.DOUBLE, 'float64'],
  [DataType.UINT32, 'uint32'],
  [DataType.UINT64, 'uint64'],
]);
const TYPES = new Map([...NAMES].map(([type, name]) => [name, type]));

/** The `TensorProto.DataType` of an onnxruntime type name; undefined when it cannot be fed from JavaScript. */
export function dataTypeOf(name: string): number | undefined {
  return TYPES.get(name);
}

/**
 * Packs a tensor for onnxruntime.
 *
 * @throws RuntimeFailure when onnxruntime-node has no such element type (bfloat16, float8, 4-bit, complex).
 */
export function toWire({ dtype, shape, data }: DenseTensor): WireTensor {
  const type = NAMES.get(dtype);
  if (type === undefined) throw new RuntimeFailure(`onnxruntime-node cannot take tensors of element type ${dtype}`);
  if (dtype !== DataType.FLOAT16) return { type, dims: shape, data };
  return { type, dims: shape, data: new Uint16Array(new Float16Array(data as Float32Array).buffer) };
}

/** Unpacks what onnxruntime gave. @throws RuntimeFailure on an element type that has no dense form here. */
export function fromWire({ type, dims, data }: WireTensor): DenseTensor {
  const dtype = TYPES.get(type);
  if (dtype === undefined)
    throw new RuntimeFailure(`onnxruntime gave a tensor of type ${type}, which is not supported`);
  if (dtype !== DataType.FLOAT16) return { dtype, shape: dims, data };
  const bits = data as Uint16Array;
  const half = new Float16Array(bits.buffer as ArrayBuffer, bits.byteOffset, bits.length);
  return { dtype, shape: dims, data: Float32Array.from(half) };
}
