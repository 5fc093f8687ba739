import { FieldReader } from './field-reader.js';
import { MemorySource } from './memory-source.js';
import type { MessageSchema } from './schema.js';
import { Skeleton } from './skeleton.js';

/** Which fields occur in a message and those within it: 'NodeProto.9' for field 9 of a node. */
export function fieldsUsed(bytes: Uint8Array, schema: MessageSchema): Set<string> {
  const used = new Set<string>();
  const skeleton = new Skeleton(new MemorySource(bytes), bytes);
  const visit = (start: number, end: number, { name, messages }: MessageSchema) => {
    const field = new FieldReader(skeleton, start, end);
    while (field.next()) {
      used.add(`${name}.${field.number}`);
      const inner = field.isBytes ? messages.get(field.number) : undefined;
      if (inner !== undefined) visit(field.start, field.end, inner);
    }
  };
  visit(0, bytes.length, schema);
  return used;
}
