import type { Graph, NodePosition } from '../../model/graph.js';
import type { Node } from '../../model/node.js';
import type { Value } from '../../model/value.js';
import { dataTypeName } from '../../tensor/dtype.js';

/** Where a value is read: by a node, or as an output of a graph. */
export type Reader =
  | { readonly kind: 'node'; readonly node: Node; readonly index: number }
  | { readonly kind: 'output'; readonly graph: Graph; readonly index: number };

/**
 * Casts a value for some of its readers, with one node.
 * @returns the value that they read now
 */
export function insertCast(value: Value, to: number, readers: readonly Reader[]): Value {
  const { graph } = value;
  const name = graph.freshName(`${value.name}_${dataTypeName(to)}`);
  const init = { opType: 'Cast', inputs: [value], outputs: [name], name, attributes: { to: { int: to } } };
  const cast = graph.addNode(init, placeFor(value, readers));
  const result = cast.outputs[0] as Value;
  for (const reader of readers) redirect(value, result, reader, cast);
  return result;
}

/** Lets a reader read another value; an output of the model keeps its name. */
export function redirect(value: Value, other: Value, reader: Reader, cast?: Node): void {
  if (reader.kind === 'node') {
    reader.node.setInput(reader.index, other);
    return;
  }
  if (reader.graph.parent !== undefined || reader.graph !== value.graph) {
    reader.graph.setOutput(reader.index, other);
    return;
  }
  const except = [...new Set(value.uses.map(({ node }) => node))];
  value.replaceAllUsesWith(other, { except: cast ? [...except, cast] : except });
}

/** Right after what makes it; of an input, before the first node that reads it, also from within its graphs. */
function placeFor({ producer, graph }: Value, readers: readonly Reader[]): NodePosition | undefined {
  if (producer !== undefined) return { after: producer };
  const nodes = new Set(readers.flatMap((reader) => nodeIn(graph, reader) ?? []));
  const first = graph.nodes.find((node) => nodes.has(node));
  return first && { before: first };
}

/** The node of a graph that a reader is, or is inside of. */
export function nodeIn(graph: Graph, reader: Reader): Node | undefined {
  let node = reader.kind === 'node' ? reader.node : reader.graph.parent;
  while (node !== undefined && node.graph !== graph) node = node.graph.parent;
  return node;
}
