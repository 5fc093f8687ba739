import type { Graph } from '../../model/graph.js';
import type { Node } from '../../model/node.js';
import type { Value } from '../../model/value.js';
import type { DenseTensor } from '../../tensor/dense.js';
import { isFloat } from '../../tensor/dtype.js';
import { Constants } from '../constants.js';
import type { Inference } from '../infer.js';
import { type Access, Accesses } from './accesses.js';
import { sameTensor } from './anti-unify.js';
import { Fingerprints } from './fingerprints.js';
import { type Join, joinsOf } from './joins.js';
import { isFree, isWhole } from './regions.js';
import { writtenItem } from './written-rows.js';

/** Constants that people write have few digits; those computed from data have as many as their type holds. */
const MOST_WRITTEN_DIGITS = 5;

/** A loop over items whose copies centre and scale their items by constants: `(x[i] - mean_i) / deviation_i`. */
export interface FrozenStatistic {
  /** The last node of the loop: its output is all items, normalised. */
  readonly node: Node;
  /** All items, as they were: `[items, ..]`. */
  readonly source: Value;
  /** Number of copies in the file. */
  readonly count: number;
  /** Axes of the source that the statistics have no size along. */
  readonly axes: readonly number[];
  /** The first copy's constants; undefined where nothing is subtracted (0), or the item not scaled (1). */
  readonly mean: Statistic | undefined;
  readonly deviation: Statistic | undefined;
}

/** A constant that one copy applies to its item. */
export interface Statistic {
  readonly value: Value;
  readonly tensor: DenseTensor;
}

/** What one copy does to its item. */
interface Normalised {
  readonly access: Access;
  readonly axes: readonly number[];
  readonly mean: Statistic | undefined;
  readonly deviation: Statistic | undefined;
}

/**
 * Loops over the items of an axis of free size in which every item is normalised by numbers of its own. Such numbers belong
 * to the items of the example: there cannot be any for others. They have to look computed: nobody writes
 * 0.48512345. A single copy has to be written back in place, too, by numbers that are no parameter of the model.
 */
export function* frozenStatistics(graph: Graph, inference: Inference): Generator<FrozenStatistic> {
  const accesses = new Accesses(inference);
  for (const join of loopJoins(graph, inference, accesses)) {
    const copies = join.values.map((value) => normalisedOf(value, inference, accesses));
    const [first] = copies;
    if (join.axis !== 0 || first === undefined || !copies.every((copy) => copy !== undefined)) continue;
    const { access, axes, mean, deviation } = first;
    const { source } = access;
    const isLoop = copies.every((copy, i) => {
      return copy.access.source === source && copy.access.index === i && `${copy.axes}` === `${axes}`;
    });
    const size = inference.shape(source)?.[0];
    if (!isLoop || size === undefined || !isFree(size) || !isWhole(access, copies.length, inference, accesses))
      continue;
    if (!copies.every(looksComputed) || !(copies.length === 1 ? isWrittenDown(first) : areOwn(copies))) continue;
    yield { node: join.node, source, count: copies.length, axes, mean, deviation };
  }
}

/** Cheaper than to look for such loops: is a constant subtracted from a part of something, or a part divided by one? */
export function mayNormalise(graph: Graph): boolean {
  const constants = new Constants();
  for (const { opType, domain, inputs } of graph.nodes) {
    const [item, constant] = inputs;
    if ((opType !== 'Sub' && opType !== 'Div') || domain !== '' || item === undefined || constant === undefined)
      continue;
    const from = item.producer?.opType ?? '';
    if (ROWS.has(from) && constants.isConstant(constant) && !constants.isConstant(item)) return true;
  }
  return false;
}

const ROWS: ReadonlySet<string> = new Set(['Gather', 'Slice', 'Split', 'Squeeze', 'SequenceAt', 'Identity', 'If']);

function* loopJoins(graph: Graph, inference: Inference, accesses: Accesses): Generator<Join> {
  yield* joinsOf(graph, inference, accesses, new Fingerprints(inference, accesses));
  for (const node of graph.nodes) {
    const [base, , update] = node.inputs;
    const isOnly = node.opType === 'ScatterND' && node.domain === '' && writtenItem(node, inference) === 0;
    if (!isOnly || base === undefined || update === undefined) continue;
    const rows = inference.shape(base)?.[0];
    const isFirst = node.outputs[0]?.uses.some((use) => use.node.opType === 'ScatterND') === true;
    if (rows !== undefined && isFree(rows) && !isFirst) yield { node, values: [update], axis: 0, stacked: false, base };
  }
}

