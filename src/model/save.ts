import { joinChunks } from '../format/write-chunks.js';
import type { Model } from './model.js';
import { type Placement, placeTensors } from './placement.js';

/**
 * What happens to tensors that are, or should be, in files of their own:
 * - `keep`: references stay as they are, so the data has to be beside the target already;
 * - `copy`: references stay, and the data files are copied beside the target;
 * - `inline`: everything goes into the model's file;
 * - `split`: everything of at least `threshold` bytes goes into data files beside the target, of at most `split` bytes
 *   each (a larger tensor gets a file of its own).
 */
export type ExternalMode = 'keep' | 'copy' | 'inline' | { readonly split: number };

/** How {@link save} writes. */
export interface SaveOptions {
  /** Default `keep`. */
  readonly external?: ExternalMode;
  /**
   * Leave the weights in the file that the model was read from and write a small model that refers to it. The target has
   * to be in the same folder; it is worthless without the original, unchanged.
   */
  readonly overlay?: boolean;
  /** Smallest size in bytes that `split` and `overlay` move; default 1024. */
  readonly threshold?: number;
  /** Offsets of elements of 1 MiB and more in data files are multiples of this; default 65,536. */
  readonly alignment?: number;
  /** Called every few megabytes, with bytes written and bytes in all. */
  readonly onProgress?: (done: number, total: number) => void;
  /** Stops the save; nothing is left behind then. */
  readonly signal?: AbortSignal;
  /**
   * Wait until the disk has it all before the file gets its name, so that not even a power cut leaves half of it. Default:
   * where a file is replaced, and for files of up to 64 MiB; for large new files waiting takes half of the time.
   */
  readonly durable?: boolean;
}

/**
 * Writes a model to a file, atomically: a temporary file in the same folder, flushed to disk, then renamed. Whenever the
 * process is killed, the target is the old file or the whole new one; it may be the file that the model was read from.
 * @returns the paths of the files written, the model's last
 * @throws the system's error, with a `code` and the target as its `path`, when the target cannot be written
 */
export async function save(model: Model, target: string | URL, options: SaveOptions = {}): Promise<string[]> {
  const io = await import('../format/node/save-files.js');
  const path = io.targetPath(target);
  const { external = 'keep', threshold = 1024, alignment = 1 << 16 } = options;
  const placement = ((): Placement => {
    if (options.overlay) return { kind: 'overlay', original: io.overlayLocation(model.source, path), threshold };
    if (typeof external === 'object') {
      return { kind: 'split', maxFileSize: external.split, threshold, alignment, dataName: io.dataNames(path) };
    }
    return { kind: external === 'inline' ? 'inline' : 'keep' };
  })();
  const { rewrites, dataFiles, kept } = placeTensors(model, placement);
  if (external === 'keep') io.checkDataInPlace(model.source, kept, path);
  const copies = external === 'copy' ? io.dataCopies(model.source, kept, path) : [];
  const data = dataFiles.map(({ name, chunks }) => ({ path: io.beside(path, name), chunks }));
  return io.writeFiles([...copies, ...data, { path, chunks: model._chunks(rewrites) }], options);
}

/**
 * A model as the bytes of its file.
 * @param options - `inline` brings external data in
 */
export function serialize(model: Model, options: { readonly external?: 'keep' | 'inline' } = {}): Promise<Uint8Array> {
  return joinChunks(model._chunks(placeTensors(model, { kind: options.external ?? 'keep' }).rewrites));
}
