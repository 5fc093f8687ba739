/** Live positions that are compared with lengths of the example: `arange(T) < [200]`. */
import type { BatchSizes } from '../../analysis/batch-axis.js';
import { rangeLength } from '../../analysis/evidence/compared-lengths.js';
import type { Node } from '../../model/node.js';
import type { Value } from '../../model/value.js';
import { emitRowValue } from '../../rewrite/generators/row-value.js';
import { unsqueeze } from '../../rewrite/size.js';
import type { Dim } from '../../symbolic/dim.js';
import { elementCount } from '../../tensor/dense.js';
import { isFloat, isInteger } from '../../tensor/dtype.js';
import { replaceInput, withRank } from '../layout.js';
import type { Session } from '../repair-session.js';
import { nodeName, typeText } from '../report-text.js';
import { rowsAt } from './rows.js';
import type { LengthSite } from './site.js';
import { lengthSymbol } from './solve-sites.js';

/** Which operand holds the positions, for comparisons that are true (or false) up to the length. */
const POSITIONS: Readonly<Record<string, 0 | 1>> = { Less: 0, GreaterOrEqual: 0, Greater: 1, LessOrEqual: 1 };

/** Comparisons of positions with constants that have a number for each item. */
export function comparisonSites(session: Session, batch: BatchSizes): LengthSite[] {
  const { inference } = session.diagnosis;
  const sites: LengthSite[] = [];
  for (const graph of inference.model.graphs()) {
    for (const node of graph.nodes) {
      const site = node.domain === '' && siteAt(node, session, batch);
      if (site) sites.push(site);
    }
  }
  return sites;
}

function siteAt(reader: Node, session: Session, batch: BatchSizes): LengthSite | undefined {
  const side = POSITIONS[reader.opType];
  const { inference } = session.diagnosis;
  const [positions, constant] = side === undefined ? [] : [reader.inputs[side], reader.inputs[1 - side]];
  if (!positions || !constant || inference.constants.isConstant(positions)) return undefined;
  if (!inference.constants.isConstant(constant)) return undefined;
  const size = rangeLength(positions, { inference });
  if (size === undefined || lengthSymbol(size, batch) === undefined) return undefined;
  const tensor = inference.constants.dense(constant);
  if (tensor === undefined || !(isInteger(tensor.dtype) || isFloat(tensor.dtype))) return undefined;
  const { shape, dtype } = tensor;
  const counts = Array.from(tensor.data as ArrayLike<number | bigint>, Number);
  const axis = shape.findIndex((length) => length > 1);
  if (axis >= 0 && shape[axis] !== elementCount(shape)) return undefined;
  if (!counts.every((count) => Number.isInteger(count) && count > 0)) return undefined;
  const behind = behindRows(reader, positions, shape, axis, size, session, batch);
  const listed = counts.length > 8 ? `${counts.slice(0, 8).join(', ')} ..` : counts.join(', ');
  const name = constant.name;
  return {
    finding: {
      code: 'baked-lengths',
      message: `${name}: lengths ${listed} that positions up to ${size} are compared with`,
      node: nodeName(reader),
      value: name,
    },
    reader,
    size,
    extent: undefined,
    counts,
    released: constant,
    refusal(driver) {
      if (behind === undefined) return `${nodeName(reader)} has no axis for the items of the batch`;
      return driver.canCount(size, reader) ? undefined : `counts of ${size} positions cannot be computed from lengths`;
    },
    drive(driver) {
      const { emitter } = session;
      const counted = driver.counts(size, reader);
      const typed = emitRowValue({ kind: 'offset', by: 0 }, counted, dtype, emitter, reader);
      const rank = (behind as number) + 1;
      const axes = Array.from({ length: rank - 1 }, (_, i) => i + 1);
      const shaped = withRank(unsqueeze(emitter, typed, axes, reader), rank, shape.length, reader, session);
      replaceInput(reader, constant, shaped);
      return {
        what: `lengths, ${driver.describe(size)}`,
        where: `input of ${nodeName(reader)}`,
        before: `${name}: constant ${typeText(tensor)} (${listed})`,
        after: `${shaped.name}: computed from lengths`,
      };
    },
  };
}

/** How many axes lie behind that of the items. */
function behindRows(
  reader: Node,
  positions: Value,
  shape: readonly number[],
  axis: number,
  size: Dim,
  session: Session,
  batch: BatchSizes,
): number | undefined {
  if (axis >= 0) return shape.length - 1 - axis;
  const rows = rowsAt(reader, session, batch);
  if (rows !== undefined) return rows.times === 1 ? rows.behind : undefined;
  // One item: of the axes of size 1 the first that is not that of the positions.
  const live = session.diagnosis.inference.shape(positions);
  const along = live?.findLastIndex((dim) => dim?.equals(size)) ?? -1;
  if (live === undefined || along < 0) return undefined;
  const fromEnd = live.length - 1 - along;
  const free = Array.from({ length: shape.length }, (_, i) => shape.length - 1 - i).filter((i) => i !== fromEnd);
  return free[0];
}
