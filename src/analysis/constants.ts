import type { Attribute } from '../model/attribute.js';
import type { Node } from '../model/node.js';
import type { Value } from '../model/value.js';
import { lookupOp } from '../ops/registry.js';
import { EvaluationError } from '../ops/types.js';
import type { DenseTensor } from '../tensor/dense.js';
import { elementCount } from '../tensor/dense.js';
import { NodeAttributes } from './node-attributes.js';

/** Folding never makes a tensor of more elements than this: a mask of 16,384 x 16,384 still fits. */
const MAX_ELEMENTS = 2 ** 28;

/**
 * The constant part of a model: initializers, Constant nodes and every node that only reads those and whose operator can
 * be evaluated. Nothing is computed until {@link dense} is asked for it; results are kept while they are still needed.
 */
export class Constants {
  readonly #constant = new Map<Value, boolean>();
  readonly #dense = new Map<Value, DenseTensor | undefined>();
  readonly #refusals = new Map<Value, string>();
  readonly #open = new Set<Node>();

  /**
   * From now on the node's outputs count as live, so that what it reads is looked at instead of its result. Facts that an
   * inference already has are not updated.
   */
  open(node: Node): void {
    this.#open.add(node);
    this.#constant.clear();
  }

  /** Takes {@link open} back. */
  close(node: Node): void {
    this.#open.delete(node);
    this.#constant.clear();
  }

  /** Is this value the same in every run? Structural: no payload is read. */
  isConstant(value: Value): boolean {
    const known = this.#constant.get(value);
    if (known !== undefined) return known;
    // Depth first without recursion: constant chains of exports are thousands of nodes long.
    const stack: Value[] = [value];
    while (stack.length > 0) {
      const top = stack[stack.length - 1] as Value;
      if (this.#constant.has(top)) {
        stack.pop();
        continue;
      }
      const node = top.producer;
      if (node === undefined) {
        this.#constant.set(top, top.initializer !== undefined && !top.isGraphInput);
        continue;
      }
      if (this.#open.has(node) || !isFoldable(node)) {
        this.#constant.set(top, false);
        continue;
      }
      let result = true;
      let pending = false;
      for (const input of node.inputs) {
        if (input === undefined) continue;
        const state = this.#constant.get(input);
        if (state === false) {
          result = false;
          break;
        }
        if (state === undefined) {
          stack.push(input);
          pending = true;
          break;
        }
      }
      if (!pending) this.#constant.set(top, result);
    }
    return this.#constant.get(value) as boolean;
  }

  /** The value's elements; undefined when it is not constant, too large, or its folding is refused ({@link refusal}). */
  dense(value: Value): DenseTensor | undefined {
    if (!this.isConstant(value)) return undefined;
    if (this.#dense.has(value)) return this.#dense.get(value);
    const stack: Value[] = [value];
    while (stack.length > 0) {
      const top = stack[stack.length - 1] as Value;
      if (this.#dense.has(top)) {
        stack.pop();
        continue;
      }
      if (top.initializer !== undefined) {
        this.#dense.set(top, top.initializer.dense());
        continue;
      }
      const node = top.producer as Node;
      const missing = node.inputs.find((input) => input !== undefined && !this.#dense.has(input));
      if (missing !== undefined) stack.push(missing);
      else this.#evaluate(node, value);
    }
    return this.#dense.get(value);
  }

  /** Why {@link dense} gave nothing for a constant value. */
  refusal(value: Value): string | undefined {
    return this.#refusals.get(value);
  }

  #evaluate(node: Node, wanted: Value): void {
    const inputs = node.inputs.map((input) => (input === undefined ? undefined : this.#dense.get(input)));
    const refuse = (why: string) => {
      for (const output of node.outputs) {
        if (output === undefined) continue;
        this.#dense.set(output, undefined);
        this.#refusals.set(output, why);
      }
    };
    if (node.inputs.some((input, i) => input !== undefined && inputs[i] === undefined)) {
      const broken = node.inputs.find((input, i) => input !== undefined && inputs[i] === undefined) as Value;
      refuse(this.#refusals.get(broken) ?? `${broken.name} cannot be folded`);
      return;
    }
    const definition = lookupOp(node.domain, node.opType);
    if (definition?.evaluate === undefined) {
      refuse(`${node.opType} has no evaluation`);
      return;
    }
    // An input that nobody else reads may be overwritten: chains of ScatterND stay linear that way.
    const overwritten = new Set<number>();
    try {
      const outputs = definition.evaluate({
        opType: node.opType,
        domain: node.domain,
        opset: node.graph.opset(node.domain) ?? 0,
        attributes: new NodeAttributes(node),
        inputs,
        outputCount: node.outputs.length,
        mayOverwrite: (index: number) => {
          const input = node.inputs[index];
          const free =
            input !== undefined &&
            input !== wanted &&
            input.initializer === undefined &&
            input.producer?.opType !== 'Constant' &&
            input.uses.length === 1 &&
            !input.isGraphOutput;
          if (free) overwritten.add(index);
          return free;
        },
      });
      node.outputs.forEach((output, i) => {
        if (output === undefined) return;
        const dense = outputs[i];
        if (dense !== undefined && elementCount(dense.shape) <= MAX_ELEMENTS) this.#dense.set(output, dense);
        else {
          this.#dense.set(output, undefined);
          this.#refusals.set(output, `${node.opType} makes a tensor too large to fold`);
        }
      });
    } catch (error) {
      if (!(error instanceof EvaluationError || error instanceof RangeError)) throw error;
      refuse(`${node.opType}: ${error.message}`);
    }
    // What was overwritten is recomputed if somebody asks for it later.
    for (const index of overwritten) this.#dense.delete(node.inputs[index] as Value);
  }
}

function isFoldable(node: Node): boolean {
  const definition = lookupOp(node.domain, node.opType);
  if (definition?.evaluate === undefined) return false;
  // A node without inputs is constant only if it says so: random generators have no evaluation.
  for (const attribute of node.attributes as Iterable<Attribute>) if (attribute.refAttrName) return false;
  return node.subgraphs.length === 0;
}
