import type { ByteSource } from '../byte-source.js';
import type { Chunk } from '../composer.js';

/** For less than this, handing a read to another thread takes longer than reading. */
const WORTH_WAITING = 1 << 16;

/** Puts chunks together, block by block. */
export class BlockFiller {
  readonly #chunks: readonly Chunk[];
  #index = 0;
  /** Position in the current chunk. */
  #at = 0;

  constructor(chunks: readonly Chunk[]) {
    this.#chunks = chunks;
  }

  /**
   * Fills a block with what comes next. Large reads are under way, in another thread, when this returns.
   * @returns how much there was: less than the block's length only at the end
   */
  async fill(block: Uint8Array): Promise<number> {
    let used = 0;
    for (; used < block.length; ) {
      const chunk = this.#chunks[this.#index];
      if (chunk === undefined) break;
      const at = this.#at;
      const count = Math.min(block.length - used, chunk.length - at);
      if (at + count === chunk.length) {
        this.#index++;
        this.#at = 0;
      } else this.#at += count;
      const into = block.subarray(used, used + count);
      used += count;
      if (chunk instanceof Uint8Array) into.set(chunk.subarray(at, at + count));
      else await copy(chunk.source, chunk.offset + at, into);
    }
    return used;
  }
}

async function copy(source: ByteSource, offset: number, into: Uint8Array): Promise<void> {
  if (source.readInto && into.length >= WORTH_WAITING) await source.readInto(into, offset);
  else if (source.readIntoSync) source.readIntoSync(into, offset);
  else into.set(source.readSync?.(offset, into.length) ?? (await source.read(offset, into.length)));
}
