import type { Graph } from '../../model/graph.js';
import type { Node } from '../../model/node.js';
import { DataType } from '../../tensor/dtype.js';
import type { TypeGraph } from './type-graph.js';
import { TypeVariable } from './type-variable.js';

const BOOL = new Set<number>([DataType.BOOL]);
const INT64 = new Set<number>([DataType.INT64]);

/** Connects If, Loop, Scan and SequenceMap with the graphs in them. @returns false for every other node */
export function connectControl(types: TypeGraph, node: Node): boolean {
  if (node.domain !== '') return false;
  const body = node.attributes.get('body')?.asGraph();
  if (node.opType === 'If') connectIf(types, node);
  else if (body === undefined) return false;
  else if (node.opType === 'Loop') connectLoop(types, node, body);
  else if (node.opType === 'Scan') connectScan(types, node, body);
  else if (node.opType === 'SequenceMap') connectBody(types, node, body, { inputs: 0, outputs: 0, carried: 0 });
  else return false;
  return true;
}

function connectIf(types: TypeGraph, node: Node): void {
  const condition = new TypeVariable(BOOL, 'cond', node);
  types.read(node.inputs[0], condition, { kind: 'node', node, index: 0 });
  types.step(node, [condition]);
  const outputs = node.outputs.map((_, i) => new TypeVariable(undefined, `output ${i}`, node));
  for (const name of ['then_branch', 'else_branch']) {
    const graph = node.attributes.get(name)?.asGraph();
    if (graph === undefined) continue;
    types.buildNodes(graph);
    graph.outputs.forEach((value, index) => {
      const variable = outputs[index];
      if (variable !== undefined) types.read(value, variable, { kind: 'output', graph, index });
    });
  }
  finish(types, node, outputs);
}

/** Inputs M, cond, state ..; the body maps (iteration, cond, state ..) to (cond, state .., scan outputs ..). */
function connectLoop(types: TypeGraph, node: Node, body: Graph): void {
  [INT64, BOOL].forEach((domain, index) => {
    const variable = new TypeVariable(domain, index === 0 ? 'M' : 'cond', node);
    types.read(node.inputs[index], variable, { kind: 'node', node, index });
    const inner = new TypeVariable(domain, index === 0 ? 'iteration' : 'cond', node);
    types.define(body.inputs[index], inner);
    types.step(node, [variable, inner]);
  });
  const again = new TypeVariable(BOOL, 'cond', node);
  connectBody(types, node, body, { inputs: 2, outputs: 1, carried: node.inputs.length - 2 });
  types.read(body.outputs[0], again, { kind: 'output', graph: body, index: 0 });
  types.step(node, [again]);
}

function connectScan(types: TypeGraph, node: Node, body: Graph): void {
  const scanned = Number(node.attributes.get('num_scan_inputs')?.asInt() ?? 0);
  // Version 8 has the lengths of the sequences before the others.
  const lengths = node.inputs.length - body.inputs.length;
  if (lengths === 1) {
    const variable = new TypeVariable(INT64, 'lengths', node);
    types.read(node.inputs[0], variable, { kind: 'node', node, index: 0 });
    types.step(node, [variable]);
  }
  connectBody(types, node, body, { inputs: 0, outputs: 0, carried: body.inputs.length - scanned });
}

/**
 * Inputs of the node are inputs of the body, outputs of the body are outputs of the node, and the first `carried` of both
 * are one state; `inputs` and `outputs` say how many the body has before them.
 */
function connectBody(
  types: TypeGraph,
  node: Node,
  body: Graph,
  { inputs, outputs, carried }: { inputs: number; outputs: number; carried: number },
): void {
  const entries: TypeVariable[] = [];
  const skipped = node.opType === 'Loop' ? 2 : Math.max(0, node.inputs.length - body.inputs.length);
  for (let index = skipped; index < node.inputs.length; index++) {
    const variable = new TypeVariable(undefined, `input ${index}`, node);
    types.read(node.inputs[index], variable, { kind: 'node', node, index });
    types.define(body.inputs[index - skipped + inputs], variable);
    entries.push(variable);
  }
  types.step(node, entries);
  types.buildNodes(body);
  const made = node.outputs.map((_, i) => {
    const state = i < carried ? entries[i] : undefined;
    return state ?? new TypeVariable(undefined, `output ${i}`, node);
  });
  made.forEach((variable, i) => {
    types.read(body.outputs[i + outputs], variable, { kind: 'output', graph: body, index: i + outputs });
  });
  finish(types, node, made);
}

function finish(types: TypeGraph, node: Node, outputs: readonly TypeVariable[]): void {
  node.outputs.forEach((value, i) => {
    types.define(value, outputs[i] as TypeVariable);
  });
  types.step(node, outputs);
}
