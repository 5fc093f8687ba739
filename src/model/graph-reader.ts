import { FieldReader } from '../format/field-reader.js';
import { GraphField } from '../format/schema.js';
import { placeOf } from './document-part.js';
import type { Graph } from './graph.js';
import { Node } from './node.js';
import { NodeEnds } from './node-reader.js';
import { QuantizationAnnotation } from './quantization-annotation.js';
import { SparseTensor } from './sparse-tensor.js';
import { Tensor } from './tensor.js';
import { type Link, Value } from './value.js';
import { ValueInfo } from './value-info.js';

/** Finds a graph's nodes, and reads nothing of them: that is most of what there is, and often not needed. */
export function listNodes(graph: Graph): void {
  const { _layout: layout, _skeleton: skeleton } = graph;
  if (skeleton === undefined) return;
  const nodes: Node[] = [];
  for (const span of graph._spans) {
    const field = new FieldReader(skeleton, span.start, span.end);
    while (field.next()) {
      if (field.number === layout.node && field.isBytes) nodes.push(new Node(graph, placeOf(field)));
    }
  }
  graph._nodes.fill(nodes);
}

/**
 * Reads the rest of a graph's messages and links names to values: its own first (wherever in the file they are defined), then those
 * of the graphs around it. A name that nothing defines becomes a value without producer, so that a broken model can be
 * looked at and repaired.
 */
export function readGraph(graph: Graph): void {
  const { _layout: layout, _skeleton: skeleton } = graph;
  if (skeleton === undefined) return;
  const nodes = graph._nodes.toArray();
  const ends = new NodeEnds();
  const names = graph.model._names;
  const inputs: (ValueInfo | number)[] = [];
  const outputs: (ValueInfo | number)[] = [];
  const infos: ValueInfo[] = [];
  const tensors: Tensor[] = [];
  const sparse: SparseTensor[] = [];
  for (const span of graph._spans) {
    const field = new FieldReader(skeleton, span.start, span.end);
    while (field.next()) {
      if (!field.isBytes) continue;
      const { number } = field;
      if (number === layout.node) continue;
      if (number === layout.input || number === layout.output) {
        const entry = layout.isFunction ? names.intern(field.start, field.end) : ValueInfo._read(graph, placeOf(field));
        (number === layout.input ? inputs : outputs).push(entry);
      } else if (number === layout.valueInfo) infos.push(ValueInfo._read(graph, placeOf(field)));
      else if (layout.isFunction) continue;
      else if (number === GraphField.initializer) tensors.push(Tensor._read(placeOf(field)));
      else if (number === GraphField.sparseInitializer) sparse.push(SparseTensor._read(placeOf(field)));
      else if (number === GraphField.quantizationAnnotation) {
        graph._annotations.push(QuantizationAnnotation._read(placeOf(field)));
      }
    }
  }
  for (const node of nodes) node._read(ends);
  defineInputs(graph, inputs);
  for (const tensor of tensors) defineConstant(graph, names.internText(tensor.name))._initializer = tensor;
  for (const tensor of sparse) defineConstant(graph, names.internText(tensor.name)).sparseInitializer = tensor;
  defineOutputs(graph, nodes, ends);
  for (const info of infos) {
    graph._valueInfos.add(info);
    graph._values.get(info._nameId)?._declare(info);
  }
  const none = names.internText('');
  let at = 0;
  nodes.forEach((node, k) => {
    const end = ends.inputCounts[k] as number;
    const links = new Array<Link | undefined>(end - at);
    for (let i = 0; at < end; at++, i++) {
      const id = ends.inputs[at] as number;
      links[i] = id === none ? undefined : lookUp(graph, id)._addUse(node, i);
    }
    node._setLinks(links);
    for (const subgraph of node.subgraphs) subgraph._load();
  });
  for (const entry of outputs) {
    const info = typeof entry === 'number' ? undefined : entry;
    const value = lookUp(graph, typeof entry === 'number' ? entry : entry._nameId);
    graph._outputs.push(value);
    graph._outputInfos.push(info);
    value._outputOf++;
    // Before value_info: what the output says is what callers see.
    if (info !== undefined) value._declare(info, value.graph === graph && !value._isInput);
  }
}

function defineInputs(graph: Graph, entries: readonly (ValueInfo | number)[]): void {
  for (const entry of entries) {
    const info = typeof entry === 'number' ? undefined : entry;
    const value = define(graph, typeof entry === 'number' ? entry : entry._nameId);
    value._isInput = true;
    if (info !== undefined) value._declare(info);
    graph._inputs.push(value);
    graph._inputInfos.push(info);
  }
}

/** The value of an initializer: the graph input of that name, where there is one. */
function defineConstant(graph: Graph, id: number): Value {
  const input = graph._values.get(id);
  const value = input?._isInput && !graph._initializers.has(input) ? input : define(graph, id);
  graph._initializers.add(value);
  return value;
}

function defineOutputs(graph: Graph, nodes: readonly Node[], ends: NodeEnds): void {
  const none = graph.model._names.internText('');
  let at = 0;
  nodes.forEach((node, k) => {
    const start = at;
    const end = ends.outputCounts[k] as number;
    // Arrays of the exact size: pushing to an empty one reserves 17 places.
    const values = new Array<Value | undefined>(end - start);
    for (; at < end; at++) {
      const id = ends.outputs[at] as number;
      if (id === none) continue;
      const value = define(graph, id);
      value._producer = node;
      value._outputIndex = at - start;
      values[at - start] = value;
    }
    node._setOutputs(values);
  });
}

/** A new value; of several with one name, readers see the first. */
function define(graph: Graph, id: number): Value {
  const value = new Value(graph, id);
  if (!graph._values.has(id)) graph._values.set(id, value);
  return value;
}

function lookUp(graph: Graph, id: number): Value {
  for (let scope: Graph | undefined = graph; scope !== undefined; scope = scope._outer) {
    const value = scope._values.get(id);
    if (value !== undefined) return value;
  }
  return define(graph, id);
}
