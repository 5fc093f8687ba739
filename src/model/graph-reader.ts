import { FieldReader } from '../format/field-reader.js';
import { GraphField } from '../format/schema.js';
import { decodeText } from '../format/text.js';
import { placeOf } from './document-part.js';
import type { Graph } from './graph.js';
import { Node } from './node.js';
import { QuantizationAnnotation } from './quantization-annotation.js';
import { SparseTensor } from './sparse-tensor.js';
import { Tensor } from './tensor.js';
import { Value } from './value.js';
import { ValueInfo } from './value-info.js';

/**
 * Reads a graph's messages and links names to values: its own first (wherever in the file they are defined), then those
 * of the graphs around it. A name that nothing defines becomes a value without producer, so that a broken model can be
 * looked at and repaired.
 */
export function readGraph(graph: Graph): void {
  const { _layout: layout, _skeleton: skeleton } = graph;
  if (skeleton === undefined) return;
  const nodes: Node[] = [];
  const inputs: (ValueInfo | string)[] = [];
  const outputs: (ValueInfo | string)[] = [];
  const infos: ValueInfo[] = [];
  const tensors: Tensor[] = [];
  const sparse: SparseTensor[] = [];
  for (const span of graph._spans) {
    const field = new FieldReader(skeleton, span.start, span.end);
    while (field.next()) {
      if (!field.isBytes) continue;
      const { number } = field;
      if (number === layout.node) nodes.push(new Node(graph, placeOf(field)));
      else if (number === layout.input || number === layout.output) {
        const entry = layout.isFunction
          ? decodeText(skeleton.bytes, field.start, field.end)
          : ValueInfo._read(graph, placeOf(field));
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
  defineInputs(graph, inputs);
  for (const tensor of tensors) defineConstant(graph, tensor.name)._initializer = tensor;
  for (const tensor of sparse) defineConstant(graph, tensor.name).sparseInitializer = tensor;
  defineOutputs(graph, nodes);
  for (const info of infos) {
    graph._valueInfos.add(info);
    graph._values.get(info.name)?._declare(info);
  }
  for (const node of nodes) {
    const names = node._names?.inputs ?? [];
    const values: (Value | undefined)[] = [];
    for (const name of names) values.push(name === '' ? undefined : lookUp(graph, name));
    node._connect(values);
    for (const subgraph of node.subgraphs) subgraph._load();
  }
  for (const entry of outputs) {
    const info = typeof entry === 'string' ? undefined : entry;
    const value = lookUp(graph, typeof entry === 'string' ? entry : entry.name);
    graph._outputs.push(value);
    graph._outputInfos.push(info);
    value._outputOf++;
    // Before value_info: what the output says is what callers see.
    if (info !== undefined) value._declare(info, value.graph === graph && !value._isInput);
  }
}

function defineInputs(graph: Graph, entries: readonly (ValueInfo | string)[]): void {
  for (const entry of entries) {
    const info = typeof entry === 'string' ? undefined : entry;
    const value = define(graph, info ? info.name : (entry as string));
    value._isInput = true;
    if (info !== undefined) value._declare(info);
    graph._inputs.push(value);
    graph._inputInfos.push(info);
  }
}

/** The value of an initializer: the graph input of that name, where there is one. */
function defineConstant(graph: Graph, name: string): Value {
  const input = graph._values.get(name);
  const value = input?._isInput && !graph._initializers.has(input) ? input : define(graph, name);
  graph._initializers.add(value);
  return value;
}

function defineOutputs(graph: Graph, nodes: readonly Node[]): void {
  for (const node of nodes) {
    const names = node._names?.outputs ?? [];
    const values: (Value | undefined)[] = [];
    for (let i = 0; i < names.length; i++) {
      const name = names[i] as string;
      if (name === '') {
        values.push(undefined);
        continue;
      }
      const value = define(graph, name);
      value._producer = node;
      value._outputIndex = i;
      values.push(value);
    }
    node._setOutputs(values);
    graph._nodes.insert(node, undefined);
  }
}

/** A new value; of several with one name, readers see the first. */
function define(graph: Graph, name: string): Value {
  const value = new Value(graph, name);
  if (!graph._values.has(name)) graph._values.set(name, value);
  return value;
}

function lookUp(graph: Graph, name: string): Value {
  for (let scope: Graph | undefined = graph; scope !== undefined; scope = scope._outer) {
    const value = scope._values.get(name);
    if (value !== undefined) return value;
  }
  return define(graph, name);
}
