/** The results of repair commands as text and as JSON. */
import { basename } from 'node:path';
import pc from 'picocolors';
import type { Edit, Finding } from '../passes/pass.js';
import { flag } from './args.js';
import type { Args } from './command.js';
import { about } from './errors.js';
import type { Io } from './io.js';
import type { FileResult } from './result.js';
import type { Saving } from './saving.js';
import { sizesText } from './verification.js';

/** More lines of a kind than this are summed up; JSON has them all. */
const MOST_LINES = 20;

/** What the report has to know of what was asked. */
interface Job {
  readonly dryRun: boolean;
  readonly saving: Saving;
}

/**
 * Writes one file's result: what was done to standard output (unless `--quiet` or `--json`), and whatever is wrong, in a
 * sentence each, to standard error.
 */
export function writeResult(result: FileResult, job: Job, args: Args, io: Io): void {
  if (!flag(args, 'quiet') && !flag(args, 'json') && result.error === undefined) {
    io.out(`${describe(result, job, pc.createColors(io.color)).join('\n')}\n`);
  }
  for (const problem of problems(result, job.dryRun)) io.err(`onnx-surgeon: ${problem}\n`);
}

type Colors = ReturnType<typeof pc.createColors>;

function describe(result: FileResult, { dryRun, saving }: Job, colors: Colors): string[] {
  const { input, output, reports, left, changed, written, verification, dataFiles = [] } = result;
  const edits = reports.flatMap((report) => report.edits);
  const sizes = Object.assign({}, ...reports.map((report) => report.sizes ?? {}).reverse());
  const traced = Object.keys(sizes).length > 0 ? `, traced at ${sizesText(sizes)}` : '';
  const lines: string[] = [];
  if (changed) lines.push(`${colors.bold(input)}: ${counted(edits.length, 'edit')}${traced}`);
  else if (left.length > 0) lines.push(`${colors.bold(input)}: ${counted(left.length, 'defect')} left${traced}`);
  else lines.push(`${colors.bold(input)}: nothing to repair`);
  lines.push(...capped(edits.map((edit) => editLine(edit, colors))));
  lines.push(...capped(left.flatMap((finding) => findingLines(finding, colors))));
  if (left.length === 0)
    lines.push(...othersLine((reports.findLast((report) => report.others !== undefined)?.others ?? []).length));
  for (const shown of verification?.shown ?? []) lines.push(`  ${colors.green('verified')}: ${shown}`);
  if (written) {
    const identical = changed || saving.requested ? '' : ', an identical copy';
    const data = dataFiles.length === 0 ? '' : `, with ${counted(dataFiles.length, 'data file')}`;
    const needs = saving.overlay ? `; it needs ${basename(input)} beside it, unchanged` : '';
    lines.push(`  written to ${output}${identical}${data}${needs}`);
  }
  if (!written && dryRun && changed) lines.push(`  dry run: ${output} is not written`);
  return lines;
}

function editLine({ what, where, before, after }: Edit, colors: Colors): string {
  return `  ${colors.cyan(what)} at ${where}: ${before} -> ${after}`;
}

function findingLines({ message, node, evidence = [] }: Finding, colors: Colors): string[] {
  const where = node === undefined ? '' : ` (${node})`;
  return [`  ${colors.yellow('left')}: ${message}${where}`, ...evidence.map((fact) => `    ${colors.dim(fact)}`)];
}

/** Seen by the passes, but no matter of the command. */
function othersLine(count: number): string[] {
  return count === 0 ? [] : [`  also seen: ${counted(count, 'defect')} of other kinds; --json names them`];
}

function capped(lines: string[]): string[] {
  if (lines.length <= MOST_LINES) return lines;
  return [...lines.slice(0, MOST_LINES), `  and ${lines.length - MOST_LINES} more; --json lists all`];
}

/** What is wrong, for standard error. */
function problems({ input, left, written, verification, error, changed }: FileResult, dryRun: boolean): string[] {
  if (error !== undefined) return [about(input, error)];
  const sentences: string[] = [];
  const doubts = verification?.doubts.join('; ');
  if (verification?.outcome === 'failed') {
    sentences.push(`${input}: the result ${doubts}; nothing is written`);
  } else if (verification?.outcome === 'unavailable') {
    sentences.push(doubts ?? '');
  } else if (doubts) {
    sentences.push(`${input}: the result ${doubts}`);
  }
  const [first] = left;
  if (first !== undefined) {
    const more = left.length > 1 ? ` (and ${left.length - 1} more)` : '';
    const outcome = written || (dryRun && changed) ? '' : '; nothing is written';
    sentences.push(`${input}: ${counted(left.length, 'defect')} left: ${first.message}${more}${outcome}`);
  }
  return sentences;
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** Writes all results as one JSON document. */
export function writeResultsJson(command: string, results: readonly FileResult[], io: Io): void {
  const files = results.map(
    ({ input, output, status, written, dataFiles, changed, reports, left, verification, error }) => ({
      input,
      output: written ? output : null,
      dataFiles: dataFiles ?? [],
      status,
      changed,
      passes: reports,
      left,
      verification: verification ?? null,
      error: error ?? null,
    }),
  );
  io.out(`${JSON.stringify({ command, files }, jsonNumber, 2)}\n`);
}

/** JSON knows neither infinity nor NaN nor 64-bit integers. */
export function jsonNumber(_key: string, value: unknown): unknown {
  if (typeof value === 'bigint') return value.toString();
  return typeof value === 'number' && !Number.isFinite(value) ? String(value) : value;
}
