import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { FormatError } from '../format/format-error.js';
import { load } from '../model/load.js';
import type { Model } from '../model/model.js';
import { CliError } from './errors.js';
import { ExitStatus } from './exit.js';

/**
 * Reads a model for a command.
 *
 * @throws CliError with a sentence that says what the file is instead, where that can be told
 */
export async function openModel(path: string): Promise<Model> {
  const stats = statSync(path);
  if (stats.isDirectory()) throw new CliError(ExitStatus.UNREADABLE, `${path}: is a directory, not a file`);
  try {
    return await load(path);
  } catch (error) {
    if (!(error instanceof FormatError)) throw error;
    const detail = error.message.startsWith(`${path}: `) ? error.message.slice(path.length + 2) : error.message;
    const kind = stats.isFile() && stats.size > 0 ? kindOf(path) : undefined;
    if (kind !== undefined) throw unreadable(`${path}: is ${kind}, not an ONNX model`, error);
    if (error.offset === undefined) throw unreadable(`${path}: ${detail}`, error);
    throw unreadable(`${path}: is not an ONNX model, or is damaged or cut short: ${detail}`, error);
  }
}

function unreadable(message: string, cause: Error): CliError {
  return new CliError(ExitStatus.UNREADABLE, message, { cause });
}

/** What people pass by mistake, by the bytes (as Latin-1) that it has at a position. */
const KINDS: readonly (readonly [start: string, kind: string, at?: number])[] = [
  ['\x89PNG', 'a PNG image'],
  ['\xff\xd8\xff', 'a JPEG image'],
  ['PK\x03\x04', 'a ZIP archive (perhaps a PyTorch checkpoint)'],
  ['\x80\x02', 'a Python pickle (perhaps a PyTorch checkpoint)'],
  ['\x80\x04', 'a Python pickle (perhaps a PyTorch checkpoint)'],
  ['\x1f\x8b', 'a gzip archive'],
  ['\x89HDF\r\n', 'an HDF5 file'],
  ['TFL3', 'a TensorFlow Lite model', 4],
  ['ORTM', 'a model in ORT format', 4],
  ['version https://git-lfs', 'a Git LFS pointer (git lfs pull fetches the model)'],
];

/** Bytes that are looked at. */
const HEAD = 256;

function kindOf(path: string): string | undefined {
  const file = openSync(path, 'r');
  try {
    const head = Buffer.alloc(HEAD);
    const text = head.toString('latin1', 0, readSync(file, head, 0, HEAD, 0));
    const kind = KINDS.find(([start, , at = 0]) => text.startsWith(start, at))?.[1];
    return kind ?? (isText(text) ? 'a text file' : undefined);
  } finally {
    closeSync(file);
  }
}

/** Only printable ASCII and white space. */
function isText(text: string): boolean {
  return /^[ -~\s]*$/.test(text);
}
