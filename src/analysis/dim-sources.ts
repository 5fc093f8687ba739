import type { Graph } from '../model/graph.js';
import type { Node } from '../model/node.js';
import type { Value } from '../model/value.js';
import { Dim } from '../symbolic/dim.js';
import { DataType } from '../tensor/dtype.js';
import type { Inference } from './infer.js';

/** Where a size can be read at run time. */
export interface DimSource {
  readonly value: Value;
  /** Axis of a tensor whose size it is; undefined when the value is an int64 scalar that holds it. */
  readonly axis?: number;
}

/** Expressions that every operator set can compute from their parts. */
const COMPUTED: ReadonlySet<string> = new Set(['sum', 'product', 'floorDiv']);

/** Finds live values that carry a given symbolic size, first in the graph first. */
export class DimSources {
  readonly #inference: Inference;
  readonly #inferPlain: () => Inference;
  #plain: Inference | undefined;
  readonly #graphs = new Map<Graph, Map<string, DimSource[]>>();

  /**
   * @param inference - in which baked numbers are expressions already
   * @param inferPlain - gives the inference of the model as it is, where that is another one
   */
  constructor(inference: Inference, inferPlain: () => Inference = () => inference) {
    this.#inference = inference;
    this.#inferPlain = inferPlain;
  }

  /**
   * Sources of the size that the node can read: its own graph's, then the outer ones'. What has the size only once baked
   * numbers are repaired, which may be left to a later pass, is none where the size can be computed from others.
   */
  *of(size: Dim, anchor: Node): Iterable<DimSource> {
    const isComputed = COMPUTED.has(size.parts().kind);
    for (let graph: Graph | undefined = anchor.graph; graph !== undefined; graph = graph.parent?.graph) {
      const sources = this.#index(graph).get(size.key) ?? [];
      const [live, others] = [true, false].map((wanted) => sources.filter((each) => this.#isLive(each) === wanted));
      yield* live as DimSource[];
      if (!isComputed) yield* others as DimSource[];
    }
  }

  /** Does the model as it is have the size there? */
  #isLive({ value, axis }: DimSource): boolean {
    this.#plain ??= this.#inferPlain();
    const [now, then] = [this.#plain, this.#inference].map((inference) => {
      const facts = inference.facts(value);
      if (facts?.kind !== 'tensor') return undefined;
      return axis === undefined ? facts.content?.[0] : facts.shape?.[axis];
    });
    return now instanceof Dim && then instanceof Dim && now.equals(then);
  }

  #index(graph: Graph): Map<string, DimSource[]> {
    let index = this.#graphs.get(graph);
    if (index !== undefined) return index;
    index = new Map();
    for (const value of graph.inputs) this.#add(index, value);
    for (const node of graph.topologicalOrder()) {
      for (const output of node.outputs) if (output !== undefined) this.#add(index, output);
    }
    this.#graphs.set(graph, index);
    return index;
  }

  #add(index: Map<string, DimSource[]>, value: Value): void {
    if (this.#inference.constants.isConstant(value)) return;
    const facts = this.#inference.facts(value);
    if (facts?.kind !== 'tensor' || facts.shape === undefined) return;
    const push = (dim: Dim, source: DimSource) => {
      const list = index.get(dim.key);
      if (list === undefined) index.set(dim.key, [source]);
      else if (list.length < 8) list.push(source);
    };
    facts.shape.forEach((dim, axis) => {
      if (dim !== undefined && !dim.isNumber) push(dim, { value, axis });
    });
    if (facts.shape.length === 0 && facts.dtype === DataType.INT64) {
      const element = facts.content?.[0];
      if (element instanceof Dim && !element.isNumber) push(element, { value });
    }
  }
}
