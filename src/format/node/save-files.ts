import { existsSync, mkdirSync, realpathSync, rmSync, statSync } from 'node:fs';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ByteSource } from '../byte-source.js';
import type { Chunk } from '../composer.js';
import { FormatError } from '../format-error.js';
import { checkLocation } from '../locations.js';
import { chunksLength } from '../write-chunks.js';
import { FileSource } from './file-source.js';
import { AtomicFile, type WriteOptions } from './write-file.js';

/** Bytes compared at once. */
const COMPARED = 1 << 20;

/** Up to this size flushing is not worth a thought. */
const SMALL = 64 << 20;

/** A file to write. */
export interface OutgoingFile {
  readonly path: string;
  readonly chunks: readonly Chunk[];
}

/** The path of a target given as path or file URL. */
export function targetPath(target: string | URL): string {
  return typeof target === 'string' ? target : fileURLToPath(target);
}

/** The path of a file in the target's folder. */
export function beside(target: string, name: string): string {
  return join(dirname(target), name);
}

/**
 * Names for new data files beside a target: none that exists. The file that is there may belong to the model that is
 * being replaced, and that one has to stay whole until the last moment.
 */
export function dataNames(target: string): (index: number) => string {
  const folder = dirname(target);
  const taken = new Set<string>();
  return (index) => {
    for (let n = index; ; n++) {
      const name = n === 0 ? `${basename(target)}.data` : `${basename(target)}.${n}.data`;
      if (taken.has(name) || existsSync(join(folder, name))) continue;
      taken.add(name);
      return name;
    }
  };
}

/**
 * What a model at `target` calls the file that `source` reads.
 * @throws FormatError when the source is no file, not in the target's folder, or the target itself
 */
export function overlayLocation(source: ByteSource, target: string): string {
  const { location } = source;
  if (location === undefined) throw new FormatError(source.name, 'is not a file that another model can refer to');
  if (!sameFolder(dirname(location), dirname(target))) {
    throw new FormatError(target, `has to be in the folder of ${location} to refer to it`);
  }
  if (existsSync(target) && realpathSync(target) === realpathSync(location)) {
    throw new FormatError(target, 'cannot refer to itself: an overlay is another file than its original');
  }
  return basename(location);
}

/** Is the data that a model beside the target refers to in its place? @throws FormatError naming what is missing */
export function checkDataInPlace(source: ByteSource, locations: Iterable<string>, target: string): void {
  if (source.location === undefined || sameFolder(dirname(source.location), dirname(target))) return;
  for (const location of locations) {
    if (existsSync(join(dirname(target), location))) continue;
    throw new FormatError(target, `would refer to external data ${JSON.stringify(location)}, which is not beside it`);
  }
}

/** Copies of data files to make, for a model that moves to the target's folder; those in place already are left out. */
export function dataCopies(source: ByteSource, locations: Iterable<string>, target: string): OutgoingFile[] {
  const copies: OutgoingFile[] = [];
  const folder = dirname(target);
  for (const location of locations) {
    checkLocation(source.name, location);
    const data = source.sibling?.(location);
    if (data === undefined) throw new FormatError(source.name, `has no folder to find ${JSON.stringify(location)} in`);
    const path = join(folder, location);
    if (existsSync(path)) {
      if (sameContent(data, path)) continue;
      throw new FormatError(path, "is in the way of the model's external data");
    }
    const parent = dirname(path);
    mkdirSync(parent, { recursive: true });
    const inside = relative(realpathSync(folder), realpathSync(parent));
    if (inside === '..' || inside.startsWith(`..${sep}`)) {
      throw new FormatError(path, "is not inside the model's folder: a folder on the way is a link");
    }
    copies.push({ path, chunks: [{ source: data, offset: 0, length: data.size }] });
  }
  return copies;
}

/**
 * Writes files so that the last one appears after all others are there, each atomically. On failure those that appeared
 * are removed again.
 */
export async function writeFiles(files: readonly OutgoingFile[], options: WriteOptions = {}): Promise<string[]> {
  const total = files.reduce((sum, { chunks }) => sum + chunksLength(chunks), 0);
  const written: string[] = [];
  const open: AtomicFile[] = [];
  let before = 0;
  const { onProgress, signal } = options;
  // All or none: a replaced model's weights may be in a new file.
  const durable = options.durable ?? (total <= SMALL || files.some(({ path }) => existsSync(path)));
  try {
    for (const { path, chunks } of files) {
      const file = new AtomicFile(path);
      open.push(file);
      const base = before;
      await file.write(chunks, {
        signal,
        durable,
        onProgress: onProgress && ((done) => onProgress(base + done, total)),
      });
      before += chunksLength(chunks);
    }
    for (const file of open) {
      await file.commit();
      written.push(file.target);
    }
  } catch (error) {
    for (const file of open) await file.discard();
    // All but the last are new names, see `dataNames` and `dataCopies`.
    for (const path of written) rmSync(path, { force: true });
    throw error;
  }
  return written;
}

function sameFolder(a: string, b: string): boolean {
  if (resolve(a) === resolve(b)) return true;
  const [first, second] = [statSync(a, { throwIfNoEntry: false }), statSync(b, { throwIfNoEntry: false })];
  return first !== undefined && second !== undefined && first.dev === second.dev && first.ino === second.ino;
}

function sameContent(data: ByteSource, path: string): boolean {
  if (data.location !== undefined && realpathSync(data.location) === realpathSync(path)) return true;
  const other = new FileSource(path);
  try {
    if (other.size !== data.size) return false;
    for (let at = 0; at < data.size; at += COMPARED) {
      const length = Math.min(COMPARED, data.size - at);
      const [left, right] = [data.readSync?.(at, length), other.readSync(at, length)];
      if (left === undefined || Buffer.compare(left, right) !== 0) return false;
    }
    return true;
  } finally {
    other.close();
  }
}
