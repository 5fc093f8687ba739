import { randomBytes } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  fdatasync,
  fsyncSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  write,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { ByteSource } from '../byte-source.js';
import type { Chunk } from '../composer.js';
import { chunksLength } from '../write-chunks.js';

/** How a file is written. */
export interface WriteOptions {
  /** Called after every few megabytes. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
  /** Stops the writing; nothing is left behind then. */
  readonly signal?: AbortSignal | undefined;
}

/** Two buffers of this size are all that a save needs; larger ones fall out of the processor's cache. */
const BUFFER = 1 << 20;

/** Bytes between two reports of progress. */
const TURN = 64 << 20;

/**
 * Writes a file that appears under its name only when it is complete: a temporary file in the same folder, flushed to
 * disk, then renamed. It has the permissions of the file that it replaces; a symbolic link is written through.
 * @throws the system's error, with the target as its path; the target is as it was then, and nothing else is left
 */
export async function writeFileAtomically(
  target: string,
  chunks: readonly Chunk[],
  options: WriteOptions = {},
): Promise<void> {
  const file = new AtomicFile(target);
  try {
    await file.write(chunks, options);
    await file.commit();
  } catch (error) {
    await file.discard();
    throw error;
  }
}

/** A file in the making; see {@link writeFileAtomically}. */
export class AtomicFile {
  readonly target: string;
  readonly #temporary: string;
  readonly #mode: number | undefined;
  #descriptor: number | undefined;
  #writing: Promise<void> | undefined;
  #flushing: Promise<void> | undefined;

  constructor(target: string) {
    const existing = statSync(target, { throwIfNoEntry: false });
    this.target = existing ? realpathSync(target) : target;
    this.#mode = existing?.mode;
    const unique = `${process.pid}.${randomBytes(4).toString('hex')}`;
    this.#temporary = join(dirname(this.target), `.${basename(this.target)}.${unique}.tmp`);
    this.#descriptor = this.#guard(() => openSync(this.#temporary, 'wx'));
  }

  /** Appends chunks. While one buffer is being written, the other one is filled. */
  async write(chunks: readonly Chunk[], { onProgress, signal }: WriteOptions = {}): Promise<void> {
    const total = chunksLength(chunks);
    const size = Math.max(1, Math.min(BUFFER, total));
    let buffer = new Uint8Array(size);
    let other = total > size ? new Uint8Array(size) : buffer;
    let used = 0;
    let done = 0;
    let nextTurn = TURN;
    const flush = async () => {
      signal?.throwIfAborted();
      await this.#writing;
      const bytes = buffer.subarray(0, used);
      this.#writing = this.#append(bytes);
      // Whoever comes next awaits it; until then a failure is nobody's.
      this.#writing.catch(() => undefined);
      [buffer, other] = [other, buffer];
      done += used;
      used = 0;
      if (done < nextTurn) return;
      nextTurn = done + TURN;
      onProgress?.(done, total);
      this.#flushBehind();
    };
    const sources = new Set<ByteSource>();
    for (const chunk of chunks) {
      if (!(chunk instanceof Uint8Array)) sources.add(chunk.source);
      for (let at = 0; at < chunk.length; ) {
        const count = Math.min(size - used, chunk.length - at);
        const into = buffer.subarray(used, used + count);
        if (chunk instanceof Uint8Array) into.set(chunk.subarray(at, at + count));
        else if (chunk.source.readIntoSync) chunk.source.readIntoSync(into, chunk.offset + at);
        else {
          const { source, offset } = chunk;
          into.set(source.readSync?.(offset + at, count) ?? (await source.read(offset + at, count)));
        }
        used += count;
        at += count;
        if (used === size) await flush();
      }
    }
    await flush();
    await this.#writing;
    onProgress?.(total, total);
    for (const source of sources) source.checkUnchanged?.();
  }

  /** Makes it the file of that name. */
  async commit(): Promise<void> {
    await this.#flushing;
    const descriptor = this.#descriptor as number;
    this.#guard(() => {
      fsyncSync(descriptor);
      this.#descriptor = undefined;
      closeSync(descriptor);
      if (this.#mode !== undefined) chmodSync(this.#temporary, this.#mode);
      renameSync(this.#temporary, this.target);
    });
    syncFolder(dirname(this.target));
  }

  /** Removes what was written. */
  async discard(): Promise<void> {
    await this.#writing?.catch(() => undefined);
    await this.#flushing;
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
    rmSync(this.#temporary, { force: true });
  }

  async #append(bytes: Uint8Array): Promise<void> {
    const descriptor = this.#descriptor as number;
    for (let at = 0; at < bytes.length; ) {
      at += await new Promise<number>((resolve, reject) => {
        write(descriptor, bytes, at, bytes.length - at, null, (error, count) => {
          if (error) reject(Object.assign(error, { path: this.target }));
          else resolve(count);
        });
      });
    }
  }

  /** Lets the disk begin while more is being copied, so that the last flush is short. */
  #flushBehind(): void {
    const descriptor = this.#descriptor;
    if (descriptor === undefined || this.#flushing !== undefined) return;
    this.#flushing = new Promise((resolve) => {
      fdatasync(descriptor, () => {
        this.#flushing = undefined;
        resolve();
      });
    });
  }

  /** An error of the temporary file is one of the target to whoever asked for it. */
  #guard<T>(act: () => T): T {
    try {
      return act();
    } catch (error) {
      if (error instanceof Error && 'code' in error) Object.assign(error, { path: this.target });
      throw error;
    }
  }
}

/** Makes a rename last through a power cut, where folders can be flushed. */
function syncFolder(folder: string): void {
  try {
    const descriptor = openSync(folder, 'r');
    try {
      fsyncSync(descriptor);
    } finally {
      closeSync(descriptor);
    }
  } catch {
    // Not on every system, and the file itself is safe.
  }
}
