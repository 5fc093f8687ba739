import type { Graph } from './graph.js';
import { ModelError } from './model-error.js';
import type { Node } from './node.js';
import type { Value } from './value.js';

/** Everything that a node reads from graphs other than its own subgraphs: inputs, and what the subgraphs capture. */
export function* readsOf(node: Node): Generator<Value> {
  for (const input of node.inputs) if (input !== undefined) yield input;
  if (node.subgraphs.length > 0) yield* capturesOf(node);
}

function* capturesOf(node: Node): Generator<Value> {
  const stack = [...node.subgraphs];
  const inside = new Set<Graph>();
  for (let graph = stack.pop(); graph !== undefined; graph = stack.pop()) {
    inside.add(graph);
    for (const inner of graph.nodes) {
      for (const input of inner.inputs) if (input !== undefined && !inside.has(input.graph)) yield input;
      stack.push(...inner.subgraphs);
    }
    for (const output of graph.outputs) if (!inside.has(output.graph)) yield output;
  }
}

/**
 * The nodes so that each comes after all that it reads; as near to the given order as depth-first search keeps it, and
 * the given order itself where that is one already.
 * @throws ModelError when nodes read each other in a circle
 */
export function topologicalOrder(nodes: readonly Node[]): Node[] {
  let i = 0;
  for (const node of nodes) node._order = i++;
  if (nodes.every((node) => !earlierReads(node).some((producer) => producer._order >= node._order))) return [...nodes];
  const state = new Map<Node, 'open' | 'done'>();
  const order: Node[] = [];
  for (const root of nodes) {
    const stack: { node: Node; reads: Node[] }[] = [];
    const open = (node: Node) => {
      state.set(node, 'open');
      stack.push({ node, reads: earlierReads(node).reverse() });
    };
    if (!state.has(root)) open(root);
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      const next = top.reads.pop();
      if (next === undefined) {
        state.set(top.node, 'done');
        order.push(top.node);
        stack.pop();
      } else if (state.get(next) === 'open') {
        const circle = stack.slice(stack.findIndex(({ node }) => node === next)).map(({ node }) => `${node}`);
        throw new ModelError(`nodes read each other in a circle: ${circle.slice(0, 8).join(', ')}`);
      } else if (!state.has(next)) open(next);
    }
  }
  return order;
}

/** Producers, in the node's own graph, of what it reads. */
function earlierReads(node: Node): Node[] {
  const producers: Node[] = [];
  for (const value of readsOf(node)) {
    const { producer } = value;
    if (producer !== undefined && producer.graph === node.graph) producers.push(producer);
  }
  return producers;
}
