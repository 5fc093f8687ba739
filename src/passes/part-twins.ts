import type { Graph } from '../model/graph.js';
import type { Model } from '../model/model.js';
import type { Node } from '../model/node.js';
import type { Edit } from './pass.js';

/**
 * Nodes that a converter added twice become one, and two that share nothing but their name get two names: onnxruntime wants
 * each name once. Converters to float16 call a Cast after what it casts, and add one for every reader.
 */
export function partTwins(model: Model): Edit[] {
  return [...model.graphs()].flatMap((graph) => [...dropTwins(graph), ...renameTwins(graph)]);
}

function dropTwins(graph: Graph): Edit[] {
  const edits: Edit[] = [];
  const makers = new Map<string, Node>();
  for (const node of graph.nodes) {
    const [output] = node.outputs;
    if (output === undefined || node.opType !== 'Cast' || node.outputs.length !== 1) continue;
    const twin = makers.get(output.name);
    makers.set(output.name, twin ?? node);
    if (twin === undefined || twin.inputs[0] !== node.inputs[0] || typeOf(twin) !== typeOf(node)) continue;
    // Readers were linked to the first.
    if (output.uses.length > 0 || output.isGraphOutput) continue;
    edits.push({ what: 'removed', where: `second Cast to ${output.name}`, before: 'defined twice', after: 'once' });
    graph.removeNode(node);
  }
  return edits;
}

function typeOf(cast: Node): number {
  return Number(cast.attributes.get('to')?.asInt() ?? 0);
}

function renameTwins(graph: Graph): Edit[] {
  const edits: Edit[] = [];
  const names = new Set<string>();
  for (const node of graph.nodes) {
    const before = node.name;
    if (before === '') continue;
    if (names.has(before)) {
      node.name = graph.freshName(before);
      edits.push({ what: 'name', where: `second ${node.opType} ${before}`, before, after: node.name });
    }
    names.add(node.name);
  }
  return edits;
}
