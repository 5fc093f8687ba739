/**
 * Element types as onnxruntime works them out, from the inputs on, and where they contradict each other. A constant that is
 * a mere number does not decide a type; where operands that do disagree, the type of what follows is left open.
 */
import type { LocalFunction } from '../../model/local-function.js';
import type { Value } from '../../model/value.js';
import { declaredElement } from './element-types.js';
import type { TypeGraph } from './type-graph.js';
import type { Read, TypeVariable } from './type-variable.js';

/** A contradiction that keeps a runtime from loading the model. */
export interface TypeConflict {
  readonly variable: TypeVariable;
  /**
   * `mixed`: values of several types are read as one; `not-allowed`: of a type that the operator does not take;
   * `no-kernel`: that onnxruntime cannot compute with; `declared`: the file declares another type than is made.
   */
  readonly kind: 'mixed' | 'not-allowed' | 'no-kernel' | 'declared';
  /** The types that meet. */
  readonly types: readonly number[];
  /** The value that is declared. */
  readonly value?: Value;
}

/** What {@link typeFlow} finds. */
export interface TypeFlow {
  /** The type of a variable as the model stands; undefined where it is open. */
  typeOf(variable: TypeVariable): number | undefined;
  valueType(value: Value): number | undefined;
  readonly conflicts: readonly TypeConflict[];
  /** Functions that are called with different types. */
  readonly polymorphic: ReadonlySet<LocalFunction>;
}

/** Operators whose second and later operands are learned, however few numbers they are. */
const WEIGHTED = /^(Conv|ConvTranspose|MatMul|Gemm|Einsum|LSTM|GRU|RNN|PRelu|.*Normalization)$/;

/** More numbers than this are a table. */
const MOST_NUMBERS = 4096;

/** Is it a constant that takes the type of what it meets, and not a weight? */
export function isLight(types: TypeGraph, { value, by }: Read): boolean {
  const source = types.constants.get(value);
  if (source === undefined) return false;
  if (source.count === 1) return true;
  const weighted = by.kind === 'node' && WEIGHTED.test(by.node.opType);
  return !weighted && source.count <= MOST_NUMBERS;
}

/** Follows the element types through a model. */
export function typeFlow(types: TypeGraph): TypeFlow {
  const decided = new Map<TypeVariable, number | undefined>();
  const valueType = (value: Value): number | undefined => {
    const variable = types.variableOf.get(value)?.root;
    return types.constants.get(value)?.dtype ?? (variable && decided.get(variable));
  };
  const isKnown = (value: Value) => {
    const variable = types.variableOf.get(value)?.root;
    return types.constants.has(value) || (variable !== undefined && decided.has(variable));
  };
  for (const { variables } of types.steps) {
    for (const variable of new Set(variables.map(({ root }) => root))) {
      if (!decided.has(variable)) decided.set(variable, decide(types, variable, valueType, isKnown));
    }
  }
  const typeOf = (variable: TypeVariable) => decided.get(variable.root);
  const conflicts: TypeConflict[] = [];
  const polymorphic = new Set<LocalFunction>();
  for (const variable of types.variables) {
    const found = conflictsOf(types, variable, typeOf(variable), valueType);
    conflicts.push(...found);
    if (found.length === 0) continue;
    for (const [input, fn] of types.functionInputs) if (input.root === variable) polymorphic.add(fn);
  }
  // A model for another device is healthy; one that has to be repaired is to run here.
  if (conflicts.length > 0 || types.options.io !== undefined) {
    for (const variable of types.variables) {
      const type = typeOf(variable);
      if (type !== undefined && variable.avoided.has(type))
        conflicts.push({ variable, kind: 'no-kernel', types: [type] });
    }
  }
  return { typeOf, valueType, conflicts, polymorphic };
}

function decide(
  types: TypeGraph,
  variable: TypeVariable,
  valueType: (value: Value) => number | undefined,
  isKnown: (value: Value) => boolean,
): number | undefined {
  const { setting, domain } = variable;
  const reads = variable.reads.filter(({ value }) => isKnown(value));
  if (setting?.current !== undefined) return setting.current;
  if (setting !== undefined) {
    const [first] = setting.node.inputs;
    return first && valueType(first);
  }
  if (domain?.size === 1) return [...domain][0];
  const firm = reads.filter((read) => !isLight(types, read));
  const found = new Set((firm.length > 0 ? firm : reads).map(({ value }) => valueType(value)));
  const [type] = found;
  if (found.size > 1) return undefined;
  if (found.size === 1) return type !== undefined && variable.allows(type) ? type : undefined;
  return variable.values.map(({ declared }) => declaredElement(declared)).find((declared) => declared !== undefined);
}

function conflictsOf(
  types: TypeGraph,
  variable: TypeVariable,
  type: number | undefined,
  valueType: (value: Value) => number | undefined,
): TypeConflict[] {
  const found: TypeConflict[] = [];
  const met = new Set<number>();
  for (const { value } of variable.reads) {
    const read = valueType(value);
    if (read !== undefined) met.add(read);
  }
  const foreign = [...met].filter((dtype) => !variable.allows(dtype));
  if (foreign.length > 0) found.push({ variable, kind: 'not-allowed', types: foreign });
  else if (met.size > 1) found.push({ variable, kind: 'mixed', types: [...met] });
  const made = variable.setting === undefined ? (type ?? [...met][0]) : type;
  if (made === undefined) return found;
  if (variable.setting !== undefined && !variable.allows(made) && !variable.unsupported.has(made)) {
    found.push({ variable, kind: 'not-allowed', types: [made] });
  }
  // Without the attribute the type is inherited, and onnxruntime computes in float by itself.
  const isGiven = variable.setting === undefined || variable.setting.current !== undefined;
  if (isGiven && variable.unsupported.has(made) && variable.reads.length + variable.values.length > 0) {
    found.push({ variable, kind: 'no-kernel', types: [made] });
  }
  for (const value of variable.values) {
    const isInterface = value.isGraphInput && value.graph === types.model.graph;
    if (types.constants.has(value) || isInterface || type === undefined) continue;
    const elements = value.declarations.map(declaredElement);
    const declared = elements.find((element) => element !== undefined && element !== made);
    if (declared === undefined) continue;
    // What a graph output declares is read as such already.
    if (value.isGraphOutput && value.graph === types.model.graph) continue;
    found.push({ variable, kind: 'declared', types: [made, declared], value });
  }
  return found;
}
