/** Makes a model's types what a labelling says: settings, constants, casts and declarations. */
import type { ConstantSource } from '../analysis/types/constant-source.js';
import { declaredElement, withElement } from '../analysis/types/element-types.js';
import type { RepairCosts } from '../analysis/types/repair-costs.js';
import type { RepairProblem } from '../analysis/types/repair-problem.js';
import type { TypeGraph } from '../analysis/types/type-graph.js';
import type { Read, TypeVariable } from '../analysis/types/type-variable.js';
import type { Node } from '../model/node.js';
import type { Value } from '../model/value.js';
import { insertCast, nodeIn, redirect } from '../rewrite/types/insert-cast.js';
import { convertConstant, copyConstant, retypeConstant } from '../rewrite/types/retype-constant.js';
import { DataType, dataTypeName } from '../tensor/dtype.js';
import type { Edit, Finding } from './pass.js';
import { nodeName } from './report-text.js';

/** What {@link retype} did. */
export interface Retyped {
  readonly edits: Edit[];
  /** Numbers that the new type cannot hold. */
  readonly findings: Finding[];
}

/** Edits the model so that every variable of the problem has its type. */
export async function retype(
  types: TypeGraph,
  problem: RepairProblem,
  labels: readonly number[],
  costs: RepairCosts,
): Promise<Retyped> {
  const edits: Edit[] = [];
  const findings: Finding[] = [];
  const typeOf = new Map(problem.variables.map((variable, i) => [variable, labels[i] as number]));
  const wanted = (read: Read) => typeOf.get(read.variable.root);
  for (const variable of problem.variables) {
    const edit = await applySetting(variable, typeOf, types);
    if (edit !== undefined) edits.push(edit);
  }
  for (const value of problem.values) {
    const source = types.constants.get(value);
    const reads = types.readsOf.get(value) ?? [];
    const from = source?.dtype ?? typeOf.get((types.variableOf.get(value) as TypeVariable).root);
    const groups = new Map<number, Read[]>();
    for (const read of reads) {
      const to = wanted(read) ?? from;
      if (to === undefined) continue;
      groups.set(to, [...(groups.get(to) ?? []), read]);
    }
    let isKept = from !== undefined && groups.has(from);
    for (const [to, group] of groups) {
      if (to === from) continue;
      if (source === undefined) edits.push(castFor(value, from as number, to, group, typeOf, types));
      else {
        edits.push(await constantFor(source, to, group, isKept));
        findings.push(...lostFindings(source, to, costs));
        isKept = true;
      }
    }
  }
  for (const variable of problem.variables) edits.push(...declare(variable, typeOf.get(variable) as number, types));
  return { edits, findings };
}

/** Sets an attribute to the type that its output is to have. */
async function applySetting(
  variable: TypeVariable,
  typeOf: ReadonlyMap<TypeVariable, number>,
  types: TypeGraph,
): Promise<Edit | undefined> {
  const { setting } = variable;
  const to = typeOf.get(variable) as number;
  if (setting === undefined) return undefined;
  const { node, attribute, form } = setting;
  let { current } = setting;
  if (current === undefined) {
    const [input] = node.inputs;
    const maker = input && types.variableOf.get(input)?.root;
    current = (input && types.constants.get(input)?.dtype) ?? (maker && typeOf.get(maker));
  }
  if (current === to) return undefined;
  if (form === 'int') node.attributes.set(attribute, { int: to });
  else {
    const tensor = await node.attributes.get(attribute)?.asTensor()?.load();
    const zero = { dtype: DataType.FLOAT, shape: [1], data: Float32Array.of(0) };
    node.attributes.set(attribute, { tensor: convertConstant(tensor ?? zero, to) });
  }
  const before = current === undefined ? 'as its input' : dataTypeName(current);
  return { what: `${attribute} of ${node.opType}`, where: nodeName(node), before, after: dataTypeName(to) };
}

