/** What every repair command does: read, run passes, write beside, verify, give the result its name. */
import { dirname } from 'node:path';
import type { Model } from '../model/model.js';
import type { FixOptions } from '../passes/index.js';
import { hasCalls, inlineCalls } from '../passes/inline-calls.js';
import type { Finding, Pass, PassReport } from '../passes/pass.js';
import { joinReports } from '../passes/pipeline.js';
import type { Sizes } from '../verify/inputs.js';
import { Runtime } from '../verify/runtime.js';
import { flag, sizeLists, text, texts } from './args.js';
import type { Args } from './command.js';
import { explainError } from './errors.js';
import { ExitStatus, worstOf } from './exit.js';
import type { Io } from './io.js';
import { openModel } from './open-model.js';
import { resolveTargets, type Target } from './output.js';
import { checkAgainst, readPassOptions, sizesOfTracedShapes } from './pass-options.js';
import { writeResult, writeResultsJson } from './report.js';
import type { FileResult } from './result.js';
import { checkWeights, guardOutput, makeFolder, readSaving, type Saving, saveModel } from './saving.js';
import { StagedModel } from './staging.js';
import { toleranceOf, type Verification, verifyResult } from './verification.js';

/** Longest that one load or run may take during verification. */
const TIMEOUT_MS = 20_000;

/** Makes the passes of a command; asynchronous, so that they are loaded when they are needed. */
export type MakePasses = (options: FixOptions) => Promise<Pass[]>;

/** How a command repairs. */
export interface RepairCommand {
  readonly name: string;
  readonly makePasses: MakePasses;
  /** Does the command answer for every defect, also those that its passes leave to others? */
  readonly answersForAll: boolean;
}

/** Runs a repair command on all its inputs. @returns the worst status of all files */
export async function repair(command: RepairCommand, args: Args, io: Io): Promise<ExitStatus> {
  const targets = resolveTargets(texts(args, 'model'), args);
  const saving = readSaving(args, targets, io);
  const runtime = flag(args, 'no-verify') || flag(args, 'dry-run') ? undefined : new Runtime({ timeoutMs: TIMEOUT_MS });
  let job: Job = {
    command,
    options: readPassOptions(args),
    dryRun: flag(args, 'dry-run'),
    partial: flag(args, 'partial'),
    saving,
    runAt: sizeLists(args, 'sizes'),
    data: text(args, 'data'),
    tolerance: toleranceOf(args),
    runtime,
  };
  const results: FileResult[] = [];
  try {
    for (const target of targets) {
      const result = await repairGuarded(target, job, io);
      results.push(result);
      writeResult(result, job, args, io);
      // Said once is enough.
      if (result.verification?.outcome === 'unavailable') job = { ...job, runtime: undefined };
    }
  } finally {
    await runtime?.close();
  }
  if (flag(args, 'json')) writeResultsJson(command.name, results, io);
  return worstOf(results.map(({ status }) => status));
}

/** What is asked for all inputs alike. */
export interface Job {
  readonly command: RepairCommand;
  readonly options: FixOptions;
  readonly dryRun: boolean;
  readonly partial: boolean;
  readonly saving: Saving;
  readonly runAt: readonly Sizes[];
  readonly data: string | undefined;
  readonly tolerance: ReturnType<typeof toleranceOf>;
  readonly runtime: Runtime | undefined;
}

/** One unreadable file does not keep the others from being repaired. */
async function repairGuarded(target: Target, job: Job, io: Io): Promise<FileResult> {
  try {
    return await repairFile(target, job, io);
  } catch (error) {
    const { status, message } = explainError(error, io);
    return { ...target, status, written: false, changed: false, reports: [], left: [], error: message };
  }
}

async function repairFile(target: Target, job: Job, io: Io): Promise<FileResult> {
  const model = await openModel(target.input);
  try {
    checkAgainst(model, job.options);
    checkWeights(model, target, job.saving);
    const traced = sizesOfTracedShapes(model, job.options);
    // Loading onnxruntime takes as long as the passes: let it happen meanwhile.
    job.runtime?.start().catch(() => undefined);
    const outcome = await runPasses(model, job);
    if (!hasCalls(model)) return await finish(model, outcome, traced, target, job, io);
    const whole = await openModel(target.input);
    try {
      const inlined = await runInlined(whole, outcome, job);
      const [best, found] = inlined === undefined ? [model, outcome] : [whole, inlined];
      return await finish(best, found, traced, target, job, io);
    } finally {
      whole.close();
    }
  } finally {
    model.close();
  }
}

