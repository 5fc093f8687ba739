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
    const known = this.#constant.get(value) ?? this.#decide(value);
    if (known !== undefined) return known;
    // Depth first without recursion: constant chains of exports are thousands of nodes long.
    const stack: Value[] = [value];
    while (stack.length > 0) {
      const top = stack[stack.length - 1] as Value;
      if (this.#constant.has(top) || this.#decide(top) !== undefined) stack.pop();
      else stack.push(top.producer?.inputs.find((input) => input && !this.#constant.has(input)) as Value);
    }
    return this.#constant.get(value) as boolean;
  }

  /** Is what the node computes the same in every run? */
  isFolded({ outputs }: Node): boolean {
    for (const output of outputs) if (output !== undefined && this.isConstant(output)) return true;
    return false;
  }

  /** Decides from what is known of the inputs; undefined when one of them has to be decided first. */
  #decide(value: Value): boolean | undefined {
    const node = value.producer;
    let result: boolean;
    if (node === undefined) result = value.initializer !== undefined && !value.isGraphInput;
    else {
      result = lookupOp(node.domain, node.opType)?.evaluate !== undefined && node.subgraphs.length === 0;
      result &&= !this.#open.has(node);
      if (result) {
        for (const input of node.inputs) {
          const state = input === undefined ? true : this.#constant.get(input);
          if (state === undefined) return undefined;
          if (!state) {
            result = false;
            break;
          }
        }
      }
      // What depends on the caller of a function is no constant.
      if (result) for (const attribute of node.attributes) if (attribute.refAttrName) result = false;
    }
    this.#constant.set(value, result);
    return result;
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
