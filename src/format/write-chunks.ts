import type { Chunk } from './composer.js';
import { FormatError } from './format-error.js';

/** Total number of bytes of the chunks. */
export function chunksLength(chunks: readonly Chunk[]): number {
  let length = 0;
  for (const chunk of chunks) length += chunk.length;
  return length;
}

/**
 * Puts the chunks together in memory.
 * @throws FormatError when the result is larger than an array can be
 */
export async function joinChunks(chunks: readonly Chunk[]): Promise<Uint8Array> {
  const length = chunksLength(chunks);
  let result: Uint8Array;
  try {
    result = new Uint8Array(length);
  } catch {
    throw new FormatError('memory', `${length} bytes do not fit in one array; write to a file instead`);
  }
  let at = 0;
  for (const chunk of chunks) {
    const bytes =
      chunk instanceof Uint8Array
        ? chunk
        : (chunk.source.readSync?.(chunk.offset, chunk.length) ??
          (await chunk.source.read(chunk.offset, chunk.length)));
    result.set(bytes, at);
    at += bytes.length;
  }
  return result;
}
