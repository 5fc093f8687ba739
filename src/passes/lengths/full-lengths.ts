/** Lengths that were frozen for each item of the traced batch, and were all the longest: `arange(T) < [[19], [19]]`. */
import type { BakedConstant } from '../../analysis/baked-constants.js';
import { rangeLength } from '../../analysis/evidence/compared-lengths.js';
import type { Node } from '../../model/node.js';
import type { Value } from '../../model/value.js';
import type { Generator } from '../../rewrite/generators/generate.js';
import { unsqueeze } from '../../rewrite/size.js';
import type { Dim } from '../../symbolic/dim.js';
import type { DenseTensor } from '../../tensor/dense.js';
import { DataType } from '../../tensor/dtype.js';
import type { Session } from '../repair-session.js';

const COMPARISONS = new Set(['Less', 'LessOrEqual', 'Greater', 'GreaterOrEqual']);
const RECURRENT = new Set(['LSTM', 'GRU', 'RNN']);

/** Input of recurrent operators that says how many steps of each item count. */
const SEQUENCE_LENGTHS = 4;

/**
 * The live size that a constant with one number for each item is: that of the positions that it is compared with, or of
 * the steps that it counts. Undefined where the file shows that items were shorter.
 */
export function fullLength(
  { value, axes }: BakedConstant,
  generator: Generator,
  reader: Node,
  { diagnosis: { inference }, traced, sizes }: Session,
): Dim | undefined {
  if (generator.kind !== 'fill' || reader.domain !== '') return undefined;
  const size = COMPARISONS.has(reader.opType)
    ? rangeLength(reader.inputs[reader.inputs[0] === value ? 1 : 0], { inference })
    : RECURRENT.has(reader.opType) && reader.inputs[SEQUENCE_LENGTHS] === value
      ? stepsOf(reader, inference)
      : undefined;
  if (size === undefined || size.isNumber || [...axes.values()].some((axis) => axis.size.equals(size)))
    return undefined;
  const frozen = Number(generator.value);
  const isFull = (size.evaluate(traced) ?? frozen) === frozen;
  return isFull && frozen > 1 && sizes.canCompute(size, reader) ? size : undefined;
}

function stepsOf(reader: Node, inference: Session['diagnosis']['inference']): Dim | undefined {
  const [sequence] = reader.inputs;
  const isBatchFirst = Number(reader.attributes.get('layout')?.asInt() ?? 0) === 1;
  return sequence && inference.shape(sequence)?.[isBatchFirst ? 1 : 0];
}

/** The size in the element type and with the rank that the constant has. */
export function emitLength(size: Dim, { dtype, shape }: DenseTensor, reader: Node, { sizes, emitter }: Session): Value {
  const scalar = sizes.scalar(size, reader);
  const attributes = { to: { int: dtype } };
  const typed =
    dtype === DataType.INT64
      ? scalar
      : emitter.node({ opType: 'Cast', inputs: [scalar], attributes, hint: 'length' }, reader);
  const axes = shape.map((_, axis) => axis);
  return unsqueeze(emitter, typed, axes, reader);
}
