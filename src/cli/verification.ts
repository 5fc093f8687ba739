import type { Tolerance } from '../verify/compare.js';
import type { OutputComparison } from '../verify/compare-models.js';
import { compareRows, type RowComparison } from '../verify/compare-rows.js';
import { type DataSetResult, readDataSets, runDataSets } from '../verify/data-sets.js';
import { RuntimeUnavailableError } from '../verify/errors.js';
import type { InputValues, Sizes } from '../verify/inputs.js';
import type { Runtime } from '../verify/runtime.js';
import { differsInValues, type RepairVerification, verifyRepair } from '../verify/verify-repair.js';
import { number } from './args.js';
import type { Args } from './command.js';
import { withReference } from './reference.js';

/** Tolerance from `--rtol` and `--atol`. */
export function toleranceOf(args: Args): Tolerance {
  const [rtol, atol] = [number(args, 'rtol'), number(args, 'atol')];
  return { ...(rtol === undefined ? {} : { rtol }), ...(atol === undefined ? {} : { atol }) };
}

/** What is asked of a result. */
export interface VerificationRequest {
  readonly runtime: Runtime;
  /** Traced sizes. */
  readonly sizes: Sizes;
  /** What integer inputs held when the model was exported. */
  readonly values: InputValues;
  /** Sizes it has to run at; empty: any other size than the traced one. */
  readonly runAt: readonly Sizes[];
  /** Folder of golden data sets. */
  readonly data: string | undefined;
  readonly tolerance: Tolerance;
  /** Defects are known to be left, so that other sizes need not run unless they are asked for. */
  readonly isPartial: boolean;
  /** The repair computes the same with other operators, which round otherwise. */
  readonly reassociates?: boolean;
  /** The original's numbers are right for the example's data only. */
  readonly changesValues?: boolean;
  /** Symbols that count items which do not depend on each other, and how many items the example had. */
  readonly items?: Sizes;
  /** The repair gives inputs and outputs other types. */
  readonly changesTypes?: boolean;
}

/** How the verification of a result ended. */
export interface Verification {
  readonly outcome: 'passed' | 'failed' | 'unavailable';
  /** One sentence each: what was shown. */
  readonly shown: readonly string[];
  /** One sentence each: what could not be shown, or speaks against the result. */
  readonly doubts: readonly string[];
  readonly repair?: RepairVerification;
  readonly dataSets?: readonly DataSetResult[];
  readonly rows?: readonly RowComparison[];
}

/**
 * Runs original and result.
 *
 * @param original - path of the model before
 * @param result - path of the model after
 */
export async function verifyResult(
  original: string,
  result: string,
  request: VerificationRequest,
): Promise<Verification> {
  const {
    runtime,
    sizes,
    values,
    runAt,
    data,
    tolerance,
    isPartial,
    reassociates = false,
    changesValues = false,
    items = {},
    changesTypes = false,
  } = request;
  try {
    const at = runAt.length > 0 ? { runAt } : {};
    const repair = await verifyRepair(original, result, {
      runtime,
      sizes,
      values,
      reassociates,
      changesValues,
      changesTypes,
      withReference: (action) => withReference(result, action),
      ...at,
      ...tolerance,
    });
    const sets = data === undefined ? [] : await readDataSets(data);
    const dataSets = sets.length > 0 ? await runDataSets(result, sets, { runtime, ...tolerance }) : [];
    const rows: RowComparison[] = [];
    for (const [symbol, traced] of Object.entries(sets.length > 0 ? {} : items)) {
      const others = { ...sizes, ...repair.exact.sizes };
      // The original's own items are no measure where its numbers are the example's: the result's, one by one, are.
      const measure = changesValues ? result : original;
      rows.push(await compareRows(measure, result, { runtime, symbol, traced, sizes: others, ...tolerance }));
    }
    const { shown, doubts } = describe(repair, dataSets, reassociates, changesValues);
    for (const { verdict, symbol, items: count, traced } of rows) {
      const text = `equal to ${changesValues ? 'itself' : 'the original'} item by item at ${symbol}=${count}, run on ${traced} at a time`;
      if (verdict === 'equal') shown.push(text);
      else if (verdict === 'different') doubts.push(`not ${text}`);
    }
    const runs = repair.runs || (isPartial && runAt.length === 0);
    const agrees = repair.agrees && rows.every(({ verdict }) => verdict !== 'different');
    const passed = agrees && runs && dataSets.every(({ ok }) => ok);
    return {
      outcome: passed ? 'passed' : 'failed',
      shown,
      doubts,
      repair,
      ...(rows.length > 0 ? { rows } : {}),
      ...(data === undefined ? {} : { dataSets }),
    };
  } catch (error) {
    if (!(error instanceof RuntimeUnavailableError)) throw error;
    return { outcome: 'unavailable', shown: [], doubts: [`${error.message}; nothing is verified`] };
  }
}

