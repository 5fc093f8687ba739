/**
 * What a model computes from the sizes of its inputs and constants alone: tables of positions that are built anew in every
 * run, masks, lengths. Unlike the content that inference keeps, tensors of any size can be evaluated, at given sizes.
 */
import type { Node } from '../model/node.js';
import type { Value } from '../model/value.js';
import { lookupOp } from '../ops/registry.js';
import { EvaluationError } from '../ops/types.js';
import { Dim } from '../symbolic/dim.js';
import { type DenseTensor, elementCount } from '../tensor/dense.js';
import { DataType } from '../tensor/dtype.js';
import type { Inference } from './infer.js';
import { NodeAttributes } from './node-attributes.js';

/** Larger tensors are not evaluated. */
const MAX_ELEMENTS = 2 ** 27;

const NONE: ReadonlySet<string> = new Set();

/** Finds and evaluates what depends on sizes only. */
export class SizeDriven {
  readonly #inference: Inference;
  readonly #symbols = new Map<Value, ReadonlySet<string> | undefined>();

  constructor(inference: Inference) {
    this.#inference = inference;
  }

  /** The input symbols that the value depends on: none for a constant. Undefined where data is read, or unknown. */
  symbols(value: Value): ReadonlySet<string> | undefined {
    const stack = [value];
    while (stack.length > 0) {
      const top = stack.at(-1) as Value;
      if (this.#symbols.has(top)) {
        stack.pop();
        continue;
      }
      const sources = this.#content(top) === undefined ? this.sources(top) : [];
      const open = sources?.find((source) => !this.#symbols.has(source));
      if (open !== undefined) stack.push(open);
      else this.#symbols.set(top, this.#join(top, sources));
    }
    return this.#symbols.get(value);
  }

  #join(value: Value, sources: readonly Value[] | undefined): ReadonlySet<string> | undefined {
    if (sources === undefined) return undefined;
    const content = this.#content(value);
    if (content !== undefined) return new Set(content.flatMap((dim) => [...dim.symbols()]));
    const parts = sources.map((source) => this.#symbols.get(source));
    if (parts.some((part) => part === undefined)) return undefined;
    const all = parts.flatMap((part) => [...(part ?? [])]);
    return all.length === 0 ? NONE : new Set(all);
  }

  /** What a value is computed from, both branches of an If included; undefined where it cannot be evaluated. */
  sources(value: Value): readonly Value[] | undefined {
    if (this.#inference.constants.isConstant(value)) return [];
    const node = value.producer;
    if (node === undefined) return undefined;
    const branches = branchesOf(node, value);
    if (branches !== undefined) return [node.inputs[0] as Value, ...branches];
    if (node.subgraphs.length > 0 || lookupOp(node.domain, node.opType)?.evaluate === undefined) return undefined;
    for (const attribute of node.attributes) if (attribute.refAttrName) return undefined;
    return node.inputs.filter((input): input is Value => input !== undefined);
  }

  /** The value when the symbols are these numbers; undefined where it cannot be computed. */
  at(value: Value, sizes: ReadonlyMap<string, number>): DenseTensor | undefined {
    const known = new Map<Value, DenseTensor>();
    const stack = [value];
    try {
      while (stack.length > 0) {
        const top = stack.at(-1) as Value;
        const missing = known.has(top) ? undefined : this.#step(top, known, sizes);
        if (missing === undefined) stack.pop();
        else stack.push(missing);
      }
    } catch (error) {
      if (!(error instanceof EvaluationError || error instanceof RangeError)) throw error;
      return undefined;
    }
    return known.get(value);
  }

  /** Computes a value, or gives the one that has to be computed before. @throws EvaluationError */
  #step(value: Value, known: Map<Value, DenseTensor>, sizes: ReadonlyMap<string, number>): Value | undefined {
    const ready = this.#leaf(value, sizes);
    if (ready !== undefined) {
      known.set(value, ready);
      return undefined;
    }
    const node = value.producer;
    if (node === undefined) throw new EvaluationError(`${value.name} is data`);
    const branches = branchesOf(node, value);
    if (branches !== undefined) return this.#branch(value, node, branches, known);
    const missing = node.inputs.find((input) => input !== undefined && !known.has(input));
    if (missing !== undefined) return missing;
    const evaluate = lookupOp(node.domain, node.opType)?.evaluate;
    if (evaluate === undefined) throw new EvaluationError(`${node.opType} has no evaluation`);
    const outputs = evaluate({
      opType: node.opType,
      domain: node.domain,
      opset: node.graph.opset(node.domain) ?? 0,
      attributes: new NodeAttributes(node),
      inputs: node.inputs.map((input) => input && known.get(input)),
      outputCount: node.outputs.length,
    });
    for (const [i, output] of node.outputs.entries()) {
      const dense = outputs[i];
      if (output === undefined || dense === undefined) continue;
      if (elementCount(dense.shape) > MAX_ELEMENTS) throw new EvaluationError(`${output.name} is too large`);
      known.set(output, dense);
    }
    if (!known.has(value)) throw new EvaluationError(`${node.opType} gives no ${value.name}`);
    return undefined;
  }

  #branch(value: Value, node: Node, [yes, no]: readonly [Value, Value], known: Map<Value, DenseTensor>) {
    const [condition] = node.inputs as [Value];
    const decided = known.get(condition);
    if (decided === undefined) return condition;
    const taken = Number(decided.data[0]) === 0 ? no : yes;
    const result = known.get(taken);
    if (result !== undefined) known.set(value, result);
    return result === undefined ? taken : undefined;
  }

  #leaf(value: Value, sizes: ReadonlyMap<string, number>): DenseTensor | undefined {
    if (this.#inference.constants.isConstant(value)) return this.#inference.constants.dense(value);
    const content = this.#content(value);
    const facts = this.#inference.facts(value);
    if (content === undefined || facts?.kind !== 'tensor') return undefined;
    const numbers = content.map((dim) => dim.evaluate(sizes));
    if (numbers.some((number) => number === undefined))
      throw new EvaluationError(`a size in ${value.name} is not given`);
    const shape = facts.shape?.map((dim) => dim?.value ?? 0) ?? [];
    return { dtype: DataType.INT64, shape, data: BigInt64Array.from(numbers as number[], BigInt) };
  }

  /** The sizes that an int64 tensor is known to hold. */
  #content(value: Value): readonly Dim[] | undefined {
    if (this.#inference.constants.isConstant(value)) return undefined;
    const facts = this.#inference.facts(value);
    if (facts?.kind !== 'tensor' || facts.dtype !== DataType.INT64) return undefined;
    const isKnown = facts.content?.every((element) => element instanceof Dim && !element.hasFresh);
    return isKnown ? (facts.content as readonly Dim[]) : undefined;
  }
}

/** What the branches of an If give for one of its outputs; undefined for other operators. */
function branchesOf(node: Node, output: Value): readonly [Value, Value] | undefined {
  if (node.opType !== 'If' || node.domain !== '') return undefined;
  const index = node.outputs.indexOf(output);
  const [yes, no] = ['then_branch', 'else_branch'].map((name) => node.attributes.get(name)?.asGraph()?.outputs[index]);
  return yes && no && [yes, no];
}
