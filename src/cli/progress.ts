import type { Io } from './io.js';

/** Writes that are done before that need no bar. */
const PATIENCE_MS = 500;
const WIDTH = 30;

/** A line on a terminal that shows how far a write has come, and goes away when it is done. */
export class ProgressBar {
  readonly #io: Io;
  readonly #label: string;
  readonly #now: () => number;
  readonly #start: number;
  #shown = false;

  /** @param now - milliseconds of a clock */
  constructor(label: string, io: Io, now: () => number = () => performance.now()) {
    this.#io = io;
    this.#label = label;
    this.#now = now;
    this.#start = now();
  }

  /** Shows `done` of `total` bytes. */
  update(done: number, total: number): void {
    if (total <= 0 || this.#now() - this.#start < PATIENCE_MS) return;
    const filled = Math.floor((WIDTH * done) / total);
    const bar = '#'.repeat(filled).padEnd(WIDTH, '.');
    const gigabytes = (bytes: number) => (bytes / 1e9).toFixed(1);
    const percent = Math.floor((100 * done) / total);
    this.#shown = true;
    this.#io.err(`\r\x1b[K${this.#label} [${bar}] ${percent} %, ${gigabytes(done)} of ${gigabytes(total)} GB`);
  }

  /** Takes the line away. */
  end(): void {
    if (this.#shown) this.#io.err('\r\x1b[K');
    this.#shown = false;
  }
}
