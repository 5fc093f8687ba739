import { declaredElement, withElement } from '../../analysis/types/element-types.js';
import { rangeOf } from '../../analysis/types/lost-numbers.js';
import { readConstant } from '../../analysis/types/read-constant.js';
import type { Value } from '../../model/value.js';
import { castTensor } from '../../ops/lib/convert.js';
import type { DenseTensor } from '../../tensor/dense.js';
import { DataType, isFloat } from '../../tensor/dtype.js';

/** Attributes of a Constant node that hold its numbers without a tensor. */
const LITERALS = ['value_float', 'value_floats', 'value_int', 'value_ints'];

/**
 * A constant's elements in another type. Finite numbers stay finite, and numbers that are not zero stay so, as far as the
 * type goes: a mask's -1e9 becomes the lowest number of the type, an epsilon its smallest.
 *
 * @param isAdded - may the number be added to another one? It then stays half a range away from infinity.
 */
export function convertConstant(tensor: DenseTensor, to: number, isAdded = false): DenseTensor {
  const range = rangeOf(to);
  if (range === undefined || !isFloat(tensor.dtype) || !isFloat(to)) return castTensor(endsKept(tensor, to), to);
  const [largest, smallest] = range;
  const limit = isAdded ? largest / 2 : largest;
  const data = Float64Array.from(tensor.data as ArrayLike<number>, (number) => {
    const size = Math.abs(number);
    if (size === 0 || !Number.isFinite(number)) return number;
    if (size > largest) return Math.sign(number) * limit;
    return size < smallest ? Math.sign(number) * smallest : number;
  });
  return castTensor({ dtype: DataType.DOUBLE, shape: tensor.shape, data }, to);
}

/** The largest int64, which says "to the end", stays the largest. */
function endsKept(tensor: DenseTensor, to: number): DenseTensor {
  if (tensor.dtype !== DataType.INT64 || to !== DataType.INT32) return tensor;
  const [low, high] = [BigInt(-(2 ** 31)), BigInt(2 ** 31 - 1)];
  const data = (tensor.data as BigInt64Array).map((number) => (number > high ? high : number < low ? low : number));
  return { ...tensor, data };
}

/** Stores a constant in another type where it stands; its readers all see that type then. */
export async function retypeConstant(value: Value, to: number, isAdded: boolean): Promise<void> {
  const tensor = convertConstant(await readConstant(value), to, isAdded);
  const { producer, graph } = value;
  if (producer === undefined) graph.setInitializer(value, tensor);
  else {
    for (const name of LITERALS) producer.attributes.delete(name);
    producer.attributes.set('value', { tensor });
  }
  const { declared } = value;
  if (declared && declaredElement(declared) !== undefined) graph.setValueInfo(value, withElement(declared, to));
}

/** Adds a copy of a constant in another type. */
export async function copyConstant(value: Value, to: number, isAdded: boolean): Promise<Value> {
  const tensor = convertConstant(await readConstant(value), to, isAdded);
  const { producer, graph } = value;
  const name = graph.freshName(`${value.name}_copy`);
  if (producer === undefined && graph.model.irVersion >= 4) return graph.addInitializer(name, tensor);
  const init = { opType: 'Constant', inputs: [], outputs: [name], name, attributes: { value: { tensor } } };
  const [first] = graph.nodes;
  const node = producer ? graph.addNode(init, { after: producer }) : graph.addNode(init, first && { before: first });
  return node.outputs[0] as Value;
}
