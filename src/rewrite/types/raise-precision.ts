import { declaredElement, withElement } from '../../analysis/types/element-types.js';
import { settingOf } from '../../analysis/types/type-setting.js';
import type { Graph } from '../../model/graph.js';
import type { Model } from '../../model/model.js';
import type { Node } from '../../model/node.js';
import type { Tensor } from '../../model/tensor.js';
import { castTensor } from '../../ops/lib/convert.js';
import { DataType } from '../../tensor/dtype.js';

/**
 * Turns every 16-bit float of a model into float: weights, casts, declarations, inputs and outputs. What it computes is what
 * the model would without rounding to 16 bits in between.
 */
export async function raisePrecision(model: Model): Promise<void> {
  for (const graph of model.graphs()) {
    for (const value of graph.initializers) {
      const tensor = value.initializer;
      if (tensor !== undefined && isSmall(tensor.dataType)) graph.setInitializer(value, await raised(tensor));
    }
    for (const node of graph.nodes) await raiseNode(node);
    raiseDeclarations(graph);
  }
}

async function raiseNode(node: Node): Promise<void> {
  const setting = settingOf(node);
  if (setting?.form === 'int' && setting.isFree && isSmall(setting.current)) {
    node.attributes.set(setting.attribute, { int: DataType.FLOAT });
  }
  for (const attribute of [...node.attributes]) {
    const tensor = attribute.asTensor();
    if (tensor !== undefined && isSmall(tensor.dataType)) {
      node.attributes.set(attribute.name, { tensor: await raised(tensor) });
    }
  }
}

function raiseDeclarations(graph: Graph): void {
  const values = [...graph.inputs, ...graph.outputs, ...graph.nodes.flatMap(({ outputs }) => outputs)];
  for (const value of new Set(values)) {
    const { declared } = value ?? {};
    if (value === undefined || declared === undefined || value.graph !== graph) continue;
    if (isSmall(declaredElement(declared))) graph.setValueInfo(value, withElement(declared, DataType.FLOAT));
  }
}

async function raised(tensor: Tensor) {
  return castTensor(await tensor.load(), DataType.FLOAT);
}

function isSmall(dtype: number | undefined): boolean {
  return dtype === DataType.FLOAT16 || dtype === DataType.BFLOAT16;
}
