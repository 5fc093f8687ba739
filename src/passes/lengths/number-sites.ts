/** Numbers that were computed from lengths of the example: counts to divide by, their reciprocals, last positions. */
import { type BatchSizes, batchAxisOf } from '../../analysis/batch-axis.js';
import { isInvariantAlong } from '../../analysis/explain/matrix.js';
import { explainRowValue } from '../../analysis/explain/row-value.js';
import type { TracedLengths } from '../../analysis/lengths.js';
import type { Node } from '../../model/node.js';
import type { Value } from '../../model/value.js';
import { stridesOf } from '../../ops/lib/shapes.js';
import { emitRowValue, type RowValue } from '../../rewrite/generators/row-value.js';
import { unsqueeze } from '../../rewrite/size.js';
import type { Dim } from '../../symbolic/dim.js';
import { type DenseTensor, elementCount } from '../../tensor/dense.js';
import { isFloat, isInteger } from '../../tensor/dtype.js';
import { replaceInput, withRank } from '../layout.js';
import type { Session } from '../repair-session.js';
import { nodeName, typeText } from '../report-text.js';
import { multipleOf, type Rows, rowsAt, splitRows } from './rows.js';
import type { LengthSite } from './site.js';

/** Counts along an axis of a size, one an item: what numbers are explained by. */
export interface KnownCounts {
  readonly size: Dim;
  readonly extent: number | undefined;
  readonly counts: readonly number[];
}

/**
 * Constants with a number for each item of the batch, and single numbers that sums over positions are divided by, that
 * follow from counts that masks hold.
 */
export function numberSites(session: Session, batch: BatchSizes, known: readonly KnownCounts[]): LengthSite[] {
  const { inference } = session.diagnosis;
  const sites: LengthSite[] = [];
  for (const { baked, tensor } of session.constants) {
    const axis = tensor && batchAxisOf(baked, tensor.shape, batch);
    if (tensor === undefined || axis === undefined || baked.axes.size > 1) continue;
    const times = multipleOf(baked.axes.get(axis)?.size, batch);
    const split = splitRows(rowNumbers(tensor, axis) ?? [], tensor.shape[axis] as number, times);
    if (split === undefined) continue;
    const { counts: numbers, ...layout } = split;
    const rows = { behind: tensor.shape.length - 1 - axis, ...layout };
    for (const reader of session.readersOf(baked)) {
      const site = siteOf({ value: baked.value, tensor, reader, rows, numbers }, known, session);
      if (site) sites.push(site);
    }
  }
  for (const reader of inference.model.graph.nodes) {
    const value = divisorOfSum(reader, session, known);
    const tensor = value && inference.constants.dense(value);
    const rows = rowsAt(reader, session, batch);
    if (value === undefined || tensor === undefined || rows?.times !== 1) continue;
    const site = siteOf({ value, tensor, reader, rows, numbers: [Number(tensor.data[0])] }, known, session);
    if (site) sites.push(site);
  }
  return sites;
}

/** Counts of all items along the axes of some sites. */
export function knownCounts(sites: readonly LengthSite[], { lengths }: TracedLengths): KnownCounts[] {
  return sites.map(({ size, extent, counts }) => ({
    size,
    extent,
    counts: counts.length === 1 ? lengths.map(() => counts[0] as number) : counts,
  }));
}

interface Place {
  readonly value: Value;
  readonly tensor: DenseTensor;
  readonly reader: Node;
  readonly rows: Rows;
  /** One an item. */
  readonly numbers: readonly number[];
}

