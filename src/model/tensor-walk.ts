import type { Graph } from './graph.js';
import type { Model } from './model.js';
import type { Node } from './node.js';
import type { Tensor } from './tensor.js';

/** A tensor of a model, and the parts of the document that it lies in, outermost first. */
export interface TensorPlace {
  readonly tensor: Tensor;
  readonly within: readonly object[];
}

/**
 * All tensors of a model in file order: initializers, sparse ones' values and indices, tensor attributes of nodes, in all
 * graphs and functions.
 * @param smallest - nodes that take fewer bytes need not be looked at
 */
export function* walkTensors(model: Model, smallest = 0): Generator<TensorPlace> {
  yield* walkGraph(model.graph, [model.graph], smallest);
  for (const { body } of model.functions) yield* walkGraph(body, [body], smallest);
}

function* walkGraph(graph: Graph, within: readonly object[], smallest: number): Generator<TensorPlace> {
  for (const { initializer, sparseInitializer: sparse } of graph.initializers) {
    if (initializer !== undefined) yield { tensor: initializer, within };
    for (const tensor of [sparse?.values, sparse?.indices]) {
      if (tensor !== undefined) yield { tensor, within: [...within, sparse as object] };
    }
  }
  for (const node of graph.nodes) {
    if (sizeOf(node) < smallest && node.subgraphs.length === 0) continue;
    for (const attribute of node.attributes) {
      const inside = [...within, node, attribute];
      const single = attribute.asTensor();
      for (const tensor of single ? [single] : (attribute.asTensors() ?? [])) yield { tensor, within: inside };
      for (const subgraph of attribute._graphs) yield* walkGraph(subgraph, [...inside, subgraph], smallest);
    }
  }
}

/** Bytes that the node takes in the file; an edited node may have grown. */
function sizeOf(node: Node): number {
  const place = node._place;
  if (place === undefined || node._replaced !== undefined) return Number.POSITIVE_INFINITY;
  return place.skeleton.toSource(place.end) - place.skeleton.toSource(place.start);
}
