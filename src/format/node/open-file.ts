import { readFileSync, realpathSync, statSync } from 'node:fs';
import { dirname, isAbsolute, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ByteSource } from '../byte-source.js';
import { FormatError } from '../format-error.js';
import { MemorySource } from '../memory-source.js';

/**
 * Opens a file for reading.
 * @throws FormatError when there is no such file, or it is a folder
 */
export function openFile(path: string | URL): ByteSource {
  const name = typeof path === 'string' ? path : fileURLToPath(path);
  let isFile: boolean;
  try {
    isFile = statSync(name).isFile();
  } catch (error) {
    throw new FormatError(name, reason(error));
  }
  if (!isFile) throw new FormatError(name, 'is not a file');
  return new MemorySource(readFileSync(name), name, name, (location) => openFile(siblingPath(name, location)));
}

/** The path of external data; refuses what is not inside the model's folder. */
function siblingPath(model: string, location: string): string {
  const folder = realpathSync(dirname(model));
  const path = join(folder, location);
  let real: string;
  try {
    real = realpathSync(path);
  } catch (error) {
    throw new FormatError(path, reason(error));
  }
  const inside = relative(folder, real);
  if (isAbsolute(location) || inside === '' || inside === '..' || inside.startsWith(`..${sep}`) || isAbsolute(inside)) {
    throw new FormatError(model, `external data ${JSON.stringify(location)} is outside of the model's folder`);
  }
  return real;
}

/** What went wrong, in words. */
export function reason(error: unknown): string {
  const code = (error as { code?: string }).code;
  if (code === 'ENOENT') return 'does not exist';
  if (code === 'EACCES' || code === 'EPERM') return 'may not be read';
  return error instanceof Error ? error.message : String(error);
}
