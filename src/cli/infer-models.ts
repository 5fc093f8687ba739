/** What `infer-shapes` does: read, infer, write; fast for many small files in one process. */
import { dirname } from 'node:path';
import { inferShapes } from '../passes/infer-shapes.js';
import type { PassReport } from '../passes/pass.js';
import { flag, texts } from './args.js';
import type { Args } from './command.js';
import { about, explainError } from './errors.js';
import { ExitStatus, worstOf } from './exit.js';
import type { Io } from './io.js';
import { openModel } from './open-model.js';
import { resolveTargets, type Target } from './output.js';
import { jsonNumber } from './report.js';
import { checkWeights, guardOutput, makeFolder, readSaving, type Saving, saveModel } from './saving.js';

/** More values than this are summed up; JSON has them all. */
const MOST_LINES = 20;

/** One file's result: the single source of text and JSON. */
interface InferredFile {
  readonly input: string;
  readonly output: string | null;
  readonly status: ExitStatus;
  readonly changed: boolean;
  /** Values and inputs that got a type, or a better one. */
  readonly declared: PassReport['edits'];
  /** Values that are not known in full. */
  readonly open: PassReport['findings'];
  readonly error: string | null;
}

/** Runs `infer-shapes` on all its inputs. @returns the worst status of all files */
export async function inferModels(args: Args, io: Io): Promise<ExitStatus> {
  const targets = resolveTargets(texts(args, 'model'), args, 'inferred');
  const job: Job = { dryRun: flag(args, 'dry-run'), saving: readSaving(args, targets, io) };
  const results: InferredFile[] = [];
  for (const target of targets) {
    const result = await inferGuarded(target, job, io);
    results.push(result);
    if (result.error !== null) {
      io.err(`onnx-surgeon: ${about(target.input, result.error)}\n`);
    } else if (!flag(args, 'quiet') && !flag(args, 'json')) io.out(`${describe(result).join('\n')}\n`);
  }
  if (flag(args, 'json')) io.out(`${JSON.stringify({ command: 'infer-shapes', files: results }, jsonNumber, 2)}\n`);
  return worstOf(results.map(({ status }) => status));
}

/** What is asked for all inputs alike. */
interface Job {
  readonly dryRun: boolean;
  readonly saving: Saving;
}

/** One unreadable file does not keep the others from being written. */
async function inferGuarded(target: Target, job: Job, io: Io): Promise<InferredFile> {
  try {
    return await inferFile(target, job, io);
  } catch (error) {
    const { status, message } = explainError(error, io);
    return { input: target.input, output: null, status, changed: false, declared: [], open: [], error: message };
  }
}

async function inferFile({ input, output }: Target, { dryRun, saving }: Job, io: Io): Promise<InferredFile> {
  const model = await openModel(input);
  try {
    checkWeights(model, { input, output }, saving);
    const report = await inferShapes().run(model, { log: () => undefined });
    if (!dryRun) {
      await guardOutput(output, () => {
        makeFolder(dirname(output));
        return saveModel(model, output, output, saving, io);
      });
    }
    return {
      input,
      output: dryRun ? null : output,
      status: ExitStatus.OK,
      changed: report.changed,
      declared: report.edits,
      open: report.findings,
      error: null,
    };
  } finally {
    model.close();
  }
}

function describe({ input, output, declared, open }: InferredFile): string[] {
  const lines = [`${input}: ${declared.length} declared, ${open.length} not known in full`];
  for (const { message, evidence = [] } of open.slice(0, MOST_LINES)) {
    lines.push(`  ${message}${evidence.map((reason) => ` (${reason})`).join('')}`);
  }
  if (open.length > MOST_LINES) lines.push(`  and ${open.length - MOST_LINES} more; --json lists all`);
  if (output !== null) lines.push(`  written to ${output}`);
  return lines;
}
