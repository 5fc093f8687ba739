import type { ByteSource } from './byte-source.js';
import { FormatError } from './format-error.js';

/**
 * A protobuf file without its large payloads: `bytes` holds everything else in file order, `holes` says where the
 * payloads were cut out. Positions of messages are positions in `bytes`; {@link toSource} turns them into file offsets.
 * For bytes that are in memory anyway nothing is cut and both are the same.
 */
export class Skeleton {
  readonly source: ByteSource;
  readonly bytes: Uint8Array;
  /** Position in `bytes` of each hole, ascending; no two are equal, for a payload has its tag and length before it. */
  readonly #at: readonly number[];
  /** `#before[i]`: bytes cut out before hole i; one entry more than holes. */
  readonly #before: readonly number[];

  /** @param holes - position in `bytes` and length of every payload that was cut out, ascending */
  constructor(source: ByteSource, bytes: Uint8Array, holes: readonly { at: number; length: number }[] = []) {
    this.source = source;
    this.bytes = bytes;
    this.#at = holes.map((hole) => hole.at);
    const before = [0];
    let sum = 0;
    for (const hole of holes) {
      sum += hole.length;
      before.push(sum);
    }
    this.#before = before;
  }

  /** File offset of the byte at a position. A hole at the position itself comes before it. */
  toSource(position: number): number {
    if (this.#at.length === 0) return position;
    return position + (this.#before[this.#holesBefore(position + 1)] as number);
  }

  /** Where a value of `length` file bytes that begins at `start` ends in `bytes`. */
  end(start: number, length: number): number {
    // Nothing short is ever cut out of a message; most values are short.
    if (this.#at.length === 0 || length < HOLE_THRESHOLD) return start + length;
    const first = this.#holesBefore(start);
    const end = start + (this.#before[first] as number) + length;
    let low = first;
    let high = this.#at.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#at[middle] as number) + (this.#before[middle + 1] as number) <= end) low = middle + 1;
      else high = middle;
    }
    return end - (this.#before[low] as number);
  }

  /** The payload of `length` bytes whose field value begins at `start`. */
  payload(start: number, length: number): Payload {
    if (this.#at.length > 0 && length >= HOLE_THRESHOLD) {
      const hole = this.#holesBefore(start);
      if (this.#at[hole] === start) {
        return new Payload(this.source, start + (this.#before[hole] as number), length);
      }
    }
    return new Payload(this.source, this.toSource(start), length, this.bytes.subarray(start, start + length));
  }

  /** The file's bytes for positions `[start, end)`: what is here, and the payloads in between. */
  *pieces(start: number, end: number): Generator<Uint8Array | Payload> {
    let at = start;
    for (let hole = this.#holesBefore(start + 1); (this.#at[hole] ?? Number.POSITIVE_INFINITY) <= end; hole++) {
      const position = this.#at[hole] as number;
      const before = this.#before[hole] as number;
      if (position > at) yield this.bytes.subarray(at, position);
      yield new Payload(this.source, position + before, (this.#before[hole + 1] as number) - before);
      at = position;
    }
    if (end > at) yield this.bytes.subarray(at, end);
  }

  /** An error at a position. */
  error(sentence: string, position: number): FormatError {
    return new FormatError(this.source.name, sentence, this.toSource(position));
  }

  /** Number of holes at positions smaller than `position`. */
  #holesBefore(position: number): number {
    let low = 0;
    let high = this.#at.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.#at[middle] as number) < position) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

/** Payloads of at least this many bytes are left in the file. */
export const HOLE_THRESHOLD = 1024;

/** A run of bytes in a source, read when somebody asks. */
export class Payload {
  readonly source: ByteSource;
  readonly offset: number;
  readonly length: number;
  /** The bytes, when they are in memory anyway. */
  readonly bytes: Uint8Array | undefined;

  constructor(source: ByteSource, offset: number, length: number, bytes?: Uint8Array) {
    this.source = source;
    this.offset = offset;
    this.length = length;
    this.bytes = bytes;
  }

  /** The bytes, if they can be had synchronously. Perhaps a view: do not write to it. */
  readSync(): Uint8Array | undefined {
    return this.bytes ?? this.source.readSync?.(this.offset, this.length);
  }

  /** The bytes. Perhaps a view: do not write to it. */
  async read(): Promise<Uint8Array> {
    return this.readSync() ?? this.source.read(this.offset, this.length);
  }
}
