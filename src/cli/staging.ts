/** Results that appear under their name only when they are verified, and leave nothing behind otherwise. */
import { chmodSync, existsSync, mkdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

const staged = new Set<string>();
let isWatching = false;

/** A file that waits under another name, in the folder where it will be: external data is looked for beside it. */
export class StagedFile {
  /** Where to write. */
  readonly path: string;
  readonly #target: string;

  /** @param target - the name it will have; its folder is made where it is missing */
  constructor(target: string) {
    this.#target = target;
    mkdirSync(dirname(target), { recursive: true });
    this.path = join(dirname(target), `.${basename(target)}.${process.pid}.tmp`);
    staged.add(this.path);
    watchSignals();
  }

  /** Gives the file its name, with the permissions of the file that it replaces. */
  commit(): void {
    const replaced = statSync(this.#target, { throwIfNoEntry: false });
    if (replaced !== undefined) chmodSync(this.path, replaced.mode);
    renameSync(this.path, this.#target);
    staged.delete(this.path);
  }

  /** Removes what was written; does nothing after {@link commit}. */
  discard(): void {
    if (staged.delete(this.path) && existsSync(this.path)) rmSync(this.path);
  }
}

function watchSignals(): void {
  if (isWatching) return;
  isWatching = true;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(signal, () => {
      for (const path of staged) rmSync(path, { force: true });
      process.kill(process.pid, signal);
    });
  }
}
