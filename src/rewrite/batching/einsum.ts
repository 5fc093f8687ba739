import { again, type BatchRule, outputsOf, Unbatchable } from './call.js';
import { isBatched, toFront } from './operand.js';

/** Einsum: one letter more for the items, in front. */
export const einsum: BatchRule = (call) => {
  const given = call.attributes.equation;
  const text = given !== undefined && 'string' in given && typeof given.string === 'string' ? given.string : '';
  const [left = '', right] = text.replaceAll(' ', '').split('->');
  if (right === undefined || text.includes('.')) throw new Unbatchable('Einsum has an equation without named axes');
  const letter = [...'abcdefghijklmnopqrstuvwxyz'].find((candidate) => !text.includes(candidate));
  if (letter === undefined) throw new Unbatchable('Einsum has used up the letters');
  const terms = left.split(',').map((term, i) => (isBatched(call.operands[i]) ? letter + term : term));
  const refs = call.operands.map((operand) => (isBatched(operand) ? toFront(call.draft, operand).ref : operand?.ref));
  const equation = { string: `${terms.join(',')}->${letter}${right}` };
  return outputsOf(call, again(call, refs, { equation }), { axis: 0, kept: false });
};
