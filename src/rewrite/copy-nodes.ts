/** Copies of nodes, with the graphs in them, from one graph of a model into another one. */
import type { Attribute } from '../model/attribute.js';
import type { AttributeInput } from '../model/attribute-input.js';
import type { Graph } from '../model/graph.js';
import type { Node } from '../model/node.js';
import type { Value } from '../model/value.js';

/** What copies read and make in place of the originals. */
export interface CopyScope {
  /** What stands for a value; a value that is not in here is read as it is. */
  readonly values: Map<Value, Value | undefined>;
  /** What attributes stand for that refer to those of a call; undefined where the call leaves one out. */
  readonly attribute: (name: string) => Attribute | undefined;
}

/** Copies nodes in order, before a node or (if there is none) at the end of a graph. The scope learns what they make. */
export function copyNodes(nodes: readonly Node[], into: Graph, before: Node | undefined, scope: CopyScope): void {
  for (const node of nodes) {
    const init = {
      opType: node.opType,
      domain: node.domain,
      overload: node.overload,
      name: node.name === '' ? '' : into.freshName(node.name),
      inputs: node.inputs.map((input) => input && standIn(input, scope)),
      outputs: node.outputs.map((output) => (output === undefined ? '' : into.freshName(output.name))),
      attributes: attributesOf(node, into, scope),
    };
    const copy = into.addNode(init, before && { before });
    node.outputs.forEach((output, i) => {
      if (output !== undefined) scope.values.set(output, copy.outputs[i]);
    });
  }
}

function standIn(value: Value, { values }: CopyScope): Value | undefined {
  return values.has(value) ? values.get(value) : value;
}

function attributesOf(node: Node, into: Graph, scope: CopyScope): Record<string, AttributeInput> {
  const inputs: Record<string, AttributeInput> = {};
  for (const attribute of node.attributes) {
    const given = attribute.refAttrName === '' ? attribute : scope.attribute(attribute.refAttrName);
    if (given === undefined) continue;
    const graph = given.asGraph();
    inputs[attribute.name] = graph === undefined ? given : { graph: copyGraph(graph, into, scope) };
  }
  return inputs;
}

function copyGraph(graph: Graph, outer: Graph, scope: CopyScope): Graph {
  const copy = outer.createSubgraph(graph.name);
  for (const input of graph.inputs) {
    const made = copy.addInput(copy.freshName(input.name));
    if (input.declared !== undefined) copy.setValueInfo(made, input.declared);
    scope.values.set(input, made);
  }
  copyInitializers(graph, copy, scope);
  copyNodes(graph.nodes, copy, undefined, scope);
  for (const output of graph.outputs) {
    const made = standIn(output, scope) as Value;
    if (output.declared !== undefined && made.graph === copy && made.declared === undefined) {
      copy.setValueInfo(made, output.declared);
    }
    copy.addOutput(made);
  }
  return copy;
}

/** Copies the constants of a graph that are tensors. */
export function copyInitializers(graph: Graph, into: Graph, { values }: CopyScope): void {
  for (const value of graph.initializers) {
    const { initializer } = value;
    if (initializer === undefined || value.isGraphInput) continue;
    values.set(value, into.addInitializer(into.freshName(value.name), initializer));
  }
}
