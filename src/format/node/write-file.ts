import { closeSync, fsyncSync, openSync, renameSync, unlinkSync, writeSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { Chunk } from '../composer.js';

/** Writes a file through a temporary one in the same folder, flushed and renamed: never half a file at `target`. */
export async function writeFileAtomically(target: string, chunks: readonly Chunk[]): Promise<void> {
  const temporary = join(dirname(target), `.${basename(target)}.${process.pid}.tmp`);
  const file = openSync(temporary, 'wx');
  try {
    try {
      for (const chunk of chunks) {
        const bytes =
          chunk instanceof Uint8Array
            ? chunk
            : (chunk.source.readSync?.(chunk.offset, chunk.length) ??
              (await chunk.source.read(chunk.offset, chunk.length)));
        let at = 0;
        while (at < bytes.length) at += writeSync(file, bytes, at);
      }
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(temporary, target);
  } catch (error) {
    unlinkSync(temporary);
    throw error;
  }
}
