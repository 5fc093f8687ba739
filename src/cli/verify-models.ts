import { compareModelsAt, type ModelComparison } from '../verify/compare-models.js';
import { type DataSetResult, readDataSets, runDataSets } from '../verify/data-sets.js';
import { RuntimeUnavailableError } from '../verify/errors.js';
import { Runtime } from '../verify/runtime.js';
import { flag, sizeLists, text } from './args.js';
import type { Args } from './command.js';
import { CliError } from './errors.js';
import { ExitStatus } from './exit.js';
import type { Io } from './io.js';
import { openModel } from './open-model.js';
import { jsonNumber } from './report.js';
import { differences, sizesText, toleranceOf } from './verification.js';

/** What `verify` found: the single source of its text and JSON. */
interface VerifyResult {
  readonly status: ExitStatus;
  /** Graph optimisations off. */
  readonly exact: readonly ModelComparison[];
  /** Graph optimisations on. */
  readonly optimized: readonly ModelComparison[];
  /** The candidate on golden data. */
  readonly dataSets: readonly DataSetResult[];
}

/** Runs `verify`: 0 when the models agree, 1 when they do not or could not be compared. */
export async function verifyModels(args: Args, io: Io): Promise<ExitStatus> {
  const [original, candidate] = [text(args, 'original') ?? '', text(args, 'candidate') ?? ''];
  // What is no model at all is told better here than by onnxruntime.
  for (const path of [original, candidate]) (await openModel(path)).close();
  const result = await compare(original, candidate, args);
  if (flag(args, 'json')) {
    io.out(`${JSON.stringify({ command: 'verify', original, candidate, ...result }, jsonNumber, 2)}\n`);
  } else if (!flag(args, 'quiet') || result.status !== ExitStatus.OK) {
    const lines = [
      ...result.exact.map(describe),
      ...describeOptimized(result.optimized),
      ...result.dataSets.map(setText),
    ];
    (result.status === ExitStatus.OK ? io.out : io.err)(`${lines.join('\n')}\n`);
  }
  return result.status;
}

async function compare(original: string, candidate: string, args: Args): Promise<VerifyResult> {
  const requested = sizeLists(args, 'sizes');
  const data = text(args, 'data');
  const tolerance = toleranceOf(args);
  const runtime = new Runtime();
  try {
    const sets = data === undefined ? [] : await readDataSets(data);
    const options = { ...tolerance, runtime };
    const at = requested.length > 0 ? requested : [{}];
    const exact = await compareModelsAt(original, candidate, at, { ...options, optimize: false });
    const sizes = exact.map((comparison) => comparison.sizes);
    const optimized = await compareModelsAt(original, candidate, sizes, { ...options, optimize: true });
    const dataSets = await runDataSets(candidate, sets, options);
    const accepted = flag(args, 'exact') ? ['identical'] : ['identical', 'close'];
    const agree =
      exact.every(({ verdict }) => accepted.includes(verdict)) &&
      optimized.every(({ verdict }) => verdict === 'identical' || verdict === 'close') &&
      dataSets.every(({ ok }) => ok);
    return { status: agree ? ExitStatus.OK : ExitStatus.FINDINGS, exact, optimized, dataSets };
  } catch (error) {
    if (!(error instanceof RuntimeUnavailableError)) throw error;
    throw new CliError(ExitStatus.INTERNAL, `${error.message}; nothing is verified`, { cause: error });
  } finally {
    await runtime.close();
  }
}

function describe({ verdict, sizes, outputs, message }: ModelComparison): string {
  const at = `at ${sizesText(sizes)}`;
  switch (verdict) {
    case 'identical':
      return `${at}: bit-identical`;
    case 'close':
      return `${at}: within tolerance: ${differences(outputs)}`;
    case 'different':
      return `${at}: DIFFERENT: ${differences(outputs)}`;
    case 'failed':
      return `${at}: FAILED: the candidate ${message}`;
    case 'not-compared':
      return `${at}: NOT COMPARED: ${message}`;
  }
}

/** Optimised runs are worth a line only where something is wrong with them. */
function describeOptimized(comparisons: readonly ModelComparison[]): string[] {
  return comparisons
    .filter(({ verdict }) => verdict === 'different' || verdict === 'failed')
    .map((comparison) => `with graph optimisations ${describe(comparison)}`);
}

function setText({ name, ok, outputs, message }: DataSetResult): string {
  return ok ? `${name}: matches` : `${name}: FAILED: ${message ?? differences(outputs)}`;
}
