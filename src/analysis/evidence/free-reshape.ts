import type { Node } from '../../model/node.js';
import type { Dim } from '../../symbolic/dim.js';
import type { Inference } from '../infer.js';
import { integersOf, isOp, shapeOf } from './look.js';

/** A Reshape that works out one axis. */
export interface FreeReshape {
  readonly shape: readonly (Dim | undefined)[];
  /** What it asks for, with the sizes that a 0 copies. */
  readonly target: readonly (Dim | undefined)[];
  /** Where the -1 is in the target. */
  readonly free: number;
}

/** The node as a Reshape to sizes of which one is -1; undefined where it is none, or may ask for an axis of size 0. */
export function freeReshape(node: Node, inference: Inference): FreeReshape | undefined {
  if (!isOp(node, 'Reshape') || node.attributes.get('allowzero')?.asInt()) return undefined;
  const shape = shapeOf(inference, node.inputs[0]);
  const target = integersOf(inference, node.inputs[1])?.map((dim, i) => (dim?.isZero() ? shape?.[i] : dim));
  const free = target?.findIndex((dim) => dim?.value === -1) ?? -1;
  return shape === undefined || target === undefined || free < 0 ? undefined : { shape, target, free };
}
