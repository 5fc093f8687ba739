import type { Node } from '../model/node.js';
import type { Value } from '../model/value.js';

/**
 * Removes what nothing reads any more, starting from values that just lost their last reader: their producers, and so on
 * upwards; initializers too. Whatever else was dead before stays: it is not this edit's.
 *
 * @returns how many nodes were removed
 */
export function removeDead(candidates: Iterable<Value>): number {
  const stack = [...candidates];
  const removed = new Set<Node>();
  const released = new Set<Value>();
  while (stack.length > 0) {
    const value = stack.pop() as Value;
    if (isUsed(value)) continue;
    const { producer, graph } = value;
    if (producer === undefined) {
      if (value.initializer !== undefined && !value.isGraphInput && !released.has(value)) {
        released.add(value);
        graph.removeInitializer(value);
      }
      continue;
    }
    if (removed.has(producer)) continue;
    if (producer.outputs.some((output) => output !== undefined && isUsed(output))) continue;
    const reads = capturedAndRead(producer);
    for (const output of producer.outputs) if (output !== undefined) graph.dropValueInfo(output);
    graph.removeNode(producer);
    removed.add(producer);
    stack.push(...reads);
  }
  return removed.size;
}

function isUsed(value: Value): boolean {
  return value.isRead || value.isGraphOutput;
}

/** Everything a node reads, directly or inside its subgraphs. */
function capturedAndRead(node: Node): Value[] {
  const reads = node.inputs.filter((input): input is Value => input !== undefined);
  for (const graph of node.subgraphs) {
    for (const inner of graph.nodes) reads.push(...capturedAndRead(inner).filter((value) => value.graph !== graph));
    reads.push(...graph.outputs.filter((value) => value.graph !== graph));
  }
  return reads;
}
