/** What kinds of evidence are given, and what they state. */
import type { Node } from '../../model/node.js';
import type { Conflict, Inference } from '../infer.js';
import type { TracedSizes } from './traced-sizes.js';

/**
 * An equation that no operator demands, but that something else in the model speaks for: a frozen size that runs at any
 * size, and is wrong. The left side comes from numbers of constants, the right side is what they stand for.
 */
export interface Claim extends Conflict {
  /** The traced sizes have to be known, and to give the number that stands in the file. */
  readonly needsTraced: boolean;
  /** The left side is the size of a table, which need not be the same everywhere: its rule is looked for afterwards. */
  readonly isTable?: boolean;
}

/** What evidence is looked for in. */
export interface Scene {
  readonly inference: Inference;
  /** The sizes at the time of the export, as far as they are known. */
  readonly traced: TracedSizes;
  /** Every node that computes something live, of the main graph and of the graphs inside. */
  readonly nodes: readonly Node[];
}

/** One kind of evidence. */
export type Evidence = (scene: Scene) => Iterable<Claim>;
