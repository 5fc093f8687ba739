import type { Dim } from '../../symbolic/dim.js';
import type { Scalar } from '../../symbolic/scalar.js';
import type { DenseTensor } from '../../tensor/dense.js';
import type { Attributes, Facts, InferContext, OpDefinition, Shape, SubgraphInference, TensorFacts } from '../types.js';

type Sites = { input: number; axis: number }[];
type Content = readonly (Scalar | undefined)[];

/** How a node looks to the rule of another operator. */
export interface Remapping {
  /** The node's input in place of each of the rule's; undefined for one that is absent. Default: the same. */
  readonly inputs?: readonly (number | undefined)[];
  /** The version of the other operator; default: the newest. */
  readonly opset?: number;
  /** Which axis of the node's input stands at each place that the rule sees; default: as they are. */
  readonly axes?: (input: number, rank: number) => readonly number[];
  /** Which axis of the rule's output stands at each place of the node's. */
  readonly outputAxes?: (rank: number) => readonly number[];
  /** Element type of output 0, where it is not the rule's. */
  readonly dtype?: number | undefined;
}

/** Later than any version that a rule asks for. */
const NEWEST = 1000;

/** The node as another operator's rule sees it; what the rule finds is the node's. */
class RemappedContext implements InferContext {
  readonly opType: string;
  readonly domain = '';
  readonly opset: number;
  readonly attributes: Attributes;
  readonly inputCount: number;
  readonly outputCount: number;
  readonly #node: InferContext;
  readonly #as: Remapping;

  constructor(node: InferContext, as: Remapping) {
    this.#node = node;
    this.#as = as;
    this.opType = node.opType;
    this.opset = as.opset ?? NEWEST;
    this.attributes = node.attributes;
    this.inputCount = as.inputs?.length ?? node.inputCount;
    this.outputCount = node.outputCount;
  }

  hasInput(i: number): boolean {
    const input = this.#input(i);
    return input !== undefined && this.#node.hasInput(input);
  }

  hasOutput(i: number): boolean {
    return this.#node.hasOutput(i);
  }

  input(i: number): Facts | undefined {
    const facts = this.#at(i, (input) => this.#node.input(input));
    if (facts?.kind !== 'tensor' || this.#as.axes === undefined) return facts;
    return { kind: 'tensor', dtype: facts.dtype, shape: this.shape(i) };
  }

  tensor(i: number): TensorFacts | undefined {
    const facts = this.input(i);
    return facts?.kind === 'tensor' ? facts : undefined;
  }

  dtype(i: number): number | undefined {
    return this.#at(i, (input) => this.#node.dtype(input));
  }

  shape(i: number): Shape | undefined {
    return this.#at(i, (input) => {
      const shape = this.#node.shape(input);
      if (shape === undefined || this.#as.axes === undefined) return shape;
      return this.#as.axes(i, shape.length).map((axis) => shape[axis]);
    });
  }

  content(i: number): Content | undefined {
    return this.#at(i, (input) => this.#node.content(input));
  }

  constant(i: number): DenseTensor | undefined {
    return this.#at(i, (input) => this.#node.constant(input));
  }

  subgraph(attribute: string): SubgraphInference | undefined {
    return this.#node.subgraph(attribute);
  }

  unify(a: Dim | undefined, b: Dim | undefined, what: string, where: Sites = []): Dim | undefined {
    return this.#node.unify(
      a,
      b,
      what,
      where.flatMap((site) => this.#site(site)),
    );
  }

  broadcast(inputs?: readonly number[]): Shape | undefined {
    const chosen = inputs ?? Array.from({ length: this.inputCount }, (_, i) => i);
    return this.#node.broadcast(chosen.filter((i) => this.hasInput(i)).map((i) => this.#input(i) as number));
  }

  fresh(hint: string): Dim {
    return this.#node.fresh(hint);
  }

  setOutput(i: number, facts: Facts | undefined): void {
    if (facts?.kind === 'tensor') this.setTensor(i, facts.dtype, facts.shape, facts.content);
    else this.#node.setOutput(i, facts);
  }

  setTensor(i: number, dtype: number | undefined, shape: Shape | undefined, content?: Content): void {
    const type = i === 0 && 'dtype' in this.#as ? this.#as.dtype : dtype;
    const axes = i === 0 && shape !== undefined ? this.#as.outputAxes?.(shape.length) : undefined;
    if (axes !== undefined)
      this.#node.setTensor(
        i,
        type,
        axes.map((axis) => shape?.[axis]),
      );
    else this.#node.setTensor(i, type, shape, content);
  }

  unknown(reason: string): void {
    this.#node.unknown(reason);
  }

  #input(i: number): number | undefined {
    return this.#as.inputs === undefined ? i : this.#as.inputs[i];
  }

  #at<T>(i: number, read: (input: number) => T | undefined): T | undefined {
    const input = this.#input(i);
    return input === undefined ? undefined : read(input);
  }

  #site({ input, axis }: Sites[number]): Sites {
    const own = this.#input(input);
    if (own === undefined) return [];
    const rank = this.#node.shape(own)?.length ?? 0;
    return [{ input: own, axis: this.#as.axes?.(input, rank)[axis] ?? axis }];
  }
}

/** The rule of an operator, for nodes that are that operator under another name, with other inputs or axes. */
export function ruleOf(
  definitions: readonly OpDefinition[],
  name: string,
  as: Remapping | ((ctx: InferContext) => Remapping) = {},
): (ctx: InferContext) => void {
  const rule = definitions.find((definition) => definition.name === name)?.infer;
  if (rule === undefined) throw new Error(`${name} has no rule`);
  return (ctx) => rule(new RemappedContext(ctx, typeof as === 'function' ? as(ctx) : as));
}

/** How another operator computes, for nodes that are the same with the same inputs. */
export function evaluationOf(
  definitions: readonly OpDefinition[],
  name: string,
): NonNullable<OpDefinition['evaluate']> {
  const evaluate = definitions.find((definition) => definition.name === name)?.evaluate;
  if (evaluate === undefined) throw new Error(`${name} has no evaluation`);
  return (ctx) => evaluate({ ...ctx, domain: '', opset: NEWEST });
}

/** [batch, spatial ..., channels] for a rule that wants [batch, channels, spatial ...]. */
export const CHANNELS_LAST: Pick<Remapping, 'axes' | 'outputAxes'> = {
  axes: (input, rank) => {
    const straight = Array.from({ length: rank }, (_, axis) => axis);
    return input === 0 && rank > 2 ? [0, rank - 1, ...straight.slice(1, -1)] : straight;
  },
  outputAxes: (rank) => {
    const straight = Array.from({ length: rank }, (_, axis) => axis);
    return rank > 2 ? [0, ...straight.slice(2), 1] : straight;
  },
};
