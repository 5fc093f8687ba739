/** Results that appear under their name only when they are verified, and leave nothing behind otherwise. */
import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { CliError } from './errors.js';
import { ExitStatus } from './exit.js';
import { untilSignal } from './interrupt.js';
import { makeFolder } from './saving.js';

/**
 * A model that waits under another name, in the folder where it will be: external data is looked for beside it. Data files
 * that are written along with it wait in a folder of their own, under the names that they will have, which the model
 * mentions.
 */
export class StagedModel {
  /** Where to write the model. */
  readonly path: string;
  readonly #target: string;
  /** The folder of its own. */
  readonly #folder: string | undefined;
  /** The data files: where they are now. */
  #data: string[] = [];
  readonly #forget: (() => void)[] = [];

  /**
   * @param target - the name it will have; its folder is made where it is missing
   * @param apart - will new data files be written along with it?
   */
  constructor(target: string, { apart = false } = {}) {
    this.#target = target;
    makeFolder(dirname(target));
    const temporary = join(dirname(target), `.${basename(target)}.${randomBytes(4).toString('hex')}.tmp`);
    this.#folder = apart ? temporary : undefined;
    this.path = apart ? join(temporary, basename(target)) : temporary;
    this.#forget.push(untilSignal(temporary));
    try {
      if (apart) this.#reserveNames(temporary);
    } catch (error) {
      this.discard();
      throw error;
    }
  }

  /** Is told of the data files that were written: in the folder of its own, or (copies) where they stay. */
  addDataFiles(paths: readonly string[]): void {
    this.#data = [...paths];
    if (this.#folder === undefined) this.#forget.push(...paths.map(untilSignal));
  }

  /** Gives all files their names, the model last and with the permissions of the file that it replaces. */
  commit(): string[] {
    if (this.#folder !== undefined) {
      for (const [index, path] of this.#data.entries()) {
        const name = join(dirname(this.#target), basename(path));
        if (existsSync(name))
          throw new CliError(ExitStatus.INTERNAL, `${name}: was written by somebody else meanwhile`);
        renameSync(path, name);
        this.#data[index] = name;
      }
    }
    const replaced = statSync(this.#target, { throwIfNoEntry: false });
    if (replaced !== undefined) chmodSync(this.path, replaced.mode);
    renameSync(this.path, this.#target);
    const data = this.#data;
    this.#data = [];
    return data;
  }

  /** Removes what was written; after {@link commit}, only the empty folder that it waited in. */
  discard(): void {
    for (const path of [...this.#data, this.#folder ?? this.path]) {
      if (existsSync(path)) rmSync(path, { recursive: true });
    }
    for (const forget of this.#forget) forget();
  }

  /** New data files take names that are free; those taken in the target's folder have to be taken in this one too. */
  #reserveNames(folder: string): void {
    mkdirSync(folder);
    const name = basename(this.#target);
    for (const taken of readdirSync(dirname(this.#target))) {
      if (taken.startsWith(`${name}.`)) writeFileSync(join(folder, taken), '');
    }
  }
}
