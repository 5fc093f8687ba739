import type { Skeleton } from './skeleton.js';

/** Wire types of protobuf. */
export const WireType = { VARINT: 0, FIXED64: 1, BYTES: 2, GROUP: 3, END_GROUP: 4, FIXED32: 5 } as const;

/** Groups are not part of ONNX; unknown ones are skipped to this depth. */
const MAX_GROUP_DEPTH = 64;

/**
 * Walks the fields of one message. After {@link next} returned true, the members describe the current field; nothing is
 * decoded before it is asked for.
 */
export class FieldReader {
  readonly skeleton: Skeleton;
  /** Field number. */
  number = 0;
  wireType = 0;
  /** Position of the field's tag. */
  fieldStart: number;
  /** Position of the value: the varint, the fixed bytes, the content of a length-delimited field. */
  start = 0;
  /** Position after the value and the field. */
  end: number;
  /** Length in the file of a length-delimited value; larger than `end - start` when payloads were cut out of it. */
  length = 0;
  readonly #bytes: Uint8Array;
  #limit: number;

  constructor(skeleton: Skeleton, start: number, limit: number) {
    this.skeleton = skeleton;
    this.#bytes = skeleton.bytes;
    this.#limit = limit;
    this.fieldStart = start;
    this.end = start;
  }

  /** Starts anew with another message of the same skeleton. */
  reset(start: number, limit: number): this {
    this.#limit = limit;
    this.fieldStart = start;
    this.end = start;
    return this;
  }

  /**
   * Goes to the next field; false at the end of the message.
   * @throws FormatError on a broken tag, varint, length or group
   */
  next(): boolean {
    if (this.end >= this.#limit) return false;
    this.fieldStart = this.end;
    const tag = this.#varint(this.end);
    this.number = Math.floor(tag / 8);
    this.wireType = tag % 8;
    if (this.number === 0 || tag > 0xffffffff) throw this.#error('field number is out of range', this.fieldStart);
    this.start = this.end;
    switch (this.wireType) {
      case WireType.VARINT:
        this.#skipVarint();
        break;
      case WireType.FIXED64:
        this.#skip(8);
        break;
      case WireType.BYTES: {
        this.length = this.#varint(this.start);
        this.start = this.end;
        this.end = this.skeleton.end(this.start, this.length);
        if (this.end > this.#limit) {
          throw this.#error(
            `length ${this.length} of field ${this.number} leads beyond the end of its message`,
            this.fieldStart,
          );
        }
        break;
      }
      case WireType.GROUP:
        this.#skipGroup();
        break;
      case WireType.FIXED32:
        this.#skip(4);
        break;
      default:
        throw this.#error(`wire type ${this.wireType} of field ${this.number} is not valid here`, this.fieldStart);
    }
    return true;
  }

  /** Is the field a length-delimited one (string, bytes, message, packed)? */
  get isBytes(): boolean {
    return this.wireType === WireType.BYTES;
  }

  get isVarint(): boolean {
    return this.wireType === WireType.VARINT;
  }

