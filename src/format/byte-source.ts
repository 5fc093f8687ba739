import { FormatError } from './format-error.js';

/** Bytes that can be read at any position: a file, memory, a Blob, an HTTP resource. */
export interface ByteSource {
  /** What to call it in messages: a path, a URL, 'memory'. */
  readonly name: string;
  /** Total number of bytes; exact up to 2^53. */
  readonly size: number;
  /** The path or URL that external data is relative to, where there is one. */
  readonly location?: string | undefined;
  /** All bytes, when they are in memory anyway. */
  readonly bytes?: Uint8Array | undefined;
  /** Bytes worth asking for at once: larger where every request costs a round trip. */
  readonly readAhead: number;
  /**
   * Reads synchronously, where the source can. The result may be a view of longer-lived memory: do not write to it.
   * @throws FormatError when the range ends after the source does
   */
  readSync?(offset: number, length: number): Uint8Array;
  /** Reads synchronously into the given buffer; an optional fast path for copying. */
  readIntoSync?(target: Uint8Array, offset: number): void;
  /** The same in another thread. */
  readInto?(target: Uint8Array, offset: number): Promise<void>;
  /** Reads; the same promises as {@link readSync}. */
  read(offset: number, length: number): Promise<Uint8Array>;
  /** Opens a file that lies beside this one (external data); refuses names that lead out of the folder. */
  sibling?(location: string): ByteSource;
  /** The same where it cannot be done at once. */
  openSibling?(location: string): Promise<ByteSource>;
  /** @throws FormatError when the bytes are no longer those that were there when it was opened */
  checkUnchanged?(): void;
  /** Frees what the source holds (a file descriptor); reading afterwards fails. */
  close?(): void;
}

/** The files that lie beside a source. */
export interface Siblings {
  /**
   * @param location - path relative to the source's folder, with `/` between its parts
   * @throws FormatError when there is none, or the path leads out of the folder
   */
  open(location: string): ByteSource;
  close(): void;
}

/** Checks a range against the size of a source. */
export function checkRange(source: ByteSource, offset: number, length: number): void {
  if (!(offset >= 0 && length >= 0 && offset + length <= source.size)) {
    throw new FormatError(source.name, `needs ${length} bytes, but the file ends at byte ${source.size}`, offset);
  }
}
