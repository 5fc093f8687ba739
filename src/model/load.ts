import { BlobSource } from '../format/blob-source.js';
import type { ByteSource } from '../format/byte-source.js';
import { FormatError } from '../format/format-error.js';
import { MemorySource } from '../format/memory-source.js';
import { scan } from '../format/scan.js';
import { messageSchema } from '../format/schema.js';
import { Skeleton } from '../format/skeleton.js';
import { validate } from '../format/validate.js';
import { Model } from './model.js';

/** What a model can be read from: a path, file URL or HTTP(S) URL, bytes, a Blob, or another source of bytes. */
export type ModelSource = string | URL | Uint8Array | ArrayBuffer | Blob | ByteSource;

/**
 * Reads a model: its structure at once, the elements of its tensors when they are asked for.
 * @throws FormatError when it cannot be read, or is not an ONNX model
 */
export async function load(from: ModelSource): Promise<Model> {
  const source = await openSource(from);
  try {
    if (source.size === 0) throw new FormatError(source.name, 'is empty: not an ONNX model');
    const skeleton = source.bytes ? new Skeleton(source, source.bytes) : await scan(source);
    const { hasExternalData } = validate(skeleton, messageSchema('ModelProto'));
    const model = new Model(skeleton, hasExternalData);
    if (model.graph._spans.length === 0) throw new FormatError(source.name, 'has no graph: not an ONNX model');
    return model;
  } catch (error) {
    if (source !== from) source.close?.();
    throw error;
  }
}

async function openSource(from: ModelSource): Promise<ByteSource> {
  if (typeof from === 'string' || from instanceof URL) {
    if (/^https?:/i.test(String(from))) {
      const { openHttp } = await import('../format/http-source.js');
      return openHttp(from);
    }
    // Only here, so that browsers never see it.
    const { openFile } = await import('../format/node/open-file.js');
    return openFile(from);
  }
  if (from instanceof Uint8Array) return new MemorySource(from);
  if (from instanceof ArrayBuffer) return new MemorySource(new Uint8Array(from));
  return from instanceof Blob ? new BlobSource(from) : from;
}
