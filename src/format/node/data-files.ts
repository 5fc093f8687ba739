import { realpathSync, type Stats } from 'node:fs';
import { dirname, isAbsolute, join, relative, sep } from 'node:path';
import type { ByteSource, Siblings } from '../byte-source.js';
import { FormatError } from '../format-error.js';
import { checkLocation } from '../locations.js';
import { FileSource } from './file-source.js';
import { reason } from './reason.js';

/**
 * The data files of a model. A model is input from somewhere: its locations must not make us read (and perhaps hand on)
 * any other file. So a data file has to be a regular file inside the folder where the model is - as named or, for a
 * model reached through a symbolic link, as it really is -, not through links that lead out of it, and with no other
 * name (hard link) that could be anywhere.
 */
export class DataFiles implements Siblings {
  readonly #model: string;
  readonly #open = new Map<string, FileSource>();

  /** @param model - path of the model */
  constructor(model: string) {
    this.#model = model;
  }

  open(location: string): ByteSource {
    const known = this.#open.get(location);
    if (known !== undefined) return known;
    const path = dataFilePath(this.#model, location);
    let source: FileSource;
    try {
      source = new FileSource(path, { reopen: true, check: (stats) => this.#check(location, stats) });
    } catch (error) {
      throw error instanceof FormatError ? error : new FormatError(path, reason(error));
    }
    this.#open.set(location, source);
    return source;
  }

  close(): void {
    for (const source of this.#open.values()) source.close();
    this.#open.clear();
  }

  #check(location: string, stats: Stats): void {
    const what = `external data ${JSON.stringify(location)}`;
    if (!stats.isFile()) throw new FormatError(this.#model, `${what} is not a regular file`);
    if (stats.nlink > 1) throw new FormatError(this.#model, `${what} is a hard link, which may lead anywhere`);
  }
}

/**
 * The path of a data file.
 * @throws FormatError when it is missing or not inside the model's folder
 */
export function dataFilePath(model: string, location: string): string {
  checkLocation(model, location);
  const path = join(dirname(model), location);
  let real: string;
  let folders: string[];
  try {
    real = realpathSync(path);
    folders = [realpathSync(dirname(model)), dirname(realpathSync(model))];
  } catch (error) {
    throw new FormatError(path, `${reason(error)}; the model's external data is there`);
  }
  if (!folders.some((folder) => isInside(folder, real))) {
    throw new FormatError(model, `external data ${JSON.stringify(location)} is a link out of the model's folder`);
  }
  return real;
}

function isInside(folder: string, path: string): boolean {
  const rest = relative(folder, path);
  return rest !== '' && rest !== '..' && !rest.startsWith(`..${sep}`) && !isAbsolute(rest);
}
