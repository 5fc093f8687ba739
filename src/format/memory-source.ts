import { type ByteSource, checkRange } from './byte-source.js';

/** Bytes in memory. Reads are views, nothing is copied. */
export class MemorySource implements ByteSource {
  readonly name: string;
  readonly size: number;
  readonly bytes: Uint8Array;
  readonly readAhead = 1 << 16;
  readonly location: string | undefined;

  /** @param sibling - opens external data, for bytes that came from a folder */
  constructor(bytes: Uint8Array, name = 'memory', location?: string, sibling?: (location: string) => ByteSource) {
    // A plain view of a Buffer: its slice() copies, as everybody expects.
    this.bytes = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.name = name;
    this.size = bytes.byteLength;
    this.location = location;
    if (sibling) this.sibling = sibling;
  }

  sibling?: (location: string) => ByteSource;

  readSync(offset: number, length: number): Uint8Array {
    checkRange(this, offset, length);
    return this.bytes.subarray(offset, offset + length);
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    return this.readSync(offset, length);
  }
}
