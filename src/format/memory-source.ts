import { type ByteSource, checkRange, type Siblings } from './byte-source.js';

/** What else is known of bytes in memory. */
export interface MemorySourceOptions {
  /** The path that they were read from. */
  readonly location?: string;
  /** The files beside them. */
  readonly siblings?: Siblings;
  /** Opens the files beside them, where that cannot be done at once. */
  readonly openSibling?: (location: string) => Promise<ByteSource>;
}

/** Bytes in memory. Reads are views, nothing is copied. */
export class MemorySource implements ByteSource {
  readonly name: string;
  readonly size: number;
  readonly bytes: Uint8Array;
  readonly readAhead = 1 << 16;
  readonly location: string | undefined;
  readonly sibling?: (location: string) => ByteSource;
  readonly openSibling?: (location: string) => Promise<ByteSource>;
  readonly #siblings: Siblings | undefined;

  constructor(bytes: Uint8Array, name = 'memory', options: MemorySourceOptions = {}) {
    // A plain view of a Buffer: its slice() copies, as everybody expects.
    this.bytes = new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    this.name = name;
    this.size = bytes.byteLength;
    this.location = options.location;
    const { siblings } = options;
    this.#siblings = siblings;
    if (options.openSibling) this.openSibling = options.openSibling;
    if (siblings) this.sibling = (location) => siblings.open(location);
  }

  readSync(offset: number, length: number): Uint8Array {
    checkRange(this, offset, length);
    return this.bytes.subarray(offset, offset + length);
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    return this.readSync(offset, length);
  }

  /** Closes the files beside it; the bytes stay. */
  close(): void {
    this.#siblings?.close();
  }
}
