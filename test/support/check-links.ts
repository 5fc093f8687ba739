import { expect } from 'vitest';
import type { Graph } from '../../src/model/graph.js';
import type { Model } from '../../src/model/model.js';
import type { Node } from '../../src/model/node.js';
import type { Value } from '../../src/model/value.js';

/** Checks that the links between nodes and values say the same in both directions, everywhere in a model. */
export function checkLinks(model: Model): void {
  const uses = new Map<Value, [Node, number][]>();
  const outputs = new Map<Value, number>();
  const values = new Set<Value>();
  for (const graph of model.graphs()) {
    for (const value of [...graph.inputs, ...graph.initializers]) values.add(value);
    for (const value of graph.outputs) outputs.set(value, (outputs.get(value) ?? 0) + 1);
    for (const node of graph.nodes) {
      expect(node.graph).toBe(graph);
      node.outputs.forEach((value, i) => {
        if (value === undefined) return;
        values.add(value);
        expect(value.producer).toBe(node);
        expect(value.outputIndex).toBe(i);
        expect(value.graph).toBe(graph);
      });
      node.inputs.forEach((value, i) => {
        if (value === undefined) return;
        const list = uses.get(value);
        if (list === undefined) uses.set(value, [[node, i]]);
        else list.push([node, i]);
      });
      for (const inner of node.subgraphs) expect(inner.parent).toBe(node);
    }
  }
  for (const value of uses.keys()) values.add(value);
  for (const value of values) {
    const found = value.uses.map(({ node, index }) => [node, index]);
    const expected = uses.get(value) ?? [];
    expect(found.length, `uses of ${value.name}`).toBe(expected.length);
    for (const [node, index] of expected) {
      expect(found.some(([n, i]) => n === node && i === index)).toBe(true);
    }
    expect(value.isGraphOutput).toBe((outputs.get(value) ?? 0) > 0);
  }
}

/** A graph's structure in words: what must be the same after writing and reading it. */
export function outline(graph: Graph): unknown {
  return {
    name: graph.name,
    inputs: graph.inputs.map(({ name, declared }) => [name, declared]),
    outputs: graph.outputs.map(({ name, declared }) => [name, declared]),
    // A file holds the sparse ones after the others.
    initializers: [...graph.initializers]
      .sort((a, b) => Number(a.initializer === undefined) - Number(b.initializer === undefined))
      .map(({ name, initializer }) => [name, initializer?.dims, initializer?.dataType]),
    nodes: graph.nodes.map((node) => ({
      is: [node.domain, node.opType, node.name],
      reads: node.inputs.map((value) => value?.name),
      makes: node.outputs.map((value) => [value?.name, value?.declared]),
      attributes: [...node.attributes].map(({ name, type }) => [name, type]),
      graphs: node.subgraphs.map(outline),
    })),
  };
}