function castFor(
  value: Value,
  from: number,
  to: number,
  group: readonly Read[],
  typeOf: ReadonlyMap<TypeVariable, number>,
  types: TypeGraph,
): Edit {
  const readers = group.map(({ by }) => by);
  const where = readers.map((by) => (by.kind === 'node' ? nodeName(by.node) : `output ${value.name}`));
  const before = dataTypeName(from);
  const known = existingCast(value, to, group, typeOf, types);
  const text = { where: `${value.name}, read by ${[...new Set(where)].join(', ')}`, before };
  if (known !== undefined) {
    for (const reader of readers) redirect(value, known, reader);
    return { what: 'existing Cast', ...text, after: `${dataTypeName(to)}, from ${known.name}` };
  }
  insertCast(value, to, readers);
  return { what: 'Cast', ...text, after: dataTypeName(to) };
}

/** A Cast of the value to that type that the model has already, before all who need it. */
function existingCast(
  value: Value,
  to: number,
  group: readonly Read[],
  typeOf: ReadonlyMap<TypeVariable, number>,
  types: TypeGraph,
): Value | undefined {
  if (group.some(({ by }) => by.kind === 'output')) return undefined;
  const readers = new Set(group.flatMap(({ by }) => nodeIn(value.graph, by) ?? []));
  const { nodes } = value.graph;
  const first = nodes.findIndex((node) => readers.has(node));
  const makes = (node: Node) => {
    const [output] = node.outputs;
    const variable = output && types.variableOf.get(output)?.root;
    if (node.opType !== 'Cast' || node.domain !== '' || variable === undefined) return false;
    return node.graph === value.graph && (typeOf.get(variable) ?? variable.setting?.current) === to;
  };
  const cast = value.uses.find(({ node }) => makes(node) && nodes.indexOf(node) < first)?.node;
  return cast?.outputs[0];
}

async function constantFor(source: ConstantSource, to: number, group: readonly Read[], isKept: boolean): Promise<Edit> {
  const { value, dtype } = source;
  const isAdded = group.some(({ by }) => by.kind === 'node' && by.node.opType !== 'Where');
  const text = { where: value.name, before: dataTypeName(dtype), after: dataTypeName(to) };
  if (!isKept) {
    await retypeConstant(value, to, isAdded);
    return { what: 'constant', ...text };
  }
  const copy = await copyConstant(value, to, isAdded);
  for (const { by } of group) redirect(value, copy, by);
  return { what: 'copy of constant', ...text, after: `${dataTypeName(to)}: ${copy.name}` };
}

function lostFindings(source: ConstantSource, to: number, costs: RepairCosts): Finding[] {
  const { fills, overflow, vanishing } = costs.lost(source, to);
  const { name } = source.value;
  const type = dataTypeName(to);
  const found: Finding[] = [];
  if (fills > 0) {
    found.push({
      code: 'clamped-mask-fill',
      message: `${name}: its mask fill is beyond ${type} and was clamped`,
      value: name,
    });
  }
  if (overflow > 0) {
    const message = `${name}: ${overflow} of its numbers are beyond ${type} and became its largest`;
    found.push({ code: 'constant-overflow', message, value: name });
  }
  if (vanishing > 0) {
    const message = `${name}: ${vanishing} of its numbers are too small for ${type} and became its smallest`;
    found.push({ code: 'constant-underflow', message, value: name });
  }
  return found;
}

/** Corrects what the file says of values that now have another type. */
function declare(variable: TypeVariable, to: number, types: TypeGraph): Edit[] {
  const edits: Edit[] = [];
  for (const value of variable.values) {
    const { graph } = value;
    // Optimisers append to value_info what they infer, and leave what stood there: all of it has to be right.
    const declared = value.declarations.find((type) => {
      const element = declaredElement(type);
      return element !== undefined && element !== to;
    });
    const before = declaredElement(declared);
    if (declared === undefined || before === undefined || types.constants.has(value)) continue;
    const isOutput = value.isGraphOutput && graph === types.model.graph;
    if (isOutput) continue;
    graph.setValueInfo(value, withElement(declared, to));
    edits.push({ what: 'declared type', where: value.name, before: dataTypeName(before), after: dataTypeName(to) });
  }
  return edits;
}
