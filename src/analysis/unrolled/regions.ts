import type { Value } from '../../model/value.js';
import type { Dim } from '../../symbolic/dim.js';
import type { Inference } from '../infer.js';
import type { Access, Accesses } from './accesses.js';
import { AntiUnifier } from './anti-unify.js';
import type { Join } from './joins.js';
import { leavesOf, Mismatch, type Term } from './template.js';

/** A loop that was unrolled: its body, what it goes through, and where its results come together. */
export interface Region {
  readonly join: Join;
  readonly body: Term;
  /** The number of items as the source's axis has it. */
  readonly size: Dim;
  /** The number of copies in the file. */
  readonly count: number;
  /** Copies read constants of their own: there can be no more items than copies. */
  readonly limited: boolean;
  /** Does an operator fail at any other number of items? */
  readonly exact: boolean;
  /** The items are joined from the last to the first. */
  readonly isTurned?: boolean;
  /** Its rounds are those of a `Loop`, which may well have been asked for that many. */
  readonly isLoop?: boolean;
}

/** Two items that are swapped may be meant to be; more of them in reverse order are a loop's that goes backwards. */
const FEWEST_TURNED = 3;

/** The loop whose copies' results come together in a join; undefined where there is none over a size that is free. */
export function regionOf(join: Join, inference: Inference, accesses: Accesses): Region | undefined {
  const scope = { isRow: () => true, isShared: () => false };
  const { values } = join;
  const ofValues = (items: readonly Value[]) => {
    const body = new AntiUnifier(inference, accesses, scope).unify(items);
    return body instanceof Mismatch ? undefined : regionWith(join, body, items.length, inference, accesses);
  };
  const region = ofValues(values);
  if (region !== undefined || join.base !== undefined || values.length < FEWEST_TURNED) return region;
  const turned = ofValues(values.toReversed());
  return turned && { ...turned, isTurned: true };
}

/** The loop of so many items that has a body, if it goes over all items of a size that is free. */
export function regionWith(
  join: Join,
  body: Term,
  count: number,
  inference: Inference,
  accesses: Accesses,
): Region | undefined {
  const leaves = leavesOf(body);
  const rows = leaves.flatMap((leaf) => (leaf.kind === 'rows' ? [leaf.access] : []));
  const size = rows.map(({ source, axis }) => inference.shape(source)?.[axis]).find((dim) => dim && isFree(dim));
  if (size === undefined) return undefined;
  if (rows.some((access) => !isWhole(access, count, inference, accesses))) return undefined;
  const limited = leaves.some(({ kind }) => kind === 'constants');
  return { join, body, size, count, limited, exact: rows.some((access) => access.count !== undefined) };
}

/** Is it a size that the caller of the model chooses? */
export function isFree(dim: Dim): boolean {
  return !dim.isNumber && !dim.hasFresh;
}

/** Are the rows that the copies read all that are read one by one? Else those that stay apart mean something. */
export function isWhole(access: Access, count: number, inference: Inference, accesses: Accesses): boolean {
  const size = inference.shape(access.source)?.[access.axis];
  if (size?.value !== undefined) return size.value === count;
  return rowsRead(access.source, accesses).every((other) => other.axis !== access.axis || other.index < count);
}

function rowsRead(source: Value, accesses: Accesses): Access[] {
  const read: Access[] = [];
  for (const { node } of source.uses) {
    for (const output of node.outputs) {
      const access = output && accesses.of(output);
      if (access && accesses.resolve(access.source) === source) read.push(access);
    }
  }
  return read;
}
