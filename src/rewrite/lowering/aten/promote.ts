/** PyTorch's rules for operands of different element types. */
import type { Value } from '../../../model/value.js';
import { DataType, isFloat } from '../../../tensor/dtype.js';
import type { Call } from '../call.js';
import { asType } from '../spectral/stft.js';

/** From narrow to wide; an operand takes the widest type among them. */
const ORDER: readonly number[] = [
  DataType.BOOL,
  DataType.UINT8,
  DataType.INT8,
  DataType.INT16,
  DataType.INT32,
  DataType.INT64,
  DataType.FLOAT16,
  DataType.BFLOAT16,
  DataType.FLOAT,
  DataType.DOUBLE,
];

/** 0: bool, 1: whole numbers, 2: floats. */
function category(dtype: number): number {
  return isFloat(dtype) ? 2 : dtype === DataType.BOOL ? 0 : 1;
}

/** The type that operands of an arithmetic operator are computed in. Numbers only count where they are of a higher kind. */
export function commonType(call: Call, operands: readonly Value[]): number {
  const tensors = operands.filter((operand) => !call.isNumber(operand));
  const numbers = operands.filter((operand) => call.isNumber(operand));
  const widest = (values: readonly Value[]) =>
    values.map((value) => call.dtype(value)).reduce((a, b) => (ORDER.indexOf(b) > ORDER.indexOf(a) ? b : a));
  if (tensors.length === 0) return widest(operands);
  const type = widest(tensors);
  if (numbers.length === 0) return type;
  const other = widest(numbers);
  if (category(other) <= category(type)) return type;
  return isFloat(other) ? DataType.FLOAT : other;
}

/** The operands in their common type. */
export function promoted(call: Call, operands: readonly Value[]): { values: Value[]; dtype: number } {
  const dtype = commonType(call, operands);
  return { values: operands.map((operand) => inType(call, operand, dtype)), dtype };
}

/** A value in a type; numbers are written in it right away. */
export function inType(call: Call, value: Value, dtype: number): Value {
  const from = call.knownType(value);
  if (from === undefined || from === dtype) return value;
  const number = call.isNumber(value) ? call.numberIn(value) : undefined;
  return number === undefined ? asType(call.build, value, from, dtype) : call.build.scalar(number, dtype);
}

/** A tensor in a float type, as functions such as sqrt want it: whole numbers become float. */
export function asFloat(call: Call, value: Value): { value: Value; dtype: number } {
  const dtype = call.dtype(value);
  return isFloat(dtype) ? { value, dtype } : { value: inType(call, value, DataType.FLOAT), dtype: DataType.FLOAT };
}
