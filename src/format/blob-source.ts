import { type ByteSource, checkRange } from './byte-source.js';
import { FormatError } from './format-error.js';

/** A Blob or File, as browsers give them: read asynchronously, where it is asked for. */
export class BlobSource implements ByteSource {
  readonly name: string;
  readonly size: number;
  readonly readAhead = 1 << 18;
  readonly sibling?: (location: string) => ByteSource;
  readonly #blob: Blob;

  /** @param data - files of external data, by their location in the model */
  constructor(blob: Blob, data?: ReadonlyMap<string, Blob>) {
    this.#blob = blob;
    this.size = blob.size;
    this.name = 'name' in blob && typeof blob.name === 'string' ? blob.name : 'blob';
    if (data !== undefined) this.sibling = (location) => this.#open(location, data);
  }

  async read(offset: number, length: number): Promise<Uint8Array> {
    checkRange(this, offset, length);
    return new Uint8Array(await this.#blob.slice(offset, offset + length).arrayBuffer());
  }

  #open(location: string, data: ReadonlyMap<string, Blob>): ByteSource {
    const blob = data.get(location);
    if (blob !== undefined) return new BlobSource(blob);
    throw new FormatError(this.name, `external data ${JSON.stringify(location)} was not given along`);
  }
}