  /** The value of a varint field as a signed 64-bit integer, rounded to a double when beyond 2^53. */
  int(): number {
    return readInt(this.#bytes, this.start, this.end);
  }

  /** The value of a varint field as a signed 64-bit integer. */
  bigint(): bigint {
    return readBigInt(this.#bytes, this.start, this.end);
  }

  /** The value of a varint field as int32 (an enum): the low 32 bits, as protobuf reads it. */
  int32(): number {
    const value = this.int();
    return value === (value | 0) ? value : Number(BigInt.asIntN(32, this.bigint()));
  }

  /** The value of a fixed32 field as a float. */
  float(): number {
    return new DataView(this.#bytes.buffer, this.#bytes.byteOffset + this.start, 4).getFloat32(0, true);
  }

  #varint(position: number): number {
    const bytes = this.#bytes;
    const first = bytes[position] as number;
    if (first < 0x80 && position < this.#limit) {
      this.end = position + 1;
      return first;
    }
    const limit = Math.min(this.#limit, position + 10);
    let result = 0;
    let scale = 1;
    for (let i = position; i < limit; i++) {
      const b = bytes[i] as number;
      result += (b & 0x7f) * scale;
      if (b < 0x80) {
        this.end = i + 1;
        return result;
      }
      scale *= 128;
    }
    throw this.#badVarint(position);
  }

  #skipVarint(): void {
    const limit = Math.min(this.#limit, this.end + 10);
    for (let i = this.end; i < limit; i++) {
      if ((this.#bytes[i] as number) < 0x80) {
        this.end = i + 1;
        return;
      }
    }
    throw this.#badVarint(this.end);
  }

  #badVarint(position: number): Error {
    return this.#error(
      position + 10 <= this.#limit ? 'varint is longer than ten bytes' : 'message ends within a varint',
      position,
    );
  }

  #skip(count: number): void {
    this.end = this.start + count;
    if (this.end > this.#limit) throw this.#error(`message ends within field ${this.number}`, this.fieldStart);
  }

  #skipGroup(): void {
    const { fieldStart, number, start } = this;
    const open = [number];
    while (open.length > 0) {
      if (this.end >= this.#limit) throw this.#error(`group ${open[open.length - 1]} has no end`, fieldStart);
      const tagAt = this.end;
      const tag = this.#varint(tagAt);
      const inner = Math.floor(tag / 8);
      if (inner === 0 || tag > 0xffffffff) throw this.#error('field number is out of range', tagAt);
      this.start = this.end;
      switch (tag % 8) {
        case WireType.VARINT:
          this.#skipVarint();
          break;
        case WireType.FIXED64:
          this.#skip(8);
          break;
        case WireType.BYTES: {
          const length = this.#varint(this.end);
          this.start = this.end;
          this.#skip(length);
          break;
        }
        case WireType.GROUP:
          if (open.length >= MAX_GROUP_DEPTH) throw this.#error('groups are nested too deeply', tagAt);
          open.push(inner);
          break;
        case WireType.END_GROUP:
          if (open.pop() !== inner) throw this.#error('end of another group than the open one', tagAt);
          break;
        case WireType.FIXED32:
          this.#skip(4);
          break;
        default:
          throw this.#error(`wire type ${tag % 8} does not exist`, tagAt);
      }
    }
    this.fieldStart = fieldStart;
    this.number = number;
    this.start = start;
  }

  #error(sentence: string, position: number): Error {
    return this.skeleton.error(sentence, position);
  }
}

/**
 * The values of a packed varint field that a reader stands at.
 * @throws FormatError when the last one has no end
 */
export function readPackedInts(field: FieldReader): number[] {
  const { bytes } = field.skeleton;
  const values: number[] = [];
  let start = field.start;
  for (let i = field.start; i < field.end; i++) {
    if ((bytes[i] as number) >= 0x80) {
      if (i - start >= 9) throw field.skeleton.error('varint is longer than ten bytes', start);
      continue;
    }
    values.push(readInt(bytes, start, i + 1));
    start = i + 1;
  }
  if (start !== field.end) throw field.skeleton.error('message ends within a varint', start);
  return values;
}

/** Reads a varint of `bytes[start, end)` as a signed 64-bit integer, rounded to a double when beyond 2^53. */
export function readInt(bytes: Uint8Array, start: number, end: number): number {
  if (end - start > 7) return Number(readBigInt(bytes, start, end));
  let result = 0;
  let scale = 1;
  for (let i = start; i < end; i++) {
    result += ((bytes[i] as number) & 0x7f) * scale;
    scale *= 128;
  }
  return result;
}

/** Reads a varint of `bytes[start, end)` as a signed 64-bit integer. */
export function readBigInt(bytes: Uint8Array, start: number, end: number): bigint {
  let result = 0n;
  let shift = 0n;
  for (let i = start; i < end; i++) {
    result |= BigInt((bytes[i] as number) & 0x7f) << shift;
    shift += 7n;
  }
  return BigInt.asIntN(64, result);
}
