import type { Inference } from '../../analysis/infer.js';
import type { Exit } from '../../analysis/recurrence/exits.js';
import type { Recurrence } from '../../analysis/recurrence/recurrence.js';
import type { Graph } from '../../model/graph.js';
import type { Node } from '../../model/node.js';
import type { Value } from '../../model/value.js';
import { DataType } from '../../tensor/dtype.js';
import type { Emitter } from '../emitter.js';
import type { Sizes } from '../size.js';

/** What a loop is written with. */
export interface LoopContext {
  readonly inference: Inference;
  readonly emitter: Emitter;
  readonly sizes: Sizes;
  /** The loop stands before this node. */
  readonly anchor: Node;
  readonly graph: Graph;
}

/** A loop, and where its results are. */
export interface WrittenLoop {
  readonly node: Node;
  readonly results: ReadonlyMap<Exit, Value>;
  /** The step that joined results begin with, though some of the first may mean nothing. */
  readonly begin: number;
}

/** The states before the loop. Tensors that are written row by row get a row a step: what is in it does not matter. */
export function initialStates({ steps, states }: Recurrence, { emitter, sizes, anchor }: LoopContext): Value[] {
  return states.map(({ initial, isWritten }) => {
    if (!isWritten) return initial;
    const value = { tensor: { dtype: DataType.INT64, shape: [1], data: BigInt64Array.of(0n) } };
    const count = [sizes.vector(steps.clock.size, anchor)];
    const zeros = emitter.node(
      { opType: 'ConstantOfShape', inputs: count, attributes: { value }, hint: 'first' },
      anchor,
    );
    const attributes = { axis: { int: 0 } };
    return emitter.node({ opType: 'Gather', inputs: [initial, zeros], attributes, hint: 'rows' }, anchor);
  });
}

/** The element type of a value; undefined when it is not known. */
export function dtypeOf(value: Value, { inference }: LoopContext): number | undefined {
  const facts = inference.facts(value);
  return facts?.kind === 'tensor' ? facts.dtype : undefined;
}
