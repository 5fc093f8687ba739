import { FieldReader, WireType } from './field-reader.js';
import { type MessageSchema, messageSchema, TensorField } from './schema.js';
import type { Skeleton } from './skeleton.js';

const TENSOR = messageSchema('TensorProto');

/** Messages are followed to this depth, as protobuf's own readers do. */
export const MAX_DEPTH = 100;

/**
 * Follows the structure of a message through all messages within it, so that later reading cannot meet a broken tag,
 * length or group. Decodes nothing and allocates next to nothing.
 * @returns whether there is a tensor with external data
 * @throws FormatError with the byte offset of the first thing that is wrong
 */
export function validate(skeleton: Skeleton, start: number, end: number, schema: MessageSchema, depth = 0): boolean {
  if (depth > MAX_DEPTH) throw skeleton.error(`messages are nested more than ${MAX_DEPTH} deep`, start);
  let external = false;
  const field = new FieldReader(skeleton, start, end);
  while (field.next()) {
    if (field.wireType !== WireType.BYTES) continue;
    const inner = schema.messages.get(field.number);
    if (inner === undefined || field.end === field.start) continue;
    if (schema === TENSOR && field.number === TensorField.externalData) external = true;
    if (validate(skeleton, field.start, field.end, inner, depth + 1)) external = true;
  }
  return external;
}
