/** Which lengths outputs of the model are, and what takes their place. */
import type { BatchSizes } from '../../analysis/batch-axis.js';
import { Constants } from '../../analysis/constants.js';
import type { CountRule } from '../../analysis/lengths.js';
import type { Model } from '../../model/model.js';
import { removeDead } from '../../rewrite/dead-code.js';
import { Dim } from '../../symbolic/dim.js';
import type { PassReport } from '../pass.js';
import type { Session } from '../repair-session.js';
import {
  type FrozenOutput,
  fillOutput,
  frozenOutputs,
  outputFinding,
  outputSite,
  outputSizes,
} from './frozen-outputs.js';
import type { LengthSite } from './site.js';
import { lengthSymbol, solveSites } from './solve-sites.js';

/** Is any output of the model the same in every run? Cheap: no payload is read. */
export function hasConstantOutputs(model: Model): boolean {
  const constants = new Constants();
  return model.graph.outputs.some((value) => constants.isConstant(value));
}

/** The outputs that hold lengths, or counts along an axis, of the example whose masks were frozen. */
export function matchOutputs(
  session: Session,
  masks: readonly LengthSite[],
  batch: BatchSizes,
  traced: ReadonlyMap<string, number>,
  rule: CountRule | undefined,
): LengthSite[] {
  const found: LengthSite[] = [];
  const sizes = [...masks.map(({ size }) => size), ...outputSizes(session, batch)];
  const symbols = new Set(sizes.flatMap((size) => lengthSymbol(size, batch) ?? []));
  for (const output of frozenOutputs(session)) {
    for (const size of [...sizes, ...[...symbols].map((name) => Dim.symbol(name))]) {
      const extent = masks.find((mask) => mask.size.equals(size))?.extent ?? size.evaluate(traced);
      const site = outputSite(output, size, size.symbolName === undefined ? extent : undefined);
      if ('message' in solveSites([...masks, ...found, site], batch, traced, rule)) continue;
      found.push(site);
      break;
    }
  }
  return found;
}

/**
 * Without padding, a count is the size of an axis. Repairs the outputs that are declared to have one for each item of a
 * batch, and that are the traced size of an axis of another output. Where a tool wrote the constant's own number of
 * elements into the declaration, the size has to be one that is proved to be frozen elsewhere.
 */
export function fillOutputs(session: Session, batch: BatchSizes, traced: ReadonlyMap<string, number>): PassReport {
  const repairs = frozenOutputs(session).flatMap((output) => {
    const filled = fillOf(output, session, batch, traced);
    return filled === undefined ? [] : [{ output, apply: filled }];
  });
  const findings = repairs.map(({ output }) => outputFinding(output));
  const edits = repairs.map(({ apply }) => apply());
  removeDead(repairs.map(({ output }) => output.value));
  const sizes = Object.fromEntries(traced);
  return { pass: 'drive-lengths', changed: edits.length > 0, findings, edits, unresolved: [], sizes };
}

function fillOf(output: FrozenOutput, session: Session, batch: BatchSizes, traced: ReadonlyMap<string, number>) {
  const { counts, declared } = output;
  const [count] = counts;
  if (!counts.every((other) => other === count)) return undefined;
  const sizes = outputSizes(session, batch).filter((candidate) => candidate.evaluate(traced) === count);
  if (declared?.symbolName !== undefined && batch.symbols.includes(declared.symbolName)) {
    return sizes[0] && fillOutput(output, sizes[0], declared, session);
  }
  const [items] = batch.symbols;
  if (items === undefined || !declared?.equals(counts.length)) return undefined;
  const size = sizes.find((candidate) => isFrozen(candidate, session));
  return size && fillOutput(output, size, Dim.symbol(items), session);
}

/** Was this very size frozen somewhere else in the model? */
function isFrozen(size: Dim, { constants }: Session): boolean {
  return constants.some(({ baked }) =>
    [...baked.axes.values(), ...baked.elements.values()].some((frozen) => frozen.size.equals(size)),
  );
}
