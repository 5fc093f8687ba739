import type { Node } from '../model/node.js';
import type { Value } from '../model/value.js';
import { frontAxis, isOp } from './evidence/look.js';
import type { Inference } from './infer.js';

/** More values than this are not gone through. */
const MAX_VALUES = 2_000;

/** Operators whose indices are decided by what the data is. */
const CHOOSERS: readonly string[] = ['ArgMax', 'ArgMin', 'NonZero', 'TopK'];

/**
 * Does a Split take apart rows that the data put in order: tokens sorted by the expert that they go to? Then the sizes of
 * its parts are counts (`bincount(experts).tolist()`), made for the traced input and for no other, whatever its length.
 */
export function splitsSortedRows(node: Node, inference: Inference): boolean {
  const [rows] = node.inputs;
  if (!isOp(node, 'Split') || rows === undefined || node.outputs.length < 2) return false;
  const shape = inference.shape(rows);
  const count = shape?.[frontAxis(Number(node.attributes.get('axis')?.asInt() ?? 0), shape.length)];
  if (count === undefined) return false;
  const hasRows = (value: Value) => inference.shape(value)?.some((size) => size?.equals(count)) === true;
  return ancestor(rows, inference, hasRows, ({ producer: gather }) => {
    if (gather === undefined || !isOp(gather, 'Gather')) return false;
    const [source, indices] = gather.inputs;
    if (source === undefined || indices === undefined || inference.constants.isConstant(source)) return false;
    return ancestor(indices, inference, hasRows, ({ producer }) => {
      return producer !== undefined && isOp(producer, ...CHOOSERS);
    });
  });
}

/** Is there something wanted among what a value is computed from, as far as that is followed? */
function ancestor(
  value: Value,
  inference: Inference,
  isFollowed: (value: Value) => boolean,
  isWanted: (value: Value) => boolean,
): boolean {
  const seen = new Set([value]);
  for (const each of seen) {
    if (seen.size > MAX_VALUES) return false;
    if (isWanted(each)) return true;
    for (const input of each.producer?.inputs ?? []) {
      if (input !== undefined && !inference.constants.isConstant(input) && isFollowed(input)) seen.add(input);
    }
  }
  return false;
}
