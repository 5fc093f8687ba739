import type { Value } from '../../model/value.js';
import type { Inference } from '../infer.js';
import { integerOf } from './numbers.js';

/** Longer chains of insertions are no export's. */
const MOST_INSERTED = 1 << 16;

/** The items of a list that is put together in the graph, in order; undefined where it comes from elsewhere. */
export function itemsOf(list: Value, inference: Inference): Value[] | undefined {
  // From the last insertion to the first, then the other way round.
  const inserted: { item: Value; position: number | undefined }[] = [];
  let current = list;
  for (;;) {
    const node = current.producer;
    if (node === undefined || node.domain !== '') return undefined;
    const [first, item, position] = node.inputs;
    if (node.opType === 'SequenceInsert' && first !== undefined && item !== undefined) {
      const at = position && integerOf(position, inference);
      if ((position !== undefined && at === undefined) || inserted.length === MOST_INSERTED) return undefined;
      inserted.push({ item, position: at });
      current = first;
    } else if (node.opType === 'Identity' && first !== undefined) current = first;
    else if (node.opType === 'SequenceConstruct') return withInserted(node.inputs, inserted);
    else return node.opType === 'SequenceEmpty' ? withInserted([], inserted) : undefined;
  }
}

function withInserted(
  items: readonly (Value | undefined)[],
  inserted: readonly { item: Value; position: number | undefined }[],
): Value[] {
  const result = items.filter((item) => item !== undefined);
  for (const { item, position } of inserted.toReversed()) {
    if (position === undefined) result.push(item);
    else result.splice(position, 0, item);
  }
  return result;
}
