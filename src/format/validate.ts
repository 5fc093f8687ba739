import { FieldReader, WireType } from './field-reader.js';
import { type MessageSchema, messageSchema, TensorField } from './schema.js';
import type { Skeleton } from './skeleton.js';

/** Messages are followed to this depth, as protobuf's own readers do. */
export const MAX_DEPTH = 100;

/**
 * A model of more graphs (functions included) than this is not one. An empty graph takes two bytes of a file, but a
 * thousand of memory: no other message is worth so much more than it costs.
 */
export const MAX_GRAPHS = 100_000;

const TENSOR = messageSchema('TensorProto');
const GRAPHS: ReadonlySet<MessageSchema> = new Set([messageSchema('GraphProto'), messageSchema('FunctionProto')]);

/** What {@link validate} saw on its way. */
export interface Structure {
  /** Is there a tensor with external data? */
  readonly hasExternalData: boolean;
}

/**
 * Follows the structure of a message through all messages within it, so that later reading cannot meet a broken tag,
 * length or group. Decodes nothing and allocates next to nothing.
 * @throws FormatError with the byte offset of the first thing that is wrong
 */
export function validate(skeleton: Skeleton, schema: MessageSchema): Structure {
  const seen = { graphs: 0, hasExternalData: false };
  // One reader for each depth: messages are many, and most are tiny.
  const readers: FieldReader[] = [];
  const visit = (start: number, end: number, message: MessageSchema, depth: number) => {
    if (depth > MAX_DEPTH) throw skeleton.error(`messages are nested more than ${MAX_DEPTH} deep`, start);
    if (GRAPHS.has(message) && ++seen.graphs > MAX_GRAPHS) {
      throw skeleton.error(`there are more than ${MAX_GRAPHS.toLocaleString('en')} graphs`, start);
    }
    const field = readers[depth]?.reset(start, end) ?? new FieldReader(skeleton, start, end);
    readers[depth] = field;
    while (field.next()) {
      if (field.wireType !== WireType.BYTES) continue;
      const inner = message.messages.get(field.number);
      if (inner === undefined) continue;
      if (message === TENSOR && field.number === TensorField.externalData) seen.hasExternalData = true;
      visit(field.start, field.end, inner, depth + 1);
    }
  };
  visit(0, skeleton.bytes.length, schema, 0);
  return seen;
}
