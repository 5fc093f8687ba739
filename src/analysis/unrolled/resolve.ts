import type { Value } from '../../model/value.js';
import { Dim } from '../../symbolic/dim.js';
import type { Inference } from '../infer.js';
import { itemsOf } from './lists.js';
import { integerOf } from './numbers.js';

/** Longer chains of names for one value are no export's. */
const MAX_STEPS = 64;

/** Says of a value that it is one row of another along an axis, that axis being kept with size 1. */
export type KeepsRow = (value: Value, axis: number) => boolean;

/**
 * The value behind names for it: through Identity, through lists that are taken apart again, and through `If` whose
 * condition is known, as in `x.squeeze(0)`: when the size of a single row is 1, drop the axis.
 */
export function resolve(value: Value, inference: Inference, keepsRow: KeepsRow): Value {
  let current = value;
  for (let step = 0; step < MAX_STEPS; step++) {
    const behind = behindOf(current, inference, keepsRow);
    if (behind === undefined) return current;
    current = behind;
  }
  return current;
}

function behindOf(value: Value, inference: Inference, keepsRow: KeepsRow): Value | undefined {
  const node = value.producer;
  if (node === undefined || node.domain !== '') return undefined;
  if (node.opType === 'Identity') return node.inputs[0];
  if (node.opType === 'SequenceAt') {
    const [list, position] = node.inputs;
    const index = position && integerOf(position, inference);
    return list !== undefined && index !== undefined ? itemsOf(list, inference)?.at(index) : undefined;
  }
  if (node.opType !== 'If') return undefined;
  const [condition] = node.inputs;
  if (condition === undefined || !isTrue(condition, inference, keepsRow)) return undefined;
  return node.attributes.get('then_branch')?.asGraph()?.outputs[value.outputIndex as number];
}

function isTrue(condition: Value, inference: Inference, keepsRow: KeepsRow): boolean {
  const facts = inference.facts(condition);
  const known = facts?.kind === 'tensor' && facts.content?.length === 1 ? facts.content[0] : undefined;
  if (known instanceof Dim && known.value !== undefined) return known.value === 1;
  // Is the size of the axis of a row 1? It is, even where the number of rows is not known.
  const equal = condition.producer;
  if (equal?.opType !== 'Equal' || equal.domain !== '') return false;
  const [left, right] = equal.inputs;
  if (left === undefined || right === undefined || integerOf(right, inference) !== 1) return false;
  const gather = left.producer;
  const [shape, index] = gather?.inputs ?? [];
  const axis = index && integerOf(index, inference);
  const [sized] = shape?.producer?.opType === 'Shape' ? shape.producer.inputs : [];
  return gather?.opType === 'Gather' && sized !== undefined && axis !== undefined && keepsRow(sized, axis);
}
