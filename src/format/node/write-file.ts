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
import type { ByteSource } from '../byte-source.js';
import type { Chunk } from '../composer.js';
import { chunksLength } from '../write-chunks.js';
import { BlockFiller } from './block-filler.js';

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

/** What is read ahead while the block before it is being written; two blocks are all that a save needs. */
const BLOCK = 1 << 22;

/**
 * Bytes written at once: smaller ones take more calls; larger ones make the system look for larger pages, which may take
 * it several times as long as the copying.
 */
const PIECE = 1 << 17;

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
    // Nobody needs to be kept from guessing it: a file that is there already is never opened.
    const random = Math.floor(Math.random() * 2 ** 32);
    const unique = `${process.pid}.${random.toString(16).padStart(8, '0')}`;
    this.#temporary = join(dirname(this.target), `.${basename(this.target)}.${unique}.tmp`);
    this.#descriptor = this.#guard(() => openSync(this.#temporary, 'wx'));
  }

  /** Appends chunks. While one block is written, the next one is read. */
  async write(chunks: readonly Chunk[], { onProgress, signal, durable = true }: WriteOptions = {}): Promise<void> {
    const total = chunksLength(chunks);
    this.#durable = durable;
    const filler = new BlockFiller(chunks);
    const size = Math.min(BLOCK, total);
    let block = new Uint8Array(size);
    let other = new Uint8Array(total > size ? size : 0);
    let done = 0;
    let nextTurn = TURN;
    signal?.throwIfAborted();
    for (let used = await filler.fill(block); used > 0; [block, other] = [other, block]) {
      const reading = filler.fill(other);
      // It is awaited below, whatever happens first.
      reading.catch(() => undefined);
      try {
        this.#append(block.subarray(0, used));
      } finally {
        done += used;
        used = await reading;
      }
      if (done >= nextTurn) {
        nextTurn = done + TURN;
        onProgress?.(done, total);
        if (this.#durable) this.#flushBehind();
        await turn();
      }
      signal?.throwIfAborted();
    }
    onProgress?.(total, total);
    const sources = new Set<ByteSource>();
    for (const chunk of chunks) if (!(chunk instanceof Uint8Array)) sources.add(chunk.source);
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
      for (let at = 0; at < bytes.length; ) {
        at += writeSync(descriptor, bytes, at, Math.min(PIECE, bytes.length - at));
      }
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

/** Lets others have their turn: timers, signals, what else is read. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
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
