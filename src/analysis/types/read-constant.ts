import type { Value } from '../../model/value.js';
import type { DenseTensor } from '../../tensor/dense.js';
import { DataType } from '../../tensor/dtype.js';

/** The elements of a constant that {@link constantSource} found. */
export async function readConstant(value: Value): Promise<DenseTensor> {
  const tensor = value.initializer ?? value.producer?.attributes.get('value')?.asTensor();
  return tensor ? tensor.load() : literal(value);
}

/** The same without waiting. @throws PayloadNotLoaded when the elements are not in memory or a file */
export function readConstantSync(value: Value): DenseTensor {
  const tensor = value.initializer ?? value.producer?.attributes.get('value')?.asTensor();
  return tensor ? tensor.dense() : literal(value);
}

/** The numbers of a Constant node without a tensor. */
function literal({ producer }: Value): DenseTensor {
  const attributes = producer?.attributes;
  const float = attributes?.get('value_float')?.asFloat();
  if (float !== undefined) return { dtype: DataType.FLOAT, shape: [], data: Float32Array.of(float) };
  const floats = attributes?.get('value_floats')?.asFloats();
  if (floats !== undefined) return { dtype: DataType.FLOAT, shape: [floats.length], data: Float32Array.from(floats) };
  const int = attributes?.get('value_int')?.asInt();
  const ints = int === undefined ? (attributes?.get('value_ints')?.asInts() ?? []) : [int];
  const shape = int === undefined ? [ints.length] : [];
  return { dtype: DataType.INT64, shape, data: BigInt64Array.from(ints, BigInt) };
}
