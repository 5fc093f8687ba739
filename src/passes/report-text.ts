/** How findings and edits name what they are about. */
import type { BakedConstant } from '../analysis/baked-constants.js';
import type { Node } from '../model/node.js';
import type { DenseTensor } from '../tensor/dense.js';
import { dataTypeName } from '../tensor/dtype.js';
import type { Finding } from './pass.js';

/** A node by its operator and its name, or what it makes where it has none. */
export function nodeName(node: Node): string {
  return node.name ? `${node.opType} ${node.name}` : `${node.opType} (${node.outputs[0]?.name ?? 'no output'})`;
}

/** Element type and shape: `float[1,20,32]`. */
export function typeText({ dtype, shape }: DenseTensor): string {
  return `${dataTypeName(dtype)}[${shape.join(',')}]`;
}

/** What the baked elements of an integer constant stand for. */
export function elementsText({ elements }: BakedConstant): string {
  return [...elements.values()].map(({ cell, size }) => `${cell.traced} stands for ${size}`).join(', ');
}

/** A finding about a baked constant, with the operators that prove it as evidence. */
export function bakedFinding(baked: BakedConstant, code: string, text: string): Finding {
  const cells = [...baked.axes.values(), ...baked.elements.values()];
  const evidence = cells.map(({ cell, size, evidence: { node, what } }) => {
    const place = cell.kind === 'size' ? `axis ${cell.index}` : `element ${cell.index}`;
    return `${place} is ${cell.traced} in the file and ${size} at ${nodeName(node)} (${what})`;
  });
  const [first] = cells;
  const node = first ? { node: nodeName(first.evidence.node) } : {};
  return { code, message: `${baked.value.name}: ${text}`, value: baked.value.name, evidence, ...node };
}
