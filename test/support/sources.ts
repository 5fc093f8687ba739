import { type ByteSource, checkRange } from '../../src/format/byte-source.js';

/** Bytes that pretend to be a file: read in windows, with their large payloads left where they are. */
export class FakeFile implements ByteSource {
  readonly name = 'fake';
  readonly size: number;
  readonly readAhead: number;
  /** Bytes asked for so far. */
  bytesRead = 0;
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array, readAhead = 1 << 16) {
    this.#bytes = bytes;
    this.size = bytes.length;
    this.readAhead = readAhead;
  }

  readSync?(offset: number, length: number): Uint8Array {
    checkRange(this, offset, length);
    this.bytesRead += length;
    return this.#bytes.slice(offset, offset + length);
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    checkRange(this, offset, length);
    this.bytesRead += length;
    return this.#bytes.slice(offset, offset + length);
  }
}

/** The same, but only to be read asynchronously. */
export function asyncSource(bytes: Uint8Array, readAhead?: number): FakeFile {
  return Object.defineProperty(new FakeFile(bytes, readAhead), 'readSync', { value: undefined });
}
