import type { Node } from '../../model/node.js';
import { type Formal, formalAt, type OpSchema } from '../../ops/schema.js';
import { DataType } from '../../tensor/dtype.js';
import { connectControl } from './control-parameters.js';
import { declaredElement, elementOf } from './element-types.js';
import type { TypeGraph } from './type-graph.js';
import { settingOf } from './type-setting.js';
import { TypeVariable } from './type-variable.js';

/** Makes the variables of a node that is no call of a function, and says what it reads and makes. */
export function connectNode(types: TypeGraph, node: Node): void {
  if (node.domain === '' && node.opType === 'Constant') {
    connectConstant(types, node);
    return;
  }
  if (connectControl(types, node)) return;
  for (const graph of node.subgraphs) types.buildForeign(graph);
  const { domain, opType } = node;
  const schema = types.options.schemas.find(domain, opType, node.graph.opset(domain) ?? 0);
  if (schema === undefined) connectUnknown(types, node);
  else connectBySchema(types, node, schema);
}

/** Constants of the file are no variables; others (sparse, a function's argument) keep the type they have. */
function connectConstant(types: TypeGraph, node: Node): void {
  const [value] = node.outputs;
  const variable = new TypeVariable(undefined, 'output', node);
  variable.isFixed = true;
  types.define(value, variable);
  types.step(node, [variable]);
}

/** Of a custom operator only what the file declares is known. */
function connectUnknown(types: TypeGraph, node: Node): void {
  node.inputs.forEach((value, index) => {
    const variable = new TypeVariable(undefined, `input ${index}`, node);
    variable.isFixed = true;
    types.read(value, variable, { kind: 'node', node, index });
    types.step(node, [variable]);
  });
  for (const value of node.outputs) {
    const declared = declaredElement(value?.declared);
    const variable = new TypeVariable(declared === undefined ? undefined : new Set([declared]), 'output', node);
    types.define(value, variable);
    types.step(node, [variable]);
  }
}

function connectBySchema(types: TypeGraph, node: Node, schema: OpSchema): void {
  const parameters = new Parameters(types, node, schema);
  node.inputs.forEach((value, index) => {
    const formal = formalAt(schema.inputs, index);
    const variable = parameters.of(formal, `input ${index}`);
    types.read(value, variable, { kind: 'node', node, index }, !isContainer(schema, formal));
  });
  node.outputs.forEach((value, index) => {
    if (value === undefined) return;
    const formal = formalAt(schema.outputs, index);
    const variable = parameters.of(formal, `output ${index}`);
    if (index === 0) decideOutput(variable, parameters, node, schema);
    types.define(value, variable);
  });
  tieTogether(parameters, node, schema, types);
  types.step(node, parameters.all);
}

/** The variables of one node by the names of its type parameters. */
class Parameters {
  readonly all: TypeVariable[] = [];
  readonly #byName = new Map<string, TypeVariable>();
  readonly #types: TypeGraph;
  readonly #node: Node;
  readonly #schema: OpSchema;

  constructor(types: TypeGraph, node: Node, schema: OpSchema) {
    this.#types = types;
    this.#node = node;
    this.#schema = schema;
  }

  get(name: string): TypeVariable | undefined {
    return this.#byName.get(name);
  }

  of(formal: Formal | undefined, otherwise: string): TypeVariable {
    const name = formal?.isHomogeneous ? formal.type : undefined;
    const known = name === undefined ? undefined : this.#byName.get(name);
    if (known !== undefined) return known;
    const variable = new TypeVariable(this.#domain(formal), name ?? otherwise, this.#node);
    this.all.push(variable);
    if (name !== undefined) this.#byName.set(name, variable);
    if (formal !== undefined && this.#schema.domain === '') this.#restrict(variable, formal.type);
    return variable;
  }

  #domain(formal: Formal | undefined): Set<number> | undefined {
    if (formal === undefined) return undefined;
    const texts = this.#schema.constraints.get(formal.type) ?? [formal.type];
    const elements = texts.map(elementOf);
    return elements.includes(undefined) ? undefined : new Set(elements as number[]);
  }

  /** What the CPU lacks: of float16 that is a defect, as the model is meant to run there; bfloat16 is made for others. */
  #restrict(variable: TypeVariable, parameter: string): void {
    const { name, since } = this.#schema;
    for (const dtype of this.#types.options.kernels.missing(name, since, parameter)) {
      if (dtype !== DataType.FLOAT16) variable.avoided.add(dtype);
      else variable.unsupported.add(dtype);
    }
  }
}

function decideOutput(variable: TypeVariable, parameters: Parameters, node: Node, { inputs }: OpSchema): void {
  const setting = settingOf(node);
  if (setting !== undefined) variable.setting = setting;
  else if (node.opType === 'QuantizeLinear' && node.inputs[2] === undefined) {
    const given = Number(node.attributes.get('output_dtype')?.asInt() ?? 0);
    variable.domain = new Set([given || DataType.UINT8]);
  } else if (node.opType === 'DequantizeLinear') {
    const scale = parameters.get(inputs[1]?.type ?? '');
    if (scale !== undefined) variable.unify(scale);
  }
}

/** Parameters that the schema lets differ and that have to be one type all the same. */
function tieTogether(parameters: Parameters, node: Node, schema: OpSchema, types: TypeGraph): void {
  const names: string[] = node.domain === '' ? [...types.options.kernels.together(schema.name, schema.since)] : [];
  // A sequence or an optional holds what goes in and comes out of it.
  if ([...schema.inputs, ...schema.outputs].some((formal) => isContainer(schema, formal))) {
    for (const [name, texts] of schema.constraints) if (texts.length > 2) names.push(name);
  }
  if (isFusedNormalization(node)) names.push(...schema.constraints.keys());
  const [first, ...others] = names.flatMap((name) => parameters.get(name) ?? []);
  for (const other of others) first?.unify(other);
  // Statistics of a normalisation are kept in the type that it computes in.
  const statistics = schema.outputs[1]?.type === 'U' ? parameters.get('U') : undefined;
  if (statistics !== undefined && schema.attributes.has('stash_type')) {
    statistics.domain = new Set([Number(node.attributes.get('stash_type')?.asInt() ?? DataType.FLOAT)]);
  }
}

/** Operators that onnxruntime looks through to fuse MatMul and BatchNormalization. */
const LOOKED_THROUGH = new Set(['Reshape', 'Transpose', 'Squeeze', 'Unsqueeze']);

/** onnxruntime fuses a BatchNormalization with the MatMul before it, and fails unless all of it is one type. */
function isFusedNormalization({ domain, opType, inputs }: Node): boolean {
  if (domain !== '' || opType !== 'BatchNormalization') return false;
  let before = inputs[0]?.producer;
  while (before !== undefined && LOOKED_THROUGH.has(before.opType)) before = before.inputs[0]?.producer;
  return before?.opType === 'MatMul';
}

function isContainer({ constraints }: OpSchema, formal: Formal | undefined): boolean {
  if (formal === undefined) return false;
  const texts = constraints.get(formal.type) ?? [formal.type];
  return texts.every((text) => text.startsWith('seq(') || text.startsWith('optional('));
}
