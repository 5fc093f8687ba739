import { readFileSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { ByteSource } from '../byte-source.js';
import { FormatError } from '../format-error.js';
import { MemorySource } from '../memory-source.js';
import { DataFiles } from './data-files.js';
import { FileSource } from './file-source.js';
import { reason } from './reason.js';

/** Files up to this size are read at once: one read is quicker than several, and the file need not stay open. */
const SMALL = 16 << 20;

/**
 * Opens a file for reading.
 * @throws FormatError when there is no such file, or it is a folder or device
 */
export function openFile(path: string | URL): ByteSource {
  const name = typeof path === 'string' && !path.startsWith('file://') ? path : fileURLToPath(path);
  const stats = (() => {
    try {
      return statSync(name);
    } catch (error) {
      throw new FormatError(name, reason(error));
    }
  })();
  if (!stats.isFile()) throw new FormatError(name, stats.isDirectory() ? 'is a folder, not a file' : 'is not a file');
  const siblings = new DataFiles(name);
  try {
    if (stats.size <= SMALL) return new MemorySource(readFileSync(name), name, { location: name, siblings });
    return new FileSource(name, { siblings });
  } catch (error) {
    throw error instanceof FormatError ? error : new FormatError(name, reason(error));
  }
}