/** Reads `(row - mean) / deviation`, either of which may be missing. */
function normalisedOf(value: Value, inference: Inference, accesses: Accesses): Normalised | undefined {
  let current = peel(value, inference, accesses);
  const apply = (opType: string): Statistic | undefined => {
    const node = current.producer;
    const [item, constant] = node?.inputs ?? [];
    if (node?.opType !== opType || node.domain !== '' || item === undefined || constant === undefined) return undefined;
    const tensor = inference.constants.dense(constant);
    if (tensor === undefined || !isFloat(tensor.dtype) || !sameSizes(current, item, inference)) return undefined;
    current = peel(item, inference, accesses);
    return { value: constant, tensor };
  };
  const divisor = apply('Div');
  const subtrahend = apply('Sub');
  const access = accesses.of(current);
  if (access === undefined || access.axis !== 0) return undefined;
  const source = beforeOtherRows(accesses.resolve(access.source), access.index, inference, accesses);
  const mean = subtrahend && isFilled(subtrahend.tensor, 0) ? undefined : subtrahend;
  const deviation = divisor && isFilled(divisor.tensor, 1) ? undefined : divisor;
  const [axes, others] = [mean, deviation].flatMap((found) => (found ? [reducedAxes(source, found, inference)] : []));
  if (axes === undefined || axes.length === 0 || (others !== undefined && `${others}` !== `${axes}`)) return undefined;
  return { access: { ...access, source }, axes, mean, deviation };
}

/** Row i of a tensor into which other rows were written is still that of the tensor before. */
function beforeOtherRows(source: Value, index: number, inference: Inference, accesses: Accesses): Value {
  let current = source;
  for (let node = current.producer; node?.opType === 'ScatterND' && node.domain === ''; node = current.producer) {
    const row = writtenItem(node, inference);
    const [data] = node.inputs;
    if (row === undefined || row === index || data === undefined) break;
    current = accesses.resolve(data);
  }
  return current;
}

const RESHAPING: ReadonlySet<string> = new Set(['Reshape', 'Expand', 'Unsqueeze', 'Squeeze']);

/** The value behind operators that add or drop axes of size 1. */
function peel(value: Value, inference: Inference, accesses: Accesses): Value {
  let current = accesses.resolve(value);
  for (;;) {
    const node = current.producer;
    const [input] = node?.inputs ?? [];
    if (node === undefined || node.domain !== '' || input === undefined || !RESHAPING.has(node.opType)) return current;
    if (accesses.of(current) !== undefined || !sameSizes(input, current, inference)) return current;
    current = accesses.resolve(input);
  }
}

/** The same sizes in the same order, but for those of 1? */
function sameSizes(a: Value, b: Value, inference: Inference): boolean {
  const [left, right] = [a, b].map((value) => inference.shape(value)?.filter((dim) => !dim?.equals(1)));
  if (left === undefined || right === undefined || left.length !== right.length) return false;
  return left.every((dim, i) => dim !== undefined && right[i]?.equals(dim) === true);
}

/** The axes of the items along which a constant has no size of its own; undefined when it does not fit them. */
function reducedAxes(source: Value, { tensor }: Statistic, inference: Inference): number[] | undefined {
  const shape = inference.shape(source);
  if (shape === undefined) return undefined;
  const offset = shape.length - tensor.shape.length;
  if (offset < 0 || (offset === 0 && tensor.shape[0] !== 1)) return undefined;
  const axes: number[] = [];
  for (let axis = 1; axis < shape.length; axis++) {
    const own = tensor.shape[axis - offset] ?? 1;
    if (own === 1) axes.push(axis);
    else if (!shape[axis]?.equals(own)) return undefined;
  }
  return axes;
}

function isFilled({ data }: DenseTensor, element: number): boolean {
  for (const number of data) if (Number(number) !== element) return false;
  return true;
}

/** Has every copy numbers of its own? */
function areOwn(copies: readonly Normalised[]): boolean {
  const differs = (a: Statistic | undefined, b: Statistic | undefined) =>
    a !== undefined && b !== undefined && !sameTensor(a.tensor, b.tensor);
  return copies.every((copy, i) => {
    return copies.slice(0, i).every((other) => {
      const sameKind = !copy.mean === !other.mean && !copy.deviation === !other.deviation;
      return sameKind && (differs(copy.mean, other.mean) || differs(copy.deviation, other.deviation));
    });
  });
}

/** Are the numbers those of data? */
function looksComputed({ mean, deviation }: Normalised): boolean {
  return [mean, deviation].every((statistic) => {
    const numbers = Array.from(statistic?.tensor.data ?? [], Number);
    return 2 * numbers.filter(hasFewDigits).length <= numbers.length;
  });
}

function hasFewDigits(number: number): boolean {
  return Math.fround(Number(number.toPrecision(MOST_WRITTEN_DIGITS))) === Math.fround(number);
}

/** Did the exporter write the numbers down as it went, several of them? What is stored for the model is an initializer. */
function isWrittenDown({ mean, deviation }: Normalised): boolean {
  return [mean, deviation].every((statistic) => {
    if (statistic === undefined) return true;
    const { value, tensor } = statistic;
    return tensor.data.length > 1 && value.initializer === undefined && value.producer?.opType === 'Constant';
  });
}
