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

/** Finds live values that carry a given symbolic size, first in the graph first. */
export class DimSources {
  readonly #inference: Inference;
  readonly #graphs = new Map<Graph, Map<string, DimSource[]>>();

  constructor(inference: Inference) {
    this.#inference = inference;
  }

  /** Sources of the size that the node can read: its own graph's, then the outer ones'. */
  *of(size: Dim, anchor: Node): Iterable<DimSource> {
    for (let graph: Graph | undefined = anchor.graph; graph !== undefined; graph = graph.parent?.graph) {
      yield* this.#index(graph).get(size.key) ?? [];
    }
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
