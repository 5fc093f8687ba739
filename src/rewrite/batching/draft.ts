import type { AttributeInput } from '../../model/attribute.js';
import type { Node } from '../../model/node.js';
import type { Value } from '../../model/value.js';
import type { DenseTensor } from '../../tensor/dense.js';
import { DataType } from '../../tensor/dtype.js';
import type { Emitter } from '../emitter.js';

/** A value that exists, a constant to be, or an output of a node to be. */
export type Ref =
  | { readonly kind: 'value'; readonly value: Value }
  | { readonly kind: 'constant'; readonly tensor: DenseTensor }
  | { readonly kind: 'output'; readonly node: DraftNode; readonly index: number };

interface DraftNode {
  readonly opType: string;
  readonly domain: string;
  readonly inputs: readonly (Ref | undefined)[];
  readonly attributes: Readonly<Record<string, AttributeInput>>;
  readonly outputs: number;
  /** For Transpose, Squeeze and Unsqueeze: the permutation or the axes. */
  readonly axes?: readonly number[];
}

/**
 * Nodes on paper: nothing is written into the graph before all of it is known to work, and what undoes itself (an axis
 * that comes and goes, two permutations in a row) is left out.
 */
export class Draft {
  /** The default opset of the graph. */
  readonly opset: number;

  constructor(opset: number) {
    this.opset = opset;
  }

  value(value: Value): Ref {
    return { kind: 'value', value };
  }

  constant(tensor: DenseTensor): Ref {
    return { kind: 'constant', tensor };
  }

  /** An int64 vector. */
  ints(values: readonly number[]): Ref {
    return this.constant({ dtype: DataType.INT64, shape: [values.length], data: BigInt64Array.from(values, BigInt) });
  }

  node(opType: string, inputs: readonly (Ref | undefined)[], attributes: DraftNode['attributes'] = {}): Ref {
    return this.nodes(opType, inputs, attributes, 1)[0] as Ref;
  }

  /** A node with several outputs. */
  nodes(
    opType: string,
    inputs: readonly (Ref | undefined)[],
    attributes: DraftNode['attributes'],
    outputs: number,
    domain = '',
  ): Ref[] {
    const node = { opType, domain, inputs, attributes, outputs };
    return Array.from({ length: outputs }, (_, index) => ({ kind: 'output', node, index }));
  }

  transpose(ref: Ref, perm: readonly number[]): Ref {
    const made = madeBy(ref, 'Transpose');
    if (made)
      return this.transpose(
        made.input,
        perm.map((axis) => made.axes[axis] as number),
      );
    if (perm.every((axis, i) => axis === i)) return ref;
    return this.#shaped('Transpose', [ref], { perm: { ints: [...perm] } }, perm);
  }

  /** Inserts axes of size 1; their positions are those in the result. */
  unsqueeze(ref: Ref, axes: readonly number[]): Ref {
    if (axes.length === 0) return ref;
    const sorted = [...axes].sort((a, b) => a - b);
    const made = madeBy(ref, 'Squeeze');
    if (made && same(made.axes, sorted)) return made.input;
    return this.#withAxes('Unsqueeze', ref, sorted);
  }

  /** Drops axes of size 1. */
  squeeze(ref: Ref, axes: readonly number[]): Ref {
    if (axes.length === 0) return ref;
    const sorted = [...axes].sort((a, b) => a - b);
    const made = madeBy(ref, 'Unsqueeze');
    if (made && same(made.axes, sorted)) return made.input;
    return this.#withAxes('Squeeze', ref, sorted);
  }

  /** The size of an axis, as an int64 vector of one element. */
  size(ref: Ref, axis: number): Ref {
    return this.node('Gather', [this.node('Shape', [ref]), this.ints([axis])], { axis: { int: 0 } });
  }

  /** Joins int64 vectors. */
  list(parts: readonly Ref[]): Ref {
    const merged: Ref[] = [];
    for (const part of parts) {
      const last = merged.at(-1);
      if (part.kind === 'constant' && part.tensor.shape[0] === 0) continue;
      if (last?.kind === 'constant' && part.kind === 'constant') {
        merged[merged.length - 1] = this.ints([...numbersOf(last.tensor), ...numbersOf(part.tensor)]);
      } else merged.push(part);
    }
    return merged.length === 1 ? (merged[0] as Ref) : this.node('Concat', merged, { axis: { int: 0 } });
  }

  #withAxes(opType: string, ref: Ref, axes: readonly number[]): Ref {
    return this.opset >= 13
      ? this.#shaped(opType, [ref, this.ints(axes)], {}, axes)
      : this.#shaped(opType, [ref], { axes: { ints: [...axes] } }, axes);
  }

  #shaped(opType: string, inputs: Ref[], attributes: DraftNode['attributes'], axes: readonly number[]): Ref {
    return { kind: 'output', node: { opType, domain: '', inputs, attributes, outputs: 1, axes }, index: 0 };
  }
}

/** Writes what a reference needs into the graph, right before a node, and gives its value. */
export function materialise(ref: Ref, emitter: Emitter, anchor: Node): Value {
  const made = new Map<DraftNode, readonly Value[]>();
  const read = (given: Ref): Value => {
    if (given.kind === 'value') return given.value;
    if (given.kind === 'constant') return emitter.constant(given.tensor, 'constant', anchor);
    return made.get(given.node)?.[given.index] as Value;
  };
  const stack = ref.kind === 'output' ? [ref.node] : [];
  while (stack.length > 0) {
    const node = stack[stack.length - 1] as DraftNode;
    const missing = node.inputs.flatMap((input) => {
      return input?.kind === 'output' && !made.has(input.node) ? [input.node] : [];
    });
    if (missing.length > 0) {
      stack.push(...missing);
      continue;
    }
    stack.pop();
    if (made.has(node)) continue;
    const { opType, domain, attributes, outputs } = node;
    const inputs = node.inputs.map((input) => input && read(input));
    made.set(node, emitter.outputs({ opType, domain, inputs, attributes, hint: 'batched' }, outputs, anchor));
  }
  return read(ref);
}

function madeBy(ref: Ref, opType: string): { input: Ref; axes: readonly number[] } | undefined {
  if (ref.kind !== 'output' || ref.node.opType !== opType || ref.node.axes === undefined) return undefined;
  return { input: ref.node.inputs[0] as Ref, axes: ref.node.axes };
}

function same(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((item, i) => item === b[i]);
}

function numbersOf({ data }: DenseTensor): number[] {
  return Array.from(data as ArrayLike<bigint>, Number);
}