function describe(
  { exact, optimized, others, precision }: RepairVerification,
  dataSets: readonly DataSetResult[],
  reassociates: boolean,
  changesValues: boolean,
): { shown: string[]; doubts: string[] } {
  const shown: string[] = [];
  const doubts: string[] = [];
  if (precision !== undefined) {
    const { verdict, sizes, error, message } = precision;
    const part = `${Number((error * 100).toPrecision(2))} %`;
    if (verdict === 'close') shown.push(`within ${part} of the same model in float at ${sizesText(sizes)}`);
    else if (verdict === 'far') doubts.push(`differs by ${part} from the same model in float at ${sizesText(sizes)}`);
    else if (verdict === 'failed') doubts.push(message ?? 'does not run');
    else doubts.push(`could not be compared: ${message}`);
  } else if (exact.verdict === 'identical') shown.push(`bit-identical to the original at ${sizesText(exact.sizes)}`);
  else if (exact.verdict === 'close' && reassociates) {
    shown.push(`equal to the original within tolerance at ${sizesText(exact.sizes)}`);
  } else if (exact.originalLoads === false) shown.push('loads, which the original does not');
  else if (changesValues && differsInValues(exact)) {
    shown.push(`gives outputs of the original's shapes at ${sizesText(exact.sizes)}; its values are the example's`);
  } else if (exact.verdict === 'not-compared') doubts.push(`could not be compared: ${exact.message}`);
  else if (exact.verdict === 'failed') doubts.push(exact.message ?? 'does not run');
  else doubts.push(`differs from the original at ${sizesText(exact.sizes)}: ${differences(exact.outputs)}`);
  if (optimized.verdict === 'different' && exact.verdict !== 'different' && !changesValues) {
    doubts.push(`differs from the original with graph optimisations on: ${differences(optimized.outputs)}`);
  } else if (optimized.verdict === 'failed' && exact.verdict !== 'failed') {
    doubts.push(`fails with graph optimisations on: ${optimized.message}`);
  }
  const ran = others.filter((run) => run.ok);
  const [failed] = others.filter((run) => !run.ok);
  if (ran.length > 0) shown.push(`runs at ${ran.map(({ sizes }) => sizesText(sizes)).join('; ')}`);
  if (failed) doubts.push(`does not run at ${sizesText(failed.sizes)}: ${failed.message}`);
  const good = dataSets.filter(({ ok }) => ok).length;
  if (good > 0) shown.push(`matches ${good} of ${dataSets.length} golden data sets`);
  for (const set of dataSets.filter(({ ok }) => !ok)) {
    doubts.push(`${set.name}: ${set.message ?? differences(set.outputs)}`);
  }
  return { shown, doubts };
}

/** `batch=1, time=1000`. */
export function sizesText(sizes: Sizes): string {
  const entries = Object.entries(sizes);
  return entries.length === 0 ? 'its fixed sizes' : entries.map(([symbol, size]) => `${symbol}=${size}`).join(', ');
}

/** What is wrong with outputs that differ. */
export function differences(outputs: readonly OutputComparison[]): string {
  return outputs
    .filter(({ identical, close }) => !identical || !close)
    .map(({ name, mismatch, differing, total, maxAbsDiff }) =>
      mismatch === undefined
        ? `${differing} of ${total} elements of ${name} differ, by up to ${Number(maxAbsDiff.toPrecision(3))}`
        : `${name}: ${mismatch}`,
    )
    .join('; ');
}
