import { declareShapes } from './declare-shapes.js';
import { type FixMasksOptions, fixMasks } from './fix-masks.js';
import { fixPe } from './fix-pe.js';
import { fixShapes } from './fix-shapes.js';
import type { Pass } from './pass.js';

/** Options of all passes together: what `fix` can be told. */
export interface FixOptions extends FixMasksOptions {
  /** The sizes that inputs had when the model was exported, by the inputs' names. */
  readonly tracedShapes?: Readonly<Record<string, readonly number[]>>;
  /** Name of the lengths input that drives pad masks. */
  readonly lengths?: string;
  /** Positional tables must serve at least this many positions. */
  readonly maxLength?: number;
  /** Compute positions at run time instead of keeping a table. */
  readonly computed?: boolean;
}

/** Every repair, in the order in which `fix` runs them: what a later pass reads, an earlier one has put right. */
export function allPasses(options: FixOptions = {}): Pass[] {
  return [fixShapes(options), fixMasks(options), fixPe(options), declareShapes(options)];
}
