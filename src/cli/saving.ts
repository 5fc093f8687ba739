/** How results are written: where their weights go, what is shown meanwhile, and what is said when it fails. */
import { existsSync, mkdirSync, realpathSync, statSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { FormatError } from '../format/format-error.js';
import type { Model } from '../model/model.js';
import { type ExternalMode, save } from '../model/save.js';
import { walkTensors } from '../model/tensor-walk.js';
import { byteSize, flag, text } from './args.js';
import type { Args } from './command.js';
import { CliError, systemReason, UsageError } from './errors.js';
import { ExitStatus } from './exit.js';
import { interruptible } from './interrupt.js';
import type { Io } from './io.js';
import type { Target } from './output.js';
import { ProgressBar } from './progress.js';

/** What is asked of all results alike. */
export interface Saving {
  readonly external: ExternalMode;
  readonly overlay: boolean;
  /** Is `external` the caller's wish rather than the default? */
  readonly requested: boolean;
  readonly showProgress: boolean;
}

/**
 * Reads `--external` and `--overlay`.
 *
 * @throws UsageError when they are wrong, or an overlay would not be in the folder of its original
 */
export function readSaving(args: Args, targets: readonly Target[], io: Io): Saving {
  const given = text(args, 'external');
  const overlay = flag(args, 'overlay');
  if (overlay && given !== undefined) throw new UsageError('--overlay and --external exclude each other');
  if (overlay) for (const target of targets) checkOverlay(target);
  return {
    external: given === undefined ? (overlay ? 'keep' : 'copy') : readExternal(given),
    overlay,
    requested: overlay || given !== undefined,
    showProgress: io.isTerminal && !flag(args, 'quiet') && !flag(args, 'json'),
  };
}

function readExternal(given: string): ExternalMode {
  if (given === 'keep' || given === 'copy' || given === 'inline') return given;
  const [, size] = /^split=(.+)$/.exec(given) ?? [];
  if (size !== undefined) return { split: byteSize('external', size) };
  throw new UsageError(`--external ${given}: write keep, copy, inline or split=SIZE, for example split=2GB`);
}

/** An overlay refers to its original by name: it has to be another file in the folder where the original really is. */
function checkOverlay({ input, output, inPlace }: Target): void {
  if (inPlace) throw new UsageError('--overlay needs the original as it is; it cannot be combined with --in-place');
  const stats = statSync(input, { throwIfNoEntry: false });
  // What cannot be read is told when it is opened.
  if (!stats?.isFile()) return;
  const original = realpathSync(input);
  const folder = dirname(output);
  if (statSync(folder, { throwIfNoEntry: false }) === undefined || realpathSync(folder) !== dirname(original)) {
    throw new UsageError(
      `${output}: an overlay refers to ${basename(original)} beside it; write it to ${dirname(original)}`,
    );
  }
  if (stats.nlink > 1) {
    throw new UsageError(
      `${input}: has other names (hard links), and no model may refer to such a file; copy it first`,
    );
  }
}

/**
 * Is all external data there that a result is going to need, and would the result not replace it? Told before anything is
 * done; with `--external keep` the data may be elsewhere.
 *
 * @throws UsageError when the output is a data file of the input, or would be one of its own
 * @throws FormatError when a data file is missing, too short, or not in the model's folder
 */
export function checkWeights(
  model: Model,
  { input, output }: Pick<Target, 'input' | 'output'>,
  { external, overlay }: Saving,
): void {
  const locations = new Set<string>();
  for (const { tensor } of walkTensors(model)) {
    const data = tensor.external;
    if (data === undefined) continue;
    locations.add(data.location);
    if (external !== 'keep' || overlay) data.payload(tensor.byteLength);
  }
  const refers = external === 'keep' || external === 'copy';
  for (const location of locations) {
    const places = [join(dirname(input), location), ...(refers ? [join(dirname(output), location)] : [])];
    if (places.some((place) => realPath(place) === realPath(output))) {
      throw new UsageError(`${output}: is the file that holds weights of ${input}; choose another name`);
    }
  }
}

/** The place that a path leads to, also of a file that is still to be written. */
function realPath(path: string): string {
  if (existsSync(path)) return realpathSync(path);
  const folder = dirname(resolve(path));
  return existsSync(folder) ? join(realpathSync(folder), basename(path)) : resolve(path);
}

/**
 * Saves a model for the person at the terminal.
 *
 * @param path - where to write it now
 * @param output - the name that it will have, for messages
 * @returns the data files written along with it
 */
export async function saveModel(
  model: Model,
  path: string,
  output: string,
  { external, overlay, showProgress }: Saving,
  io: Io,
): Promise<string[]> {
  const bar = showProgress ? new ProgressBar(`writing ${basename(output)}`, io) : undefined;
  try {
    const onProgress = bar && { onProgress: (done: number, total: number) => bar.update(done, total) };
    // Under its own name it may replace a file.
    const durable = existsSync(output) && { durable: true };
    const files = await interruptible((signal) =>
      save(model, path, { external, overlay, signal, ...onProgress, ...durable }),
    );
    return files.slice(0, -1);
  } catch (error) {
    if (!(error instanceof FormatError) || error.what !== path) throw error;
    // What is wrong with the output is wrong with what was asked for.
    throw new UsageError(`${output}${error.message.slice(path.length)}`);
  } finally {
    bar?.end();
  }
}

/** Makes a folder and those above it. Node's own recursion calls a read-only file system a missing file. */
export function makeFolder(path: string): void {
  if (existsSync(path)) return;
  makeFolder(dirname(resolve(path)));
  mkdirSync(path);
}

/** Whatever the system says while an output is written is said of the output, not of a temporary file. */
export async function guardOutput<T>(output: string, action: () => T | Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (error) {
    const reason = systemReason(error);
    if (reason === undefined) throw error;
    throw new CliError(ExitStatus.INTERNAL, `${output}: cannot be written: ${reason}`, { cause: error });
  }
}
