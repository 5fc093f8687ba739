import { joinChunks } from '../format/write-chunks.js';
import type { Model } from './model.js';

/**
 * Writes a model to a file, atomically: a temporary file in the same folder, flushed to disk, then renamed. Whatever
 * happens, the target is the old file or the whole new one; it may be the file that the model was read from.
 * @throws FormatError or the system's error when the target cannot be written
 */
export async function save(model: Model, target: string): Promise<void> {
  const { writeFileAtomically } = await import('../format/node/write-file.js');
  await writeFileAtomically(target, model._chunks());
}

/** A model as the bytes of its file. */
export function serialize(model: Model): Promise<Uint8Array> {
  return joinChunks(model._chunks());
}
