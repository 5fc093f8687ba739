import { createRequire } from 'node:module';
import { describe, expect, it } from 'vitest';
import * as schema from '../../src/format/schema.js';

interface Message {
  readonly fields: Readonly<Record<string, { readonly id: number; readonly type: string }>>;
  readonly nested?: Readonly<Record<string, Message>>;
}

const descriptor = createRequire(import.meta.url)('../../src/format/data/onnx-proto.descriptor.json') as {
  nested: { onnx: { nested: Record<string, Message> } };
};
const messages = new Map<string, Message>();
for (const [name, message] of Object.entries(descriptor.nested.onnx.nested)) {
  if (message.fields === undefined) continue;
  messages.set(name, message);
  for (const [inner, nested] of Object.entries(message.nested ?? {})) {
    if (nested.fields !== undefined) messages.set(`${name}.${inner}`, nested);
  }
}

describe('schema', () => {
  it.each([...messages])('knows the fields of %s, and which are messages', (name, { fields }) => {
    const { known, messages: inner } = schema.messageSchema(name);
    const byNumber = Object.values(fields);
    expect([...known].sort((a, b) => a - b)).toEqual(byNumber.map(({ id }) => id).sort((a, b) => a - b));
    for (const { id, type } of byNumber) {
      const full = messages.has(`${name}.${type}`) ? `${name}.${type}` : type;
      // Types of a sibling's scope: TypeProto.Tensor refers to TensorShapeProto, TypeProto.Sequence to TypeProto.
      expect(inner.get(id)?.name, `field ${id}`).toBe(messages.has(full) ? full : undefined);
    }
  });

  it.each([
    ['ModelProto', schema.ModelField],
    ['GraphProto', schema.GraphField],
    ['NodeProto', schema.NodeField],
    ['AttributeProto', schema.AttributeField],
    ['ValueInfoProto', schema.ValueInfoField],
    ['TensorProto', schema.TensorField],
    ['SparseTensorProto', schema.SparseTensorField],
    ['FunctionProto', schema.FunctionField],
    ['OperatorSetIdProto', schema.OperatorSetField],
    ['StringStringEntryProto', schema.EntryField],
    ['TypeProto', schema.TypeField],
    ['TensorAnnotation', schema.AnnotationField],
    ['TensorShapeProto', schema.ShapeField],
    ['TensorShapeProto.Dimension', schema.DimensionField],
  ])('names the fields of %s', (name, numbers) => {
    const fields = Object.entries(messages.get(name)?.fields ?? {}).map(([field, { id }]) => [field, id]);
    expect(numbers).toEqual(Object.fromEntries(fields));
  });

  it('refuses a message that does not exist', () => {
    expect(() => schema.messageSchema('NoProto')).toThrow('NoProto');
  });
});
