import type { Tolerance } from './compare.js';
import { compareModels, type ModelComparison } from './compare-models.js';
import { comparePrecision, type PrecisionComparison } from './compare-precision.js';
import { type InputValues, type Sizes, unknownSymbols } from './inputs.js';
import { runAtSize, runSizes, type SizeRun } from './run-sizes.js';
import { type Port, Runtime } from './runtime.js';
import { attempt, Refusal } from './trial.js';

/** Options of {@link verifyRepair}. */
export interface VerifyRepairOptions extends Tolerance {
  /** The traced sizes, symbol -> number, as far as they are known. */
  readonly sizes?: Sizes;
  /** What integer inputs held when the model was exported, as far as it is known: lengths. */
  readonly values?: InputValues;
  /** Sizes that the result has to run at, all of them. Default: others than the traced ones, of which one will do. */
  readonly runAt?: readonly Sizes[];
  /** The result computes the same with other operators: at the traced size, within tolerance is enough. */
  readonly reassociates?: boolean;
  /** The original's numbers are right for the example's data only: other values, of the same shapes, are to be expected. */
  readonly changesValues?: boolean;
  /**
   * Gives the path of a model that computes what the result does in float, for originals that do not load; it may be removed
   * when the action is done.
   */
  readonly withReference?: <T>(action: (reference: string | undefined) => Promise<T>) => Promise<T | undefined>;
  /** The result has other element types at its inputs and outputs: it is compared as a model of another precision. */
  readonly changesTypes?: boolean;
  /** A runtime to use; default: one that is started and ended here. */
  readonly runtime?: Runtime;
}

/** What running the original and the repaired model showed. */
export interface RepairVerification {
  /** No comparison that could be made speaks against the repair. */
  readonly agrees: boolean;
  /** It runs at all sizes that were asked for, or at one other than the traced size where none was. */
  readonly runs: boolean;
  /** At the traced size, graph optimisations off: has to be identical unless `reassociates` allows rounding. */
  readonly exact: ModelComparison;
  /** At the traced size, graph optimisations on: has to be within tolerance. */
  readonly optimized: ModelComparison;
  /** Where the two cannot be compared because of their types: with the same in float. */
  readonly precision?: PrecisionComparison;
  /** Runs at the sizes asked for, else at other sizes up to the first that works; empty when there is none to vary. */
  readonly others: readonly SizeRun[];
}

/**
 * Proves a repair by running it: original and result agree bit for bit at the traced size (graph optimisations off) and
 * within tolerance (on), and the result runs at another size.
 *
 * @param original - path of the model before
 * @param repaired - path of the model after
 * @throws RuntimeUnavailableError when onnxruntime-node is not installed
 */
export async function verifyRepair(
  original: string,
  repaired: string,
  options: VerifyRepairOptions = {},
): Promise<RepairVerification> {
  const runtime = options.runtime ?? new Runtime();
  try {
    const exact = await compareModels(original, repaired, { ...options, runtime, optimize: false });
    const sizes = exact.sizes;
    const precision = await precisionOf(original, repaired, exact, { ...options, runtime });
    const comparable = exact.verdict !== 'not-compared' || exact.outputs.length > 0;
    const optimized = comparable
      ? await compareModels(original, repaired, { ...options, runtime, sizes, optimize: true })
      : exact;
    const { runAt } = options;
    const others = runAt
      ? await runSizes(repaired, runAt, { runtime })
      : await runElsewhere(runtime, repaired, options.sizes ?? {}, comparable ? sizes : undefined);
    const rounded = options.reassociates === true && exact.verdict === 'close';
    const allowed = (comparison: ModelComparison) => options.changesValues === true && differsInValues(comparison);
    const equal = exact.verdict === 'identical' || exact.verdict === 'not-compared' || rounded || allowed(exact);
    const near = (optimized.verdict !== 'different' && optimized.verdict !== 'failed') || allowed(optimized);
    const agrees =
      precision === undefined ? equal && near : !(precision.verdict === 'failed' && isAboutTypes(precision));
    const ran = others.filter((run) => run.ok).length;
    const runs = ran === others.length || (runAt === undefined && ran > 0);
    return { agrees, runs, exact, optimized, others, ...(precision ? { precision } : {}) };
  } finally {
    if (options.runtime === undefined) await runtime.close();
  }
}

/** Do outputs differ in nothing but their elements? */
export function differsInValues({ verdict, outputs }: ModelComparison): boolean {
  const isDifferent = verdict === 'different' || verdict === 'close';
  return isDifferent && outputs.every(({ mismatch }) => mismatch === undefined);
}

/** Compares with the same model in float: where the original has other types, or does not load for its own. */
async function precisionOf(
  original: string,
  repaired: string,
  exact: ModelComparison,
  options: VerifyRepairOptions & { readonly runtime: Runtime },
): Promise<PrecisionComparison | undefined> {
  const { changesTypes = false, withReference } = options;
  if (changesTypes) {
    const found = await comparePrecision(original, repaired, options);
    if (found.verdict !== 'not-compared' || withReference === undefined) return found;
  }
  if (withReference === undefined || !(exact.isUnloadable || changesTypes)) return undefined;
  return withReference((reference) => comparePrecision(reference, repaired, options));
}

/** Other reasons not to load, an operator of another runtime for one, do not speak against a repair. */
function isAboutTypes({ message = '' }: PrecisionComparison): boolean {
  return /type error|typeinferenceerror|tensor\(\w+\)|not find an implementation/i.test(message);
}

/** @param used - where the original ran; undefined: nowhere, so that the result has to show where it does */
async function runElsewhere(
  runtime: Runtime,
  model: string,
  traced: Sizes,
  used: Sizes | undefined,
): Promise<SizeRun[]> {
  const session = await attempt(() => runtime.open(model));
  if (session instanceof Refusal) return [];
  const runs: SizeRun[] = [];
  const base = used ?? (await runAtSize(session, traced)).sizes;
  for (const sizes of otherSizes(session.inputs, traced, base)) {
    const run = await runAtSize(session, sizes);
    runs.push(run);
    if (run.ok) break;
  }
  await session.close();
  return runs;
}

/** Ways away from the traced size: steps that differ from symbol to symbol, one that does not, twice and half of it (divisibility rules), one more. */
const STEPS: readonly ((size: number, index: number) => number)[] = [
  (size, index) => size + 7 + 2 * index,
  (size) => size + 7,
  (size) => size * 2,
  (size) => Math.ceil(size / 2),
  (size) => size + 1,
];

/** Sizes other than the ones used: the traced symbols vary, or, where none was traced, all that are not batch-like. */
function otherSizes(inputs: readonly Port[], traced: Sizes, used: Sizes): Sizes[] {
  const { batch, free } = unknownSymbols(inputs, {});
  const declared = [...batch, ...free];
  const varied = declared.some((symbol) => symbol in traced)
    ? declared.filter((symbol) => symbol in traced)
    : [...free];
  if (varied.length === 0) return [];
  return STEPS.map((step) => ({
    ...used,
    ...Object.fromEntries(varied.map((symbol, i) => [symbol, step(used[symbol] ?? traced[symbol] ?? 16, i)])),
  }));
}
