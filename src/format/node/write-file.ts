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
  writeSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import type { ByteSource } from '../byte-source.js';
import type { Chunk } from '../composer.js';
import { chunksLength } from '../write-chunks.js';

/** How a file is written. */
export interface WriteOptions {
  /** Called after every few megabytes. */
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
  /** Stops the writing; nothing is left behind then. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Wait until the disk has it all before the file gets its name, so that not even a power cut leaves half of it. Default
   * true.
   */
  readonly durable?: boolean | undefined;
}

/**
 * All goes through one buffer of this size, which stays in the processor's cache. Larger writes make the system look for
 * larger pages, which takes anything from no time to seconds.
 */
const BUFFER = 1 << 17;

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
  #durable = true;
  #flushing: Promise<void> | undefined;

  constructor(target: string) {
    const existing = statSync(target, { throwIfNoEntry: false });
    this.target = existing ? realpathSync(target) : target;
    this.#mode = existing?.mode;
    const unique = `${process.pid}.${randomBytes(4).toString('hex')}`;
    this.#temporary = join(dirname(this.target), `.${basename(this.target)}.${unique}.tmp`);
    this.#descriptor = this.#guard(() => openSync(this.#temporary, 'wx'));
  }

  /** Appends chunks. */
  async write(chunks: readonly Chunk[], { onProgress, signal, durable = true }: WriteOptions = {}): Promise<void> {
    const total = chunksLength(chunks);
    this.#durable = durable;
    const buffer = new Uint8Array(Math.max(1, Math.min(BUFFER, total)));
    let used = 0;
    let done = 0;
    let nextTurn = TURN;
    const flush = async () => {
      this.#append(buffer.subarray(0, used));
      done += used;
      used = 0;
      if (done < nextTurn) return;
      nextTurn = done + TURN;
      onProgress?.(done, total);
      if (this.#durable) this.#flushBehind();
      await setImmediate();
      signal?.throwIfAborted();
    };
    signal?.throwIfAborted();
    const sources = new Set<ByteSource>();
    for (const chunk of chunks) {
      if (!(chunk instanceof Uint8Array)) sources.add(chunk.source);
      for (let at = 0; at < chunk.length; ) {
        const count = Math.min(buffer.length - used, chunk.length - at);
        const into = buffer.subarray(used, used + count);
        if (chunk instanceof Uint8Array) into.set(chunk.subarray(at, at + count));
        else if (chunk.source.readIntoSync) chunk.source.readIntoSync(into, chunk.offset + at);
        else {
          const { source, offset } = chunk;
          into.set(source.readSync?.(offset + at, count) ?? (await source.read(offset + at, count)));
        }
        used += count;
        at += count;
        if (used === buffer.length) await flush();
      }
    }
    await flush();
    signal?.throwIfAborted();
    onProgress?.(total, total);
    for (const source of sources) source.checkUnchanged?.();
  }

  /** Makes it the file of that name. */
  async commit(): Promise<void> {
    await this.#flushing;
    const descriptor = this.#descriptor as number;
    this.#guard(() => {
      if (this.#durable) fsyncSync(descriptor);
      this.#descriptor = undefined;
      closeSync(descriptor);
      if (this.#mode !== undefined) chmodSync(this.#temporary, this.#mode);
      renameSync(this.#temporary, this.target);
    });
    if (this.#durable) syncFolder(dirname(this.target));
  }

  /** Removes what was written. */
  async discard(): Promise<void> {
    await this.#flushing;
    if (this.#descriptor !== undefined) closeSync(this.#descriptor);
    this.#descriptor = undefined;
    rmSync(this.#temporary, { force: true });
  }

  #append(bytes: Uint8Array): void {
    const descriptor = this.#descriptor as number;
    this.#guard(() => {
      for (let at = 0; at < bytes.length; ) at += writeSync(descriptor, bytes, at);
    });
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