/** What the passes made of a model. */
interface Outcome {
  readonly reports: readonly PassReport[];
  readonly report: PassReport;
  readonly left: readonly Finding[];
}

async function runPasses(model: Model, job: Job): Promise<Outcome> {
  const passes = await job.command.makePasses({ ...job.options, ...(job.partial ? { partial: true } : {}) });
  const reports = await model.transform(...passes);
  const report = joinReports(job.command.name, reports);
  return { reports, report, left: leftOf(report, job) };
}

/**
 * Repairs the model once more, and then with what it calls in place of the calls: some defects can be seen only where all
 * that leads to them stands in one graph.
 *
 * @param model - as it is in the file
 * @param first - what the passes found in the model with its calls
 * @returns undefined where that finds no more
 */
async function runInlined(model: Model, first: Outcome, job: Job): Promise<Outcome | undefined> {
  const isRepaired = first.report.changed && first.left.length === 0;
  const before = isRepaired ? (await runPasses(model, job)).reports : [];
  const [inlining] = await model.transform(inlineCalls());
  const then = await runPasses(model, job);
  if (inlining === undefined || (!then.report.changed && then.left.length === 0)) return undefined;
  const reports = [...before, inlining, ...then.reports];
  return { reports, report: joinReports(job.command.name, reports), left: then.left };
}

async function finish(
  model: Model,
  { reports, report, left }: Outcome,
  traced: Sizes,
  target: Target,
  job: Job,
  io: Io,
): Promise<FileResult> {
  const common = { ...target, reports, left, changed: report.changed };
  if (report.changed && (left.length === 0 || job.partial)) {
    const done = await writeVerified(model, target, { ...report.sizes, ...traced }, report, job, io);
    return { ...common, ...done, status: worstOf([done.status, left.length > 0 ? ExitStatus.FINDINGS : 0]) };
  }
  if (left.length > 0) return { ...common, status: ExitStatus.FINDINGS, written: false };
  const written = target.requested && !job.dryRun;
  const dataFiles = written ? await copyUnchanged(model, target, job, io) : [];
  return { ...common, status: ExitStatus.OK, written, dataFiles };
}

function leftOf({ unresolved, others = [] }: PassReport, { command }: Job): Finding[] {
  if (!command.answersForAll) return unresolved;
  // What one pass could not repair, the next one may name again as not its own.
  const named = new Set(unresolved.map(({ value }) => value));
  return [...unresolved, ...others.filter(({ value }) => value === undefined || !named.has(value))];
}

interface Written {
  readonly status: ExitStatus;
  readonly written: boolean;
  readonly dataFiles?: readonly string[];
  readonly verification?: Verification;
}

async function writeVerified(
  model: Model,
  { input, output }: Target,
  sizes: Sizes,
  report: PassReport,
  job: Job,
  io: Io,
): Promise<Written> {
  if (job.dryRun) return { status: ExitStatus.OK, written: false };
  const { saving } = job;
  const apart = typeof saving.external === 'object';
  const staged = await guardOutput(output, () => new StagedModel(output, { apart }));
  try {
    staged.addDataFiles(await guardOutput(output, () => saveModel(model, staged.path, output, saving, io)));
    const verification = await verify(input, staged.path, sizes, report, job);
    if (verification?.outcome === 'failed') return { status: ExitStatus.FINDINGS, written: false, verification };
    const dataFiles = await guardOutput(output, () => staged.commit());
    return { status: ExitStatus.OK, written: true, dataFiles, ...(verification ? { verification } : {}) };
  } finally {
    staged.discard();
  }
}

async function verify(
  input: string,
  result: string,
  sizes: Sizes,
  report: PassReport,
  { runtime, runAt, data, tolerance, partial, options }: Job,
): Promise<Verification | undefined> {
  if (runtime === undefined) return undefined;
  const isPartial = partial || (report.others ?? []).length > 0;
  return verifyResult(input, result, {
    runtime,
    sizes,
    values: report.inputs ?? {},
    runAt,
    data,
    tolerance,
    isPartial,
    items: report.items ?? {},
    ...(report.reassociates ? { reassociates: true } : {}),
    ...(report.changesValues ? { changesValues: true } : {}),
    ...(options.io ? { changesTypes: true } : {}),
  });
}

/** Nothing to repair, but an output was asked for: the same bytes under another name, unless weights are to move. */
function copyUnchanged(model: Model, { output }: Target, { saving }: Job, io: Io): Promise<string[]> {
  return guardOutput(output, () => {
    makeFolder(dirname(output));
    return saveModel(model, output, output, saving, io);
  });
}
