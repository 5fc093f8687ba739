import type { ByteSource } from './byte-source.js';
import type { Skeleton } from './skeleton.js';
import { encodeText } from './text.js';

/** A run of output: new bytes, or a range to copy from a source. */
export type Chunk = Uint8Array | { readonly source: ByteSource; readonly offset: number; readonly length: number };

/**
 * Fields that are written otherwise than the document says, for one save: where tensors keep their elements. Neither
 * this nor the document knows what the other one is.
 */
export interface Rewrites {
  /** Replaced fields, by the part of the document that has them. */
  readonly fields: ReadonlyMap<object, ReadonlyMap<number, (out: Composer) => void>>;
  /** Parts that cannot be copied as they are, because of something within them. */
  readonly opened: ReadonlySet<object>;
}

/** Buffers to use again: a graph may be written as a hundred thousand small messages. */
const spare: Uint8Array<ArrayBuffer>[] = [];

/** Arrays larger than this are not copied into the buffer of new bytes. */
const BY_REFERENCE = 1 << 14;

/**
 * Collects a protobuf message as chunks: new bytes where something changed, ranges of the original where nothing did.
 * Payloads are never read. Lengths are doubles: messages may exceed 4 GiB.
 */
export class Composer {
  /** Number of bytes so far. */
  length = 0;
  readonly rewrites: Rewrites | undefined;
  readonly #chunks: Chunk[] = [];
  #buffer = spare.pop() ?? new Uint8Array(256);
  #used = 0;
  // The range that is still growing: neighbours in the original stay one range.
  #skeleton: Skeleton | undefined;
  #start = 0;
  #end = 0;

  constructor(rewrites?: Rewrites) {
    this.rewrites = rewrites;
  }

  /** Can this part of the document be copied from the file, unless it was edited? */
  mayCopy(part: object): boolean {
    return this.rewrites === undefined || !this.rewrites.opened.has(part);
  }

  /** Everything collected, in order. Call once, at the end. */
  chunks(): readonly Chunk[] {
    this.#endRange();
    this.#endBytes();
    return this.#chunks;
  }

  /** The original's fields at positions `[start, end)`, with the payloads in between. */
  range(skeleton: Skeleton, start: number, end: number): void {
    if (start === end) return;
    this.length += skeleton.toSource(end) - skeleton.toSource(start);
    if (this.#skeleton === skeleton && this.#end === start) {
      this.#end = end;
      return;
    }
    this.#endRange();
    this.#skeleton = skeleton;
    this.#start = start;
    this.#end = end;
  }

  /** New bytes. Large arrays are kept by reference. */
  bytes(bytes: Uint8Array): void {
    this.length += bytes.length;
    this.#endRange();
    this.#append(bytes);
  }

  /** A field of type bytes whose content is copied from a source. */
  copiedField(number: number, content: Chunk): void {
    this.tag(number, 2);
    this.varint(content.length);
    this.length += content.length;
    this.#push(content);
  }

  /** A tag. */
  tag(number: number, wireType: number): void {
    this.varint(number * 8 + wireType);
  }

  /** An unsigned varint up to 2^53. */
  varint(value: number): void {
    this.#endRange();
    this.#reserve(10);
    const from = this.#used;
    let rest = value;
    while (rest >= 0x80) {
      this.#buffer[this.#used++] = (rest % 0x80) | 0x80;
      rest = Math.floor(rest / 0x80);
    }
    this.#buffer[this.#used++] = rest;
    this.length += this.#used - from;
  }

  /** A field of type int64 or int32 or an enum. */
  int(number: number, value: number | bigint): void {
    this.tag(number, 0);
    this.signed(value);
  }

  /** A signed varint, as int64 and int32 write it. */
  signed(value: number | bigint): void {
    if (typeof value === 'number' && value >= 0 && Number.isSafeInteger(value)) {
      this.varint(value);
      return;
    }
    let rest = BigInt.asUintN(64, BigInt(value));
    this.#endRange();
    this.#reserve(10);
    const from = this.#used;
    while (rest >= 0x80n) {
      this.#buffer[this.#used++] = Number(rest & 0x7fn) | 0x80;
      rest >>= 7n;
    }
    this.#buffer[this.#used++] = Number(rest);
    this.length += this.#used - from;
  }

  /** A field of type float. */
  float(number: number, value: number): void {
    this.tag(number, 5);
    const bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setFloat32(0, value, true);
    this.bytes(bytes);
  }

  /** A field of type string. */
  string(number: number, text: string): void {
    this.bytesField(number, encodeText(text));
  }

  /** A field of type bytes. */
  bytesField(number: number, bytes: Uint8Array): void {
    this.tag(number, 2);
    this.varint(bytes.length);
    this.bytes(bytes);
  }

  /** A field whose value is a message, written by `content`. */
  message(number: number, content: (out: Composer) => void): void {
    const inner = new Composer(this.rewrites);
    content(inner);
    this.tag(number, 2);
    this.varint(inner.length);
    this.#adopt(inner);
  }

  #adopt(inner: Composer): void {
    this.length += inner.length;
    if (inner.#chunks.length === 0 && inner.#skeleton === undefined) {
      this.#append(inner.#buffer.subarray(0, inner.#used));
      if (spare.length < 32 && inner.#buffer.length <= BY_REFERENCE) spare.push(inner.#buffer);
      return;
    }
    this.#endRange();
    for (const chunk of inner.chunks()) {
      this.#push(chunk);
    }
  }

  #push(chunk: Chunk): void {
    if (chunk instanceof Uint8Array) {
      this.#append(chunk);
      return;
    }
    this.#endBytes();
    if (chunk.length > 0) this.#chunks.push(chunk);
  }

  #append(bytes: Uint8Array): void {
    if (bytes.length > BY_REFERENCE) {
      this.#endBytes();
      this.#chunks.push(bytes);
      return;
    }
    this.#reserve(bytes.length);
    this.#buffer.set(bytes, this.#used);
    this.#used += bytes.length;
  }

  #reserve(count: number): void {
    const needed = this.#used + count;
    if (needed <= this.#buffer.length) return;
    const larger = new Uint8Array(Math.max(needed, this.#buffer.length * 2));
    larger.set(this.#buffer.subarray(0, this.#used));
    this.#buffer = larger;
  }

  #endRange(): void {
    const skeleton = this.#skeleton;
    if (skeleton === undefined) return;
    this.#skeleton = undefined;
    const { source } = skeleton;
    // One long copy is quicker than many short ones, unless every read is a request to a server.
    if (source.readSync === undefined) {
      for (const piece of skeleton.pieces(this.#start, this.#end)) this.#push(piece);
      return;
    }
    const offset = skeleton.toSource(this.#start);
    const length = skeleton.toSource(this.#end) - offset;
    const solid = length === this.#end - this.#start;
    this.#push(solid ? skeleton.bytes.subarray(this.#start, this.#end) : { source, offset, length });
  }

  #endBytes(): void {
    if (this.#used === 0) return;
    this.#chunks.push(this.#buffer.slice(0, this.#used));
    this.#used = 0;
  }
}
