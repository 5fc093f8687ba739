import type { Node } from '../model/node.js';
import type { DenseTensor } from '../tensor/dense.js';
import type { Diagnosis } from './baked.js';
import type { BakedConstant } from './baked-constants.js';
import type { Explanation } from './explain/explain.js';

/** A baked constant, its elements, and the rule behind them (or why none was found). */
export interface ExplainedConstant {
  readonly baked: BakedConstant;
  /** Undefined when it cannot be read or folded. */
  readonly tensor: DenseTensor | undefined;
  /** The axis that has an index for each item of a batch. */
  readonly batchAxis?: number | undefined;
  readonly explanation: Explanation;
}

/** A {@link Diagnosis} whose constants are explained. */
export interface ExplainedDiagnosis extends Omit<Diagnosis, 'constants'> {
  readonly constants: readonly ExplainedConstant[];
  /** Nodes that were looked behind: what they compute is constant, and counts as live. */
  readonly opened: readonly Node[];
}
