import { type BatchSizes, batchAxisOf } from '../../analysis/batch-axis.js';
import { isCovered } from '../../analysis/broadcasting.js';
import { describePadMask } from '../../analysis/explain/pad-mask.js';
import type { ExplainedConstant } from '../../analysis/explained-diagnosis.js';
import type { Node } from '../../model/node.js';
import { emitPadMask, type PadMask } from '../../rewrite/generators/pad-mask.js';
import { Dim } from '../../symbolic/dim.js';
import type { DenseTensor } from '../../tensor/dense.js';
import { replaceInput, withRank } from '../layout.js';
import type { Edit } from '../pass.js';
import type { Session } from '../repair-session.js';
import { bakedFinding, nodeName, typeText } from '../report-text.js';
import { multipleOf, type Rows, rowsAt, splitRows } from './rows.js';
import type { LengthDriver, LengthSite } from './site.js';

/** The pad masks among baked constants, one site for each node that reads one. */
export function maskSites(session: Session, batch: BatchSizes): LengthSite[] {
  return session.constants.flatMap((constant) => {
    const { explanation, baked } = constant;
    const mask = explanation.found ? undefined : explanation.padMask;
    if (mask === undefined) return [];
    return session.readersOf(baked).flatMap((reader) => siteOf(constant, mask, reader, session, batch) ?? []);
  });
}

/** A mask at one of its readers. */
export function siteOf(
  { baked, tensor }: ExplainedConstant,
  mask: PadMask,
  reader: Node,
  session: Session,
  batch: BatchSizes,
): LengthSite | undefined {
  const size = baked.axes.get(mask.keyAxis)?.size;
  if (tensor === undefined || size === undefined) return undefined;
  const rank = tensor.shape.length;
  const axis = mask.rowAxis ?? batchAxisOf(baked, tensor.shape, batch);
  const times = axis === undefined ? 1 : multipleOf(baked.axes.get(axis)?.size, batch);
  const split = splitRows(mask.counts, axis === undefined ? 1 : (tensor.shape[axis] as number), times);
  if (split === undefined) return undefined;
  const { counts, ...layout } = split;
  const rows = axis === undefined ? rowsAt(reader, session, batch) : { behind: rank - 1 - axis, ...layout };
  const shape = tensor.shape.map((number, i) => baked.axes.get(i)?.size ?? Dim.of(number));
  const place: Place = { mask, tensor, shape, reader, rows, rowAxis: axis };
  return {
    finding: bakedFinding(baked, 'baked-lengths', `mask of padding: ${describePadMask(mask, tensor)}`),
    reader,
    size,
    extent: tensor.shape[mask.keyAxis] as number,
    counts,
    released: baked.value,
    refusal: (driver) => refusal(place, driver),
    drive(driver) {
      const replacement = emit(place, driver);
      replaceInput(reader, baked.value, replacement);
      return editOf(place, baked.value.name, replacement.name, driver);
    },
  };
}

/** A pad mask at the node that reads it. */
interface Place {
  readonly mask: PadMask;
  readonly tensor: DenseTensor;
  /** Live sizes of the mask's axes. */
  readonly shape: readonly Dim[];
  readonly reader: Node;
  readonly rows: Rows | undefined;
  readonly rowAxis: number | undefined;
}

function refusal(place: Place, driver: LengthDriver): string | undefined {
  const { reader, shape, mask, rows } = place;
  if (rows === undefined) return `${nodeName(reader)} has no axis for the items of the batch`;
  const { sizes } = driver.session;
  const size = shape[mask.keyAxis] as Dim;
  const positions = [mask.keyAxis, mask.queryAxis].filter((axis) => axis !== undefined);
  const needed = [...positions, ...openAxes(place, driver)].map((axis) => shape[axis] as Dim);
  if (!(hasWeights(mask) ? driver.canCountExactly(size, reader) : driver.canCount(size, reader)))
    return `counts of ${size} positions cannot be computed from lengths`;
  const missing = needed.find((dim) => !sizes.canCompute(dim, reader));
  return missing && `no live tensor before ${nodeName(reader)} has the size ${missing}`;
}

/** Axes of other sizes than 1 that neither the mask that is computed has, nor another operand of the reader. */
function openAxes({ mask, shape, reader, rowAxis }: Place, { session }: LengthDriver): number[] {
  const { inference } = session.diagnosis;
  const computed = [mask.keyAxis, mask.queryAxis, rowAxis];
  return shape
    .map((_, axis) => axis)
    .filter((axis) => !computed.includes(axis) && !shape[axis]?.equals(1))
    .filter((axis) => !isCovered(inference, reader, shape.length - 1 - axis, shape[axis]));
}

function emit(place: Place, driver: LengthDriver) {
  const { mask, tensor, shape, reader, rows } = place;
  const { session, live } = driver;
  const { emitter, sizes } = session;
  const { behind, times, each } = rows as Rows;
  const size = shape[mask.keyAxis] as Dim;
  const items = hasWeights(mask) ? driver.exactCounts(size, reader) : driver.counts(size, reader);
  const counts = live.repeat(items, times, each, reader);
  const value = emitPadMask(mask, { emitter, sizes, anchor: reader, tensor, shape, counts, behindRows: behind });
  const open = openAxes(place, driver);
  if (open.length > 0) {
    const target = shape.map((dim, axis) => (open.includes(axis) ? dim : Dim.of(1)));
    return emitter.node({ opType: 'Expand', inputs: [value, sizes.shape(target, reader)], hint: 'expanded' }, reader);
  }
  const rank = 1 + Math.max(behind, shape.length - 1 - Math.min(mask.keyAxis, mask.queryAxis ?? mask.keyAxis));
  return withRank(value, rank, shape.length, reader, session);
}

function hasWeights({ valid }: PadMask): boolean {
  return typeof valid === 'object';
}

function editOf({ mask, tensor, shape, reader }: Place, before: string, after: string, driver: LengthDriver): Edit {
  const count = driver.describe(shape[mask.keyAxis] as Dim);
  return {
    what: `mask of padding, ${count} positions valid`,
    where: `input of ${nodeName(reader)}`,
    before: `${before}: constant ${typeText(tensor)}`,
    after: `${after}: computed from lengths`,
  };
}
