/** Masks of examples without padding: the same everywhere, and of padding all the same once there are lengths. */
import type { BatchSizes } from '../../analysis/batch-axis.js';
import { elementAt, isInvariantAlong } from '../../analysis/explain/matrix.js';
import { explainRowValue } from '../../analysis/explain/row-value.js';
import type { ExplainedConstant } from '../../analysis/explained-diagnosis.js';
import type { Node } from '../../model/node.js';
import type { Element } from '../../rewrite/generators/context.js';
import type { PadMask } from '../../rewrite/generators/pad-mask.js';
import type { DenseTensor } from '../../tensor/dense.js';
import { DataType, isFloat } from '../../tensor/dtype.js';
import type { Session } from '../repair-session.js';
import { siteOf } from './mask-sites.js';
import type { LengthSite } from './site.js';
import { lengthSymbol } from './solve-sites.js';

/** Where a constant that is the same everywhere masks nothing: the sites at which it can come to mask padding. */
export function fillSites(session: Session, batch: BatchSizes): LengthSite[] {
  return session.constants.flatMap((constant) =>
    session.readersOf(constant.baked).flatMap((reader) => {
      const mask = maskOf(constant, reader, batch);
      return mask === undefined ? [] : (siteOf(constant, mask, reader, session, batch) ?? []);
    }),
  );
}

function maskOf(
  { baked, tensor, explanation }: ExplainedConstant,
  reader: Node,
  batch: BatchSizes,
): PadMask | undefined {
  if (tensor === undefined || !explanation.found || !tensor.shape.every((_, axis) => isInvariantAlong(tensor, axis))) {
    return undefined;
  }
  const value = elementAt(tensor, 0);
  const axes = [...baked.axes].filter(([, { size }]) => lengthSymbol(size, batch) !== undefined).map(([axis]) => axis);
  const keyAxis = axes.length === 1 || feedsSoftmax(reader) ? Math.max(...axes) : undefined;
  if (keyAxis === undefined || axes.length === 0) return undefined;
  const count = tensor.shape[keyAxis] as number;
  const padded = paddingBeside(value, count, tensor, reader);
  if (padded === undefined) return undefined;
  const { valid, element } = padded;
  const common = { rowAxis: undefined, queryAxis: undefined, masksQueries: false, band: undefined };
  return { ...common, keyAxis, counts: [count], valid, padded: element };
}

/** What padding holds where valid positions hold this; undefined where nobody would mask so. */
function paddingBeside(
  value: Element,
  count: number,
  { dtype }: DenseTensor,
  reader: Node,
): { valid: PadMask['valid']; element: Element } | undefined {
  if (dtype === DataType.BOOL) return { valid: value, element: 1 - Number(value) };
  if (reader.opType === 'Mul' || reader.opType === 'MatMul') {
    if (value === 1 && reader.opType === 'Mul') return { valid: value, element: 0 };
    const weights = isFloat(dtype) && explainRowValue([value as number], [count], dtype);
    return weights && weights.kind === 'reciprocal' ? { valid: weights, element: 0 } : undefined;
  }
  const lowest = LOWEST.get(dtype);
  const isAdded = reader.opType === 'Add' && value === 0 && feedsSoftmax(reader);
  return isAdded && lowest !== undefined ? { valid: value, element: lowest } : undefined;
}

/** Finite, so that a row of nothing but padding has no NaN. */
const LOWEST: ReadonlyMap<number, number> = new Map([
  [DataType.FLOAT, -(2 - 2 ** -23) * 2 ** 127],
  [DataType.DOUBLE, -Number.MAX_VALUE],
  [DataType.FLOAT16, -65504],
]);

/** Operators between a mask and the Softmax that it is for. */
const BETWEEN = new Set(['Add', 'Cast', 'Clip', 'Div', 'Identity', 'Max', 'Mul', 'Reshape', 'Sub', 'Where']);
const MOST_BETWEEN = 5;

function feedsSoftmax(reader: Node, depth = 0): boolean {
  if (reader.opType === 'Softmax') return true;
  if (depth === MOST_BETWEEN || !BETWEEN.has(reader.opType)) return false;
  return (reader.outputs[0]?.uses ?? []).some(({ node }) => feedsSoftmax(node, depth + 1));
}
