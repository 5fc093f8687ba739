import { closeSync, constants, fstatSync, openSync, read, readSync, type Stats } from 'node:fs';
import { type ByteSource, checkRange, type Siblings } from '../byte-source.js';
import { FormatError } from '../format-error.js';

/** A descriptor that nobody closed is closed when its source is collected. */
const forgotten = new FinalizationRegistry<number>((descriptor) => {
  try {
    closeSync(descriptor);
  } catch {
    // Closed by somebody else.
  }
});

/** For names that come from a model: no last-moment symbolic link, no waiting for the other end of a pipe. */
const CAREFUL = constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/** How many files may be open at once of those that can be opened again. */
const MAX_REOPENABLE = 16;
const reopenable = new Set<FileSource>();

/** How a {@link FileSource} is opened. */
export interface FileSourceOptions {
  /** The files beside this one. */
  readonly siblings?: Siblings;
  /** May the file be closed and opened again between reads? Models can have a thousand data files. */
  readonly reopen?: boolean;
  /** Refuses a file by what it is, right after it was opened. */
  readonly check?: (stats: Stats) => void;
}

/**
 * A file, read where it is asked for. It stays open, so that it can be replaced (renamed over) while in use; a file that
 * is written to in the meantime is noticed.
 */
export class FileSource implements ByteSource {
  readonly name: string;
  readonly location: string;
  readonly size: number;
  readonly readAhead = 1 << 16;
  readonly sibling?: (location: string) => ByteSource;
  readonly readInto?: (target: Uint8Array, offset: number) => Promise<void>;
  readonly #options: FileSourceOptions;
  readonly #stats: Stats | undefined;
  #descriptor: number | undefined;
  #closed = false;

  /** @throws the system's error when the file cannot be opened */
  constructor(path: string, options: FileSourceOptions = {}) {
    this.name = path;
    this.location = path;
    this.#options = options;
    const { siblings } = options;
    if (siblings) this.sibling = (location) => siblings.open(location);
    // A descriptor that may be closed at any time must not be left to another thread.
    if (!options.reopen) this.readInto = (target, offset) => this.#readInto(target, offset);
    const stats = fstatSync(this.#open());
    this.#stats = stats;
    this.size = stats.size;
    try {
      options.check?.(stats);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  readSync(offset: number, length: number): Uint8Array {
    checkRange(this, offset, length);
    const { buffer } = Buffer.allocUnsafeSlow(length);
    const target = new Uint8Array(buffer, 0, length);
    this.readIntoSync(target, offset);
    return target;
  }

  readIntoSync(target: Uint8Array, offset: number): void {
    checkRange(this, offset, target.length);
    const descriptor = this.#descriptor ?? this.#open();
    let done = 0;
    while (done < target.length) {
      const count = readSync(descriptor, target, done, Math.min(target.length - done, 1 << 30), offset + done);
      if (count === 0) throw new FormatError(this.name, 'was cut short while it was in use', offset + done);
      done += count;
    }
  }

  async #readInto(target: Uint8Array, offset: number): Promise<void> {
    checkRange(this, offset, target.length);
    const descriptor = this.#descriptor ?? this.#open();
    for (let done = 0; done < target.length; ) {
      const count = await new Promise<number>((resolve, reject) => {
        const length = Math.min(target.length - done, 1 << 30);
        read(descriptor, target, done, length, offset + done, (error, n) => {
          // Whatever came of it: the descriptor may be another file's by now.
          if (this.#closed) reject(new FormatError(this.name, 'is closed already'));
          else if (error) reject(error);
          else resolve(n);
        });
      });
      if (count === 0) throw new FormatError(this.name, 'was cut short while it was in use', offset + done);
      done += count;
    }
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    return this.readSync(offset, length);
  }

  /** @throws FormatError when the file was written to since it was opened */
  checkUnchanged(): void {
    const now = fstatSync(this.#descriptor ?? this.#open());
    const then = this.#stats;
    if (now.size !== then?.size || now.mtimeMs !== then.mtimeMs || now.ino !== then.ino || now.dev !== then.dev) {
      throw new FormatError(this.name, 'was changed by somebody else while it was in use');
    }
  }

  close(): void {
    this.#closed = true;
    this.#release();
    this.#options.siblings?.close();
  }

  #open(): number {
    if (this.#closed) throw new FormatError(this.name, 'is closed already');
    const { reopen } = this.#options;
    if (reopen && reopenable.size >= MAX_REOPENABLE)
      for (const oldest of reopenable) {
        oldest.#release();
        break;
      }
    const descriptor = openSync(this.name, reopen ? CAREFUL : constants.O_RDONLY);
    this.#descriptor = descriptor;
    forgotten.register(this, descriptor, this);
    if (reopen) reopenable.add(this);
    if (this.#stats !== undefined) this.checkUnchanged();
    return descriptor;
  }

  #release(): void {
    if (this.#descriptor === undefined) return;
    forgotten.unregister(this);
    reopenable.delete(this);
    closeSync(this.#descriptor);
    this.#descriptor = undefined;
  }
}
