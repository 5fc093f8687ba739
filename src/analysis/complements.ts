import type { Cell } from './cells.js';
import type { Constants } from './constants.js';
import { isOp } from './evidence/look.js';

/**
 * Is it the m of `m - n % m`, what is missing to the next multiple? As long as the remainder is one of the same m, it counts
 * no positions, whatever other sizes would make the sum fit.
 */
export function isOfComplement({ kind, value, traced }: Cell, constants: Constants): boolean {
  if (kind !== 'element' || value.uses.length === 0) return false;
  return value.uses.every(({ node, index }) => {
    const remainder = isOp(node, 'Sub') && index === 0 ? node.inputs[1]?.producer : undefined;
    const modulus = remainder && isOp(remainder, 'Mod') ? remainder.inputs[1] : undefined;
    const number = modulus && constants.dense(modulus)?.data;
    return number?.length === 1 && Number(number[0]) === traced;
  });
}
