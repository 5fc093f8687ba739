import { decodeText, encodeText } from './text.js';

/**
 * Numbers for names: equal names have equal numbers. Names are hashed as the bytes they are in the file and become
 * strings only when somebody asks, which makes linking a graph of 100,000 nodes a matter of milliseconds.
 */
export class NameTable {
  readonly #file: Uint8Array;
  /** Where each name's bytes are in the file; names of other origin have bytes of their own. */
  #starts = new Float64Array(512);
  #lengths = new Int32Array(512);
  #hashes = new Int32Array(512);
  #count = 0;
  readonly #own = new Map<number, Uint8Array>();
  readonly #texts = new Map<number, string>();
  /** Open addressing; a slot holds a number + 1, 0 when empty. */
  #slots = new Int32Array(1024);

  /** @param file - the bytes that positions given to {@link intern} refer to */
  constructor(file: Uint8Array) {
    this.#file = file;
  }

  /** The number of the name at `[start, end)` of the file. */
  intern(start: number, end: number): number {
    const file = this.#file;
    const hash = hashOf(file, start, end);
    const slot = this.#slot(file, start, end, hash);
    const found = this.#slots[slot] as number;
    return found > 0 ? found - 1 : this.#add(slot, hash, start, end, undefined);
  }

  /** The number of a name. */
  internText(text: string): number {
    const bytes = encodeText(text);
    const hash = hashOf(bytes, 0, bytes.length);
    const slot = this.#slot(bytes, 0, bytes.length, hash);
    const found = this.#slots[slot] as number;
    return found > 0 ? found - 1 : this.#add(slot, hash, 0, bytes.length, bytes);
  }

  /** The number of a name that occurred before, else undefined. */
  find(text: string): number | undefined {
    const bytes = encodeText(text);
    const found = this.#slots[this.#slot(bytes, 0, bytes.length, hashOf(bytes, 0, bytes.length))] as number;
    return found > 0 ? found - 1 : undefined;
  }

  /** The name with a number. */
  text(id: number): string {
    let text = this.#texts.get(id);
    if (text === undefined) {
      const start = this.#starts[id] as number;
      text = decodeText(this.#own.get(id) ?? this.#file, start, start + (this.#lengths[id] as number));
      this.#texts.set(id, text);
    }
    return text;
  }

  #add(slot: number, hash: number, start: number, end: number, own: Uint8Array | undefined): number {
    const id = this.#count++;
    if (id === this.#starts.length) this.#enlarge();
    this.#starts[id] = start;
    this.#lengths[id] = end - start;
    this.#hashes[id] = hash;
    if (own !== undefined) this.#own.set(id, own);
    this.#slots[slot] = id + 1;
    if (this.#count * 2 > this.#slots.length) this.#spread();
    return id;
  }

  /** The slot that holds the name, or the empty one where it belongs. */
  #slot(bytes: Uint8Array, start: number, end: number, hash: number): number {
    const slots = this.#slots;
    const mask = slots.length - 1;
    for (let slot = hash & mask; ; slot = (slot + 1) & mask) {
      const id = (slots[slot] as number) - 1;
      if (id < 0 || (this.#hashes[id] === hash && this.#equals(id, bytes, start, end))) return slot;
    }
  }

  #equals(id: number, bytes: Uint8Array, start: number, end: number): boolean {
    const length = end - start;
    if (this.#lengths[id] !== length) return false;
    const other = this.#own.size === 0 ? this.#file : (this.#own.get(id) ?? this.#file);
    const from = this.#starts[id] as number;
    for (let i = 0; i < length; i++) if (other[from + i] !== bytes[start + i]) return false;
    return true;
  }

  #enlarge(): void {
    const size = this.#starts.length * 2;
    const starts = new Float64Array(size);
    starts.set(this.#starts);
    this.#starts = starts;
    const lengths = new Int32Array(size);
    lengths.set(this.#lengths);
    this.#lengths = lengths;
    const hashes = new Int32Array(size);
    hashes.set(this.#hashes);
    this.#hashes = hashes;
  }

  #spread(): void {
    const slots = new Int32Array(this.#slots.length * 4);
    const mask = slots.length - 1;
    for (let id = 0; id < this.#count; id++) {
      let slot = (this.#hashes[id] as number) & mask;
      while (slots[slot] !== 0) slot = (slot + 1) & mask;
      slots[slot] = id + 1;
    }
    this.#slots = slots;
  }
}

// Nobody can prepare a file full of names that all fall into one slot.
const SEED = (Math.random() * 0x40000000) | 0;

/** FNV-1a from a random start, with a final mix, in 30 bits. */
function hashOf(bytes: Uint8Array, start: number, end: number): number {
  let hash = SEED ^ (end - start);
  for (let i = start; i < end; i++) hash = Math.imul(hash ^ (bytes[i] as number), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
  return (hash ^ (hash >>> 13)) & 0x3fffffff;
}
