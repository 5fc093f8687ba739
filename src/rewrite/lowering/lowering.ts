import type { Node } from '../../model/node.js';
import type { Value } from '../../model/value.js';
import type { Call } from './call.js';

/** A list of tensors, which PyTorch's operators give as one output. */
export interface TensorList {
  readonly list: readonly Value[];
}

/** What takes the place of an operator's outputs: one value each; undefined leaves one that nobody may read. */
export type Lowered = Value | readonly (Value | undefined)[] | TensorList;

/** What tells the schemas of one name apart. */
export interface CallSite {
  readonly node: Node;
  /** The name of the overload, '' where the exporter left it out. */
  readonly overload: string;
}

/** How one operator is expressed in standard operators. */
export interface Lowering {
  /**
   * Names of the arguments, in the order of the operator's schema, separated by spaces; see `Arguments`. Where one name has
   * several schemas: that of the call.
   */
  readonly args: string | ((site: CallSite) => string);
  /** @throws Refusal when these arguments have no equivalent */
  readonly lower: (call: Call) => Lowered;
}

/** Lowerings by operator name. */
export type Lowerings = Readonly<Record<string, Lowering>>;
