import type { Value } from '../../model/value.js';
import { DataType } from '../../tensor/dtype.js';
import { declaredElement } from './element-types.js';
import { IMPOSSIBLE, type LabelProblem, type Site } from './label-problem.js';
import type { RepairCosts } from './repair-costs.js';
import type { TypeFlow } from './type-flow.js';
import type { TypeGraph } from './type-graph.js';
import type { TypeVariable } from './type-variable.js';

/** The part of a model that a repair may touch, as a labelling problem. */
export interface RepairProblem extends LabelProblem {
  readonly variables: readonly TypeVariable[];
  /** Values of the sites, in their order. */
  readonly values: readonly Value[];
}

/** Types to fall back on for what has none of the types around it. */
const USUAL = [DataType.FLOAT, DataType.INT64, DataType.BOOL, DataType.INT32, DataType.FLOAT16];

/** The problem of all variables that hang together with a conflict, through values that are no constants. */
export function repairProblem(types: TypeGraph, flow: TypeFlow, costs: RepairCosts): RepairProblem {
  const variables = connected(types, flow);
  const indices = new Map(variables.map((variable, index) => [variable, index]));
  const labels = labelsOf(variables, types, flow);
  const choices = variables.map((variable) => choicesOf(variable, labels, flow));
  const values: Value[] = [];
  const sites: Site[] = [];
  for (const [value, reads] of types.readsOf) {
    const source = types.constants.get(value);
    const root = source === undefined ? types.variableOf.get(value)?.root : undefined;
    const producer = root && indices.get(root);
    if (source === undefined && producer === undefined) continue;
    const readers = new Set<number>();
    let convertible = true;
    for (const { variable, isTensor } of reads) {
      const reader = indices.get(variable.root);
      if (reader === undefined || reader === producer) continue;
      readers.add(reader);
      convertible &&= isTensor;
    }
    if (readers.size === 0) continue;
    const cost = (from: number, to: number) => {
      if (!convertible) return IMPOSSIBLE;
      return source === undefined ? costs.cast(value, from, to) : costs.constant(source, to);
    };
    values.push(value);
    sites.push({ producer, type: source?.dtype, readers: [...readers], cost });
  }
  const unary = (variable: number, type: number) => costs.variable(variables[variable] as TypeVariable, type);
  return { variables, values, sites, choices, unary };
}

function connected(types: TypeGraph, { conflicts }: TypeFlow): TypeVariable[] {
  const found = new Set(conflicts.map(({ variable }) => variable.root));
  for (const variable of found) {
    for (const { value } of variable.reads) {
      const maker = types.constants.has(value) ? undefined : types.variableOf.get(value)?.root;
      if (maker !== undefined) found.add(maker);
      // Readers of one constant share its copies.
      for (const read of types.readsOf.get(value) ?? []) found.add(read.variable.root);
    }
    for (const value of variable.values) {
      for (const read of types.readsOf.get(value) ?? []) found.add(read.variable.root);
    }
  }
  return [...found];
}

/** Every type that is met somewhere in the part. */
function labelsOf(variables: readonly TypeVariable[], types: TypeGraph, flow: TypeFlow): number[] {
  // What 16 bits cannot do is done in 32.
  const labels = new Set<number>([DataType.FLOAT]);
  const add = (type: number | undefined) => {
    if (type !== undefined) labels.add(type);
  };
  for (const variable of variables) {
    add(flow.typeOf(variable));
    if (variable.domain?.size === 1) add([...variable.domain][0]);
    for (const { value } of variable.reads) add(types.constants.get(value)?.dtype);
    for (const { declared } of variable.values) add(declaredElement(declared));
  }
  return [...labels];
}

function choicesOf(variable: TypeVariable, labels: readonly number[], flow: TypeFlow): number[] {
  const { setting } = variable;
  const fixed = setting?.isFree === false ? setting.current : variable.isFixed ? flow.typeOf(variable) : undefined;
  if (fixed !== undefined) return [fixed];
  // What inherits its type is run in float by onnxruntime itself.
  const inherits = setting !== undefined && setting.current === undefined;
  const fits = (type: number) => variable.allows(type) && (inherits || !variable.unsupported.has(type));
  const found = labels.filter(fits);
  if (found.length > 0) return found;
  return [USUAL.find(fits) ?? [...(variable.domain ?? [])].find(fits) ?? DataType.FLOAT];
}
