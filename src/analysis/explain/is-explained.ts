import type { DenseTensor } from '../../tensor/dense.js';
import type { Explanation } from './explain.js';

/** Is what was found all that there is to find? Else the nodes that the constant was folded from may tell more. */
export function isExplained(explanation: Explanation, tensor: DenseTensor | undefined): boolean {
  // Learned tables can be cut, not made longer: better find the positions that they are read at.
  if (tensor === undefined) return false;
  if (!explanation.found) return explanation.padMask !== undefined;
  const { generator } = explanation;
  // At one position, everything is the same at all of them: better find out what reads it.
  if (generator.kind === 'repeated') return generator.table.data.length < tensor.data.length;
  return generator.kind !== 'prefix-table';
}
