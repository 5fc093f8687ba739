import type { Node } from '../model/node.js';
import type { Dim } from '../symbolic/dim.js';
import type { Inference } from './infer.js';

/** Operators whose inputs all broadcast against each other (ONNX multidirectional broadcasting), none by position. */
const MULTIDIRECTIONAL = new Set([
  'Add',
  'And',
  'BitShift',
  'BitwiseAnd',
  'BitwiseOr',
  'BitwiseXor',
  'Div',
  'Equal',
  'Greater',
  'GreaterOrEqual',
  'Less',
  'LessOrEqual',
  'Max',
  'Mean',
  'Min',
  'Mod',
  'Mul',
  'Or',
  'Pow',
  'Sub',
  'Sum',
  'Where',
  'Xor',
]);

/** The axes of an input, counted from the end: axis 0 is the last. */
export type AxisFromEnd = number;

/** Does the node broadcast this input against others? */
export function broadcasts(node: Node): boolean {
  return node.domain === '' && MULTIDIRECTIONAL.has(node.opType);
}

/**
 * Does another, live input of the node already have `size` at this axis, so that a 1 there gives the same result? Other
 * constants do not count: they may be replaced by 1 as well.
 */
export function isCovered(inference: Inference, node: Node, fromEnd: AxisFromEnd, size: Dim | undefined): boolean {
  if (!broadcasts(node)) return false;
  return node.inputs.some((input) => {
    if (input === undefined || inference.constants.isConstant(input)) return false;
    const facts = inference.seen(input, node);
    const shape = facts?.kind === 'tensor' ? facts.shape : undefined;
    if (shape === undefined || shape.length <= fromEnd) return false;
    const dim = shape[shape.length - 1 - fromEnd];
    // Without a size to compare, any axis will do: only the rank matters.
    return size === undefined || (dim?.equals(size) ?? false);
  });
}
