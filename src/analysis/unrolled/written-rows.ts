import type { Node } from '../../model/node.js';
import type { Value } from '../../model/value.js';
import { Dim } from '../../symbolic/dim.js';
import type { Inference } from '../infer.js';
import { integerOf } from './numbers.js';

/** One row of a tensor that ScatterND writes, all of it: `out[i] = ..`, `out[:, i] = ..`. */
export interface WrittenRow {
  readonly row: number;
  readonly axis: number;
  /** Does what is written lack the axis? */
  readonly dropped: boolean;
}

/** The row that a node writes; undefined where it writes something else. */
export function writtenRow(node: Node, inference: Inference): WrittenRow | undefined {
  const [data, indices] = node.inputs;
  const reduction = node.attributes.get('reduction')?.asString();
  if (node.opType !== 'ScatterND' || node.domain !== '' || data === undefined || indices === undefined)
    return undefined;
  if (reduction !== undefined && reduction !== 'none') return undefined;
  const dense = inference.constants.dense(indices);
  if (dense?.data.length === 1 && (dense.shape.length === 1 || dense.shape.length === 2)) {
    return { row: Number(dense.data[0]), axis: 0, dropped: dense.shape.length === 1 };
  }
  return secondAxis(data, indices, inference);
}

/** The number of the row of the first axis that a node writes. */
export function writtenItem(node: Node, inference: Inference): number | undefined {
  const written = writtenRow(node, inference);
  return written?.axis === 0 ? written.row : undefined;
}

/** Pairs of all numbers of the first axis and one of the second, as exporters write the indices of `out[:, i]`. */
function secondAxis(data: Value, indices: Value, inference: Inference): WrittenRow | undefined {
  const shape = inference.shape(indices);
  const join = indices.producer;
  const [first, second, ...more] = join?.opType === 'Concat' && join.domain === '' ? join.inputs : [];
  const isKept = shape?.length === 3 && shape[1]?.equals(1) === true;
  if (first === undefined || second === undefined || more.length > 0 || (shape?.length !== 2 && !isKept))
    return undefined;
  const row = numberIn(second, inference);
  const all = behind(first).producer;
  const [start, limit, step] = all?.opType === 'Range' ? all.inputs : [];
  if (row === undefined || row < 0 || start === undefined || limit === undefined || step === undefined)
    return undefined;
  const size = inference.shape(data)?.[0];
  const facts = inference.facts(limit);
  const content = facts?.kind === 'tensor' ? facts.content?.[0] : undefined;
  const isAll = content instanceof Dim && size?.equals(content) === true;
  const fromZero = integerOf(start, inference) === 0 && integerOf(step, inference) === 1;
  return isAll && fromZero ? { row, axis: 1, dropped: !isKept } : undefined;
}

/** The only number that a tensor repeats. */
function numberIn(value: Value, inference: Inference): number | undefined {
  const whole = inference.constants.dense(value);
  if (whole === undefined) return integerOf(behind(value), inference);
  const [first] = whole.data;
  return first !== undefined && Array.from(whole.data as ArrayLike<bigint>).every((n) => n === first)
    ? Number(first)
    : undefined;
}

/** Through what repeats numbers and gives them axes. */
function behind(value: Value): Value {
  let current = value;
  for (let node = value.producer; node !== undefined && node.domain === ''; node = current.producer) {
    if (!['Unsqueeze', 'Expand', 'Reshape', 'Identity', 'Cast'].includes(node.opType)) break;
    current = node.inputs[0] as Value;
  }
  return current;
}
