/** Decides where results go, before anything is read: the input is never overwritten unless that was asked for. */
import { realpathSync, type Stats, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { flag, text } from './args.js';
import type { Args } from './command.js';
import { UsageError } from './errors.js';

/** What to do with one input. */
export interface Target {
  readonly input: string;
  readonly output: string;
  /** Was an output asked for, so that it is written even when there is nothing to repair? */
  readonly requested: boolean;
  readonly inPlace: boolean;
}

/**
 * Resolves `--output`, `--out-dir` and `--in-place` for all inputs.
 *
 * @param suffix - what the default name says of the result: `model.fixed.onnx`
 * @throws UsageError when they contradict each other, would overwrite an input, or cannot be written
 */
export function resolveTargets(inputs: readonly string[], args: Args, suffix = 'fixed'): Target[] {
  const output = text(args, 'output');
  const outDir = text(args, 'out-dir');
  const inPlace = flag(args, 'in-place');
  const chosen = [output !== undefined && '--output', outDir !== undefined && '--out-dir', inPlace && '--in-place'];
  const given = chosen.filter((name) => name !== false);
  if (given.length > 1) throw new UsageError(`${given.join(' and ')} exclude each other`);
  if (output !== undefined && inputs.length > 1) {
    throw new UsageError(`--output takes one input, ${inputs.length} are given; use --out-dir`);
  }
  if (outDir !== undefined && statOf(outDir)?.isDirectory() === false) {
    throw new UsageError(`--out-dir ${outDir} is not a directory`);
  }
  const targets = inputs.map((input) => ({
    input,
    output: inPlace
      ? input
      : (output ?? (outDir === undefined ? defaultName(input, suffix) : join(outDir, basename(input)))),
    requested: output !== undefined || outDir !== undefined,
    inPlace,
  }));
  const taken = new Set(inputs.flatMap(identities));
  for (const target of targets) checkTarget(target, taken, outDir !== undefined);
  checkDistinct(targets);
  return targets.map((target) => ({ ...target, output: throughLinks(target.output) }));
}

/** `model.onnx` -> `model.fixed.onnx`. */
function defaultName(input: string, suffix: string): string {
  return join(dirname(input), `${basename(input).replace(/\.onnx$/i, '')}.${suffix}.onnx`);
}

function checkTarget(
  { input, output, inPlace, requested }: Target,
  taken: ReadonlySet<string>,
  inOutDir: boolean,
): void {
  const stats = statOf(output);
  if (!inPlace && identities(output).some((identity) => taken.has(identity))) {
    throw new UsageError(`${output} is an input; use --in-place to replace it`);
  }
  if (stats?.isDirectory() && !inPlace) {
    throw new UsageError(`${output} is a directory; ${requested ? 'name a file, or use --out-dir' : 'use --output'}`);
  }
  if (stats && !stats.isFile() && !stats.isDirectory()) throw new UsageError(`${output} is not a regular file`);
  const folder = dirname(resolve(output));
  if (folder === dirname(resolve(input))) return;
  const folderStats = statOf(folder);
  if (folderStats?.isDirectory() === false) throw new UsageError(`${folder} is not a directory`);
  if (folderStats === undefined && !inOutDir) throw new UsageError(`${folder}: no such directory`);
}

function checkDistinct(targets: readonly Target[]): void {
  const seen = new Map<string, string>();
  for (const { input, output } of targets) {
    const path = throughLinks(resolve(output));
    const other = seen.get(path);
    if (other === input) throw new UsageError(`${input} is given twice`);
    if (other !== undefined) throw new UsageError(`${other} and ${input} would both be written to ${output}`);
    seen.set(path, input);
  }
}

/** What tells whether two paths are one file: the path itself and, for a file that exists, its place on the disk. */
function identities(path: string): string[] {
  const stats = statOf(path);
  return stats === undefined ? [resolve(path)] : [resolve(path), `${stats.dev}:${stats.ino}`];
}

/** A link is written through, not replaced. */
function throughLinks(path: string): string {
  return statOf(path) === undefined ? path : realpathSync(path);
}

function statOf(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch {
    return undefined;
  }
}
