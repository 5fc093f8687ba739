import type { Model } from '../model/model.js';
import type { Value } from '../model/value.js';
import type { DriveLengthsOptions } from './drive-lengths.js';
import type { Edit, Finding } from './pass.js';
import type { RepairOptions } from './repair-session.js';

/** Options of `fixBatch`. */
export interface FixBatchOptions extends RepairOptions, Pick<DriveLengthsOptions, 'lengths'> {
  /** Make LSTM, GRU and RNN of recurrent cells; else they are `Scan`. */
  readonly rnnOps?: boolean;
}

/** What one kind of rolling-up found and did; see `PassReport` for the fields. */
export interface RolledLoops {
  readonly findings: readonly Finding[];
  readonly edits: readonly Edit[];
  readonly unresolved: readonly Finding[];
  /** The number of copies in the file, by the symbol of the axis that they go through. */
  readonly sizes: Readonly<Record<string, number>>;
  /** Single rows of what was rolled up that are read one by one, until another loop is rolled up as well. */
  readonly rows?: readonly Value[];
  /** Those of the sizes whose items do not depend on each other in the whole model: first axes. */
  readonly items?: Readonly<Record<string, number>>;
  /** See `PassReport`. */
  readonly changesValues?: boolean;
}

/** Does the symbol count the items of a batch: is it the first size of inputs, and no other? */
export function isFirstAxis({ graph }: Model, symbol: string): boolean {
  return graph.inputs.every(({ declared }) => {
    return declared?.kind !== 'tensor' || declared.shape?.every((dim, axis) => dim !== symbol || axis === 0);
  });
}

/** Rolls up the loops of one kind that a model has, and edits it; leaves all others as they are. */
export type RollUp = (model: Model, options: FixBatchOptions) => RolledLoops;