function siteOf(place: Place, known: readonly KnownCounts[], session: Session): LengthSite | undefined {
  const { value, tensor, reader, rows, numbers } = place;
  if (!(isFloat(tensor.dtype) || isInteger(tensor.dtype))) return undefined;
  for (const { size, extent, counts } of known) {
    const items = numbers.length === 1 ? counts.slice(0, 1) : counts;
    const rule = items.length === numbers.length ? explainRowValue(numbers, items, tensor.dtype) : undefined;
    if (rule === undefined || numbers.every((number) => number === 0 || number === 1)) continue;
    const listed = numbers.length > 8 ? `${numbers.slice(0, 8).join(', ')} ..` : numbers.join(', ');
    const text = `${describeRule(rule)} of counts of ${size} positions`;
    return {
      finding: {
        code: 'baked-lengths',
        message: `${value.name}: ${listed}, ${text}`,
        node: nodeName(reader),
        value: value.name,
      },
      reader,
      size,
      extent,
      counts: items,
      released: value,
      refusal: (driver) =>
        driver.canCountExactly(size, reader)
          ? undefined
          : `counts of ${size} positions cannot be computed from lengths`,
      drive(driver) {
        const { emitter } = session;
        const counted = emitRowValue(rule, driver.exactCounts(size, reader), tensor.dtype, emitter, reader);
        const repeated = driver.live.repeat(counted, rows.times, rows.each, reader);
        const axes = Array.from({ length: rows.behind }, (_, i) => i + 1);
        const shaped = unsqueeze(emitter, repeated, axes, reader);
        const replacement = withRank(shaped, rows.behind + 1, tensor.shape.length, reader, session);
        replaceInput(reader, value, replacement);
        return {
          what: `${describeRule(rule)} of ${driver.describe(size)} positions`,
          where: `input of ${nodeName(reader)}`,
          before: `${value.name}: constant ${typeText(tensor)} (${listed})`,
          after: `${replacement.name}: computed from lengths`,
        };
      },
    };
  }
  return undefined;
}

function describeRule(rule: RowValue): string {
  if (rule.kind === 'reciprocal') return 'reciprocals';
  return rule.by === 0 ? 'numbers' : rule.by < 0 ? 'last positions' : 'numbers, plus 1,';
}

/** A number for each index of an axis, if all others have size 1. */
function rowNumbers(tensor: DenseTensor, axis: number): number[] | undefined {
  if (tensor.shape.some((size, i) => i !== axis && size > 1 && !isInvariantAlong(tensor, i))) return undefined;
  if (elementCount(tensor.shape) !== tensor.shape[axis]) return undefined;
  const step = stridesOf(tensor.shape)[axis] as number;
  return Array.from({ length: tensor.shape[axis] as number }, (_, row) => Number(tensor.data[row * step]));
}

/** Operators between a sum and its division. */
const BETWEEN = new Set(['Cast', 'Identity', 'Reshape', 'Squeeze', 'Transpose', 'Unsqueeze']);

/** A constant of one element that a sum over one of the axes is divided by (or multiplied with). */
function divisorOfSum(reader: Node, { diagnosis }: Session, known: readonly KnownCounts[]): Value | undefined {
  const { constants } = diagnosis.inference;
  if (reader.domain !== '' || (reader.opType !== 'Div' && reader.opType !== 'Mul')) return undefined;
  const [left, right] = reader.inputs;
  if (!left || !right) return undefined;
  const [sum, value] = constants.isConstant(right) || reader.opType === 'Div' ? [left, right] : [right, left];
  if (!constants.isConstant(value) || constants.isConstant(sum)) return undefined;
  const shape = diagnosis.inference.shape(value);
  if (shape === undefined || !shape.every((dim) => dim?.equals(1))) return undefined;
  let node = sum.producer;
  while (node !== undefined && BETWEEN.has(node.opType)) node = node.inputs[0]?.producer;
  return node !== undefined && sumsOver(node, diagnosis.inference, known) ? value : undefined;
}

function sumsOver(node: Node, inference: Session['diagnosis']['inference'], known: readonly KnownCounts[]): boolean {
  const [input, axesInput] = node.inputs;
  if (node.opType !== 'ReduceSum' || input === undefined) return false;
  const shape = inference.shape(input);
  const listed = axesInput && inference.constants.dense(axesInput)?.data;
  const axes = listed
    ? Array.from(listed as ArrayLike<bigint>, Number)
    : node.attributes.get('axes')?.asInts()?.map(Number);
  return (axes ?? []).some((axis) => {
    const dim = shape?.[axis < 0 ? axis + shape.length : axis];
    return known.some(({ size }) => dim?.equals(size));
  });
}
