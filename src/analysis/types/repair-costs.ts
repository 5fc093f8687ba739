/**
 * What a repair of types costs, in thousandths of a Cast node: first of all there are to be few casts; then what the
 * exporter said counts, then how few numbers are touched.
 */
import type { Value } from '../../model/value.js';
import { DataType, isFloat } from '../../tensor/dtype.js';
import type { ConstantSource } from './constant-source.js';
import { declaredElement, isCastable, isRealFloat, widthRank } from './element-types.js';
import { IMPOSSIBLE } from './label-problem.js';
import { type LostNumbers, lostNumbers } from './lost-numbers.js';
import type { TypeFlow } from './type-flow.js';
import type { TypeGraph } from './type-graph.js';
import type { TypeVariable } from './type-variable.js';

const COST = {
  /** A Cast node, without what depends on its place. */
  cast: 1000,
  /** A cast that makes integers of fractions. */
  truncation: 6000,
  /** A Cast, dtype .. set to another type: one that converts nothing, or integers to floats. */
  setting: 20,
  /** A Cast set otherwise that narrows a float where the type was chosen, not inherited. */
  chosenNarrow: 300,
  /** The same where it widens: somebody wanted the precision. */
  chosenWide: 600,
  /** Another type than the one a node has for certain. */
  change: 5,
  /** The same for what loses precision quickly. */
  sensitive: 3000,
  /** Another type than value_info says. */
  declared: 3,
  /** A type that the CPU does not run. */
  avoided: 9000,
  /** A constant stored in another type. */
  number: 10,
  vector: 50,
  weight: 400,
  /** A weight that takes twice the bytes: more than a Cast, as it was narrowed on purpose. */
  widenedWeight: 1100,
  /** A number of the constant that becomes zero. */
  vanishing: 1500,
  /** A number of the constant that becomes infinite and fills no mask. */
  overflow: 4000,
} as const;

/** Operators that lose precision quickly in 16 bits: sums of many terms, powers, and functions of large arguments. */
const SENSITIVE = new Set(
  (
    'Pow Exp Log Sin Cos Tan Softmax LogSoftmax ReduceSum ReduceMean ReduceProd ReduceL1 ReduceL2 ReduceSumSquare ' +
    'ReduceLogSum ReduceLogSumExp CumSum CumProd LayerNormalization InstanceNormalization GroupNormalization ' +
    'BatchNormalization RMSNormalization MeanVarianceNormalization LpNormalization Range STFT DFT'
  ).split(' '),
);

/** Prices of the changes that repair a model's types. */
export class RepairCosts {
  readonly #types: TypeGraph;
  readonly #flow: TypeFlow;
  readonly #lost = new Map<string, LostNumbers>();

  constructor(types: TypeGraph, flow: TypeFlow) {
    this.#types = types;
    this.#flow = flow;
  }

  /** What it costs that a variable has a type. */
  variable(variable: TypeVariable, type: number): number {
    const { setting, node } = variable;
    const certain = this.#flow.typeOf(variable);
    let cost = variable.avoided.has(type) ? COST.avoided : 0;
    for (const { declared } of variable.values) {
      const element = declaredElement(declared);
      if (element !== undefined && element !== type) cost += COST.declared;
    }
    if (setting !== undefined) return cost + this.#setting(variable, type);
    if (certain === undefined || certain === type) return cost;
    cost += COST.change;
    if (isFloat(certain) && !isFloat(type)) cost += COST.truncation;
    const isExact = certain === DataType.FLOAT && widthRank(type) < widthRank(certain);
    return isExact && node?.domain === '' && SENSITIVE.has(node.opType) ? cost + COST.sensitive : cost;
  }

  #setting({ setting }: TypeVariable, type: number): number {
    if (setting === undefined) return 0;
    const { node, current, form } = setting;
    const [input] = node.inputs;
    const source = input && this.#flow.valueType(input);
    if (current === undefined) return source === undefined || source === type ? 0 : COST.setting;
    if (current === type) return 0;
    if (form === 'tensor' || node.opType !== 'Cast') return COST.setting;
    if (isFloat(current) !== isFloat(type)) {
      // A number that was whole, or a truth, is the same in every type.
      const wasWhole = source !== undefined && !isFloat(source);
      return wasWhole ? 2 * COST.setting : COST.truncation;
    }
    if (source === undefined || !isRealFloat(source) || source === current) return COST.setting;
    return widthRank(current) > widthRank(source) ? COST.chosenWide : COST.chosenNarrow;
  }

  /** What a Cast of a value costs. */
  cast(value: Value, from: number, to: number): number {
    if (!isCastable(from, to)) return IMPOSSIBLE;
    const truncates = isFloat(from) && !isFloat(to) && to !== DataType.BOOL;
    const narrows = widthRank(to) < widthRank(from) ? 1 : 0;
    return COST.cast + sizeClass(value) + narrows + (truncates ? COST.truncation : 0);
  }

  /** What it costs to store a constant in another type. */
  constant(source: ConstantSource, to: number): number {
    if (!isCastable(source.dtype, to)) return IMPOSSIBLE;
    const lost = this.lost(source, to);
    if (lost.fractions) return IMPOSSIBLE;
    return (
      storageCost(source, to) + (lost.vanishing > 0 ? COST.vanishing : 0) + (lost.overflow > 0 ? COST.overflow : 0)
    );
  }

  /** Numbers of a constant that another type cannot hold. */
  lost(source: ConstantSource, to: number): LostNumbers {
    const key = `${source.value.name}\0${to}`;
    const known = this.#lost.get(key);
    if (known !== undefined) return known;
    const found = lostNumbers(this.#types, source, to);
    this.#lost.set(key, found);
    return found;
  }
}

/** A list of numbers is no weight, however long: a bias, a table of frequencies. */
function storageCost({ dtype, count, isList }: ConstantSource, to: number): number {
  if (count === 1) return COST.number;
  if (isList) return COST.vector;
  return isFloat(dtype) && widthRank(to) > widthRank(dtype) ? COST.widenedWeight : COST.weight;
}

/** A number from 0 to 9 that grows with the elements of a value: where nothing else counts, the narrowest edge is cut. */
function sizeClass({ declared }: Value): number {
  if (declared?.kind !== 'tensor' || declared.shape === undefined) return 5;
  let bits = 0;
  for (const dim of declared.shape) bits += Math.log2(Math.max(1, typeof dim === 'number' ? dim : 64));
  return Math.min(9, Math.round(bits / 2));
}
