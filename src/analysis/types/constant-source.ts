import type { Tensor } from '../../model/tensor.js';
import type { Value } from '../../model/value.js';
import { elementCount } from '../../tensor/dense.js';
import { DataType } from '../../tensor/dtype.js';

/** A constant that the file holds, whose elements can be stored in another type. */
export interface ConstantSource {
  readonly value: Value;
  readonly dtype: number;
  readonly count: number;
  /** Does it extend along one axis at most? */
  readonly isList: boolean;
}

/** Types of the attributes that a Constant node may have instead of a tensor. */
const LITERALS = [
  ['value_float', DataType.FLOAT],
  ['value_floats', DataType.FLOAT],
  ['value_int', DataType.INT64],
  ['value_ints', DataType.INT64],
] as const;

/** The constant that a value is; undefined for everything computed or given by a caller. */
export function constantSource(value: Value): ConstantSource | undefined {
  const { producer, initializer, graph } = value;
  if (producer === undefined) {
    // Before IR version 4 every initializer had to be among the inputs.
    if (initializer === undefined || (value.isGraphInput && graph.model.irVersion >= 4)) return undefined;
    return sourceOf(value, initializer);
  }
  if (producer.opType !== 'Constant' || producer.domain !== '') return undefined;
  const tensor = producer.attributes.get('value')?.asTensor();
  if (tensor !== undefined) return sourceOf(value, tensor);
  for (const [name, dtype] of LITERALS) {
    const attribute = producer.attributes.get(name);
    if (attribute === undefined || attribute.refAttrName) continue;
    const given = attribute.value;
    return { value, dtype, count: Array.isArray(given) ? given.length : 1, isList: true };
  }
  return undefined;
}

function sourceOf(value: Value, { dataType, dims }: Tensor): ConstantSource {
  const isList = dims.filter((size) => size > 1).length < 2;
  return { value, dtype: dataType, count: elementCount(dims), isList };
}
