import type { ByteSource } from './byte-source.js';
import { FormatError } from './format-error.js';
import { type MessageSchema, messageSchema } from './schema.js';
import { HOLE_THRESHOLD, Skeleton } from './skeleton.js';
import { MAX_DEPTH } from './validate.js';

/** Fields that hold payloads, by the message they are in: only these are ever left in the file. */
const PAYLOADS = new Map<string, ReadonlySet<number>>([
  ['TensorProto', new Set([4, 5, 6, 7, 9, 10, 11])],
  // Compiled models of some execution providers are string attributes.
  ['AttributeProto', new Set([4, 9])],
]);
const NONE: ReadonlySet<number> = new Set();

/** First read after a jump; reading on doubles it up to the source's own size. */
const FIRST_READ = 4096;

/** A read that the scan needs. */
interface Request {
  readonly offset: number;
  readonly length: number;
}

/**
 * Reads a protobuf file without its payloads: every run of at least {@link HOLE_THRESHOLD} bytes of tensor elements is
 * jumped over. Memory and time follow what is left.
 * @throws FormatError when the messages on the way are not well-formed
 */
export async function scan(source: ByteSource, schema: MessageSchema = messageSchema('ModelProto')): Promise<Skeleton> {
  const steps = run(source, schema);
  let step = steps.next();
  while (!step.done) {
    const { offset, length } = step.value;
    step = steps.next(source.readSync?.(offset, length) ?? (await source.read(offset, length)));
  }
  return step.value;
}

/** A message that is open: its end in the file, and what its fields are. */
interface Frame {
  readonly end: number;
  readonly schema: MessageSchema;
}

/** The scan itself, which is handed the bytes that it asks for: the same for sources of both kinds. */
function* run(source: ByteSource, schema: MessageSchema): Generator<Request, Skeleton, Uint8Array> {
  const { size, name } = source;
  const kept = new Collector();
  const holes: { at: number; length: number }[] = [];
  const stack: Frame[] = [{ end: size, schema }];
  let window: Uint8Array = new Uint8Array();
  let at = 0; // position in the window
  let from = 0; // what is before it in the window is in `kept` already
  let offset = 0; // of the window in the file
  const most = Math.max(source.readAhead, 64);
  let ahead = Math.min(most, FIRST_READ);
  const open: number[] = []; // groups, which are copied whole

  for (;;) {
    let frame = stack[stack.length - 1] as Frame;
    while (offset + at === frame.end && open.length === 0) {
      stack.pop();
      if (stack.length === 0) {
        kept.add(window, from, at);
        return new Skeleton(source, kept.bytes(), holes);
      }
      frame = stack[stack.length - 1] as Frame;
    }
    const { end } = frame;
    const start = offset + at;
    // A tag and a length are at most 20 bytes.
    if (window.length - at < 20 && offset + window.length < size) {
      kept.add(window, from, at);
      const rest = window.subarray(at);
      const length = Math.min(ahead, size - offset - window.length);
      const more = yield { offset: offset + window.length, length };
      ahead = Math.min(most, ahead * 2);
      const next = new Uint8Array(rest.length + more.length);
      next.set(rest);
      next.set(more, rest.length);
      offset += at;
      window = next;
      at = 0;
      from = 0;
    }
    const limit = Math.min(window.length, end - offset);
    let tag = 0;
    [tag, at] = varint(window, at, limit) ?? fail(name, 'message ends within a tag, or the tag is too long', start);
    const number = Math.floor(tag / 8);
    if (number === 0 || tag > 0xffffffff) fail(name, 'field number is out of range', start);
    let skip = 0;
    switch (tag % 8) {
      case 0:
        [, at] = varint(window, at, limit) ?? fail(name, 'message ends within a varint, or it is too long', start);
        continue;
      case 1:
        skip = 8;
        break;
      case 2: {
        let length = 0;
        [length, at] = varint(window, at, limit) ?? fail(name, 'message ends within a length', start);
        if (offset + at + length > end) {
          fail(name, `length ${length} of field ${number} leads beyond the end of its message`, start);
        }
        skip = length;
        if (length < HOLE_THRESHOLD || open.length > 0) break;
        const inner = frame.schema.messages.get(number);
        if (inner !== undefined) {
          if (stack.length > MAX_DEPTH) fail(name, `messages are nested more than ${MAX_DEPTH} deep`, start);
          stack.push({ end: offset + at + length, schema: inner });
          continue;
        }
        if (!(PAYLOADS.get(frame.schema.name) ?? NONE).has(number)) break;
        kept.add(window, from, at);
        holes.push({ at: kept.length, length });
        if (at + length <= window.length) {
          at += length;
          from = at;
        } else {
          offset += at + length;
          window = new Uint8Array();
          at = 0;
          from = 0;
          ahead = Math.min(most, FIRST_READ);
        }
        continue;
      }
      case 3:
        if (open.length >= MAX_DEPTH) fail(name, 'groups are nested too deeply', start);
        open.push(number);
        continue;
      case 4:
        if (open.pop() !== number) fail(name, `end of group ${number}, which is not open`, start);
        continue;
      case 5:
        skip = 4;
        break;
      default:
        fail(name, `wire type ${tag % 8} does not exist`, start);
    }
    if (offset + at + skip > end) fail(name, `message ends within field ${number}`, start);
    // Bytes to keep that are not read yet go to `kept` window by window.
    while (at + skip > window.length) {
      kept.add(window, from, window.length);
      skip -= window.length - at;
      offset += window.length;
      window = yield { offset, length: Math.min(Math.max(ahead, Math.min(skip, 1 << 20)), size - offset) };
      ahead = Math.min(most, ahead * 2);
      at = 0;
      from = 0;
    }
    at += skip;
  }
}

/** A varint and the position after it; undefined when it does not end before `limit` or within ten bytes. */
function varint(bytes: Uint8Array, start: number, limit: number): [value: number, end: number] | undefined {
  let value = 0;
  let scale = 1;
  for (let i = start; i < limit && i < start + 10; i++) {
    const b = bytes[i] as number;
    value += (b & 0x7f) * scale;
    if (b < 0x80) return [value, i + 1];
    scale *= 128;
  }
  return undefined;
}

function fail(name: string, sentence: string, offset: number): never {
  throw new FormatError(name, sentence, offset);
}

/** Bytes that grow. */
class Collector {
  length = 0;
  #bytes = new Uint8Array(1 << 16);

  add(bytes: Uint8Array, start: number, end: number): void {
    const needed = this.length + end - start;
    if (needed > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(needed, this.#bytes.length * 2));
      larger.set(this.#bytes.subarray(0, this.length));
      this.#bytes = larger;
    }
    this.#bytes.set(bytes.subarray(start, end), this.length);
    this.length = needed;
  }

  /** What was added; not more memory than that. */
  bytes(): Uint8Array {
    return this.#bytes.slice(0, this.length);
  }
}
