import type { AttributeInput } from '../../model/attribute.js';
import type { Node } from '../../model/node.js';
import type { Shape } from '../../ops/types.js';
import type { DenseTensor } from '../../tensor/dense.js';
import type { Draft, Ref } from './draft.js';
import { type Batched, isBatched, type Layout, type Operand } from './operand.js';

/** Thrown by rules: the operator cannot be batched like this. The message completes "cannot be batched: ". */
export class Unbatchable extends Error {
  override name = 'Unbatchable';
}

/** An operator of a loop's body, and what it reads in all copies. At least one operand is batched. */
export interface Call {
  /** The operator in the first copy. */
  readonly node: Node;
  readonly draft: Draft;
  readonly operands: readonly (Operand | undefined)[];
  /** Shapes of the outputs in one copy. */
  readonly outputs: readonly Shape[];
  readonly attributes: Readonly<Record<string, AttributeInput>>;
  /** Does the first output hold 32-bit floats? */
  readonly isFloat: boolean;
  /** The elements of a shared operand that is constant. */
  constant(index: number): DenseTensor | undefined;
}

/** Batches one operator: gives its outputs for all items. @throws Unbatchable */
export type BatchRule = (call: Call) => Operand[];

/** Operand `index`, which has to be there. */
export function operandAt(call: Call, index: number): Operand {
  const operand = call.operands[index];
  if (operand === undefined) throw new Unbatchable(`${call.node.opType} lacks input ${index}`);
  return operand;
}

/** The only operand that may be batched, input 0; the others have to be the same for all items. */
export function onlyFirst(call: Call): Batched {
  const [first, ...others] = call.operands;
  if (!isBatched(first) || others.some(isBatched)) {
    throw new Unbatchable(`${call.node.opType} has parameters that differ from item to item`);
  }
  return first;
}

/** The same operator on other inputs. */
export function again(
  call: Call,
  inputs: readonly (Ref | undefined)[],
  changed: Readonly<Record<string, AttributeInput>> = {},
): Ref[] {
  const { node, draft, attributes } = call;
  return draft.nodes(node.opType, inputs, { ...attributes, ...changed }, node.outputs.length, node.domain);
}

/** References of all operands. */
export function refsOf(call: Call): (Ref | undefined)[] {
  return call.operands.map((operand) => operand?.ref);
}

/** Outputs that all have the same layout. */
export function outputsOf(call: Call, refs: readonly Ref[], layout: Layout): Batched[] {
  return refs.map((ref, i) => ({ ref, layout, shape: call.outputs[i] as Shape }));
}

/** A whole-number attribute. */
export function intAttribute(call: Call, name: string, otherwise: number): number {
  const attribute = call.attributes[name];
  return attribute !== undefined && 'int' in attribute ? Number(attribute.int) : otherwise;
}

/** Whole numbers given as an attribute or as a constant input, by version; `given` says which; undefined when absent. */
export function listParameter(call: Call, name: string, index: number): number[] | undefined {
  const attribute = call.attributes[name];
  if (attribute !== undefined && 'ints' in attribute) return attribute.ints.map(Number);
  if (call.operands[index] === undefined) return undefined;
  const dense = call.constant(index);
  if (dense === undefined) throw new Unbatchable(`${call.node.opType} has ${name} that are computed`);
  return Array.from(dense.data as ArrayLike<bigint>, Number);
}

/** The axis counted from the front. */
export function normalized(axis: number, rank: number): number {
  return axis < 0 ? axis + rank : axis;
}
