import { DataType } from '../../../tensor/dtype.js';
import { Refusal } from '../refusal.js';

/** PyTorch's numbers for element types, `c10::ScalarType`, in their order. */
const TYPES = [
  DataType.UINT8,
  DataType.INT8,
  DataType.INT16,
  DataType.INT32,
  DataType.INT64,
  DataType.FLOAT16,
  DataType.FLOAT,
  DataType.DOUBLE,
  undefined, // complex of halves
  DataType.COMPLEX64,
  DataType.COMPLEX128,
  DataType.BOOL,
  undefined, // three quantised types
  undefined,
  undefined,
  DataType.BFLOAT16,
];

/** The element type that a number of PyTorch's stands for. @throws Refusal for one that ONNX does not have */
export function onnxType(number: number): number {
  const type = TYPES[number];
  if (type === undefined) throw new Refusal(`PyTorch's element type ${number} has no counterpart`);
  return type;
}
