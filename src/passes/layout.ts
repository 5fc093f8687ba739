import { isCovered } from '../analysis/broadcasting.js';
import type { Node } from '../model/node.js';
import type { Value } from '../model/value.js';
import { unsqueeze } from '../rewrite/size.js';
import type { Session } from './repair-session.js';

/**
 * Gives a value the leading axes of size 1 that it lacks to have a constant's rank; they come for free where another
 * operand of the reader has that rank.
 *
 * @param rank - the value's
 * @param wanted - the constant's
 */
export function withRank(value: Value, rank: number, wanted: number, reader: Node, session: Session): Value {
  if (rank >= wanted || isCovered(session.diagnosis.inference, reader, wanted - 1, undefined)) return value;
  const axes = Array.from({ length: wanted - rank }, (_, axis) => axis);
  return unsqueeze(session.emitter, value, axes, reader);
}

/** Lets a reader read another value in a constant's place. */
export function replaceInput(reader: Node, value: Value, replacement: Value): void {
  reader.inputs.forEach((input, i) => {
    if (input === value) reader.setInput(i, replacement);
  });
}
