import { Composer } from '../format/composer.js';
import { MemorySource } from '../format/memory-source.js';
import { AttributeField, NodeField } from '../format/schema.js';
import { Skeleton } from '../format/skeleton.js';
import { encodeText } from '../format/text.js';
import type { DenseTensor } from '../tensor/dense.js';
import type { Attribute } from './attribute.js';
import { AttributeType } from './attribute-type.js';
import type { Place } from './document-part.js';
import type { Graph } from './graph.js';
import type { Tensor } from './tensor.js';
import { type TypeInfo, writeType } from './type-info.js';

/**
 * What an attribute is set to; the key says the type. Strings may be given as bytes. A graph comes from
 * `Graph.createSubgraph`; an attribute of another node is copied (not one with graphs). `ref` is for function bodies: the
 * name of the calling node's attribute.
 */
export type AttributeInput =
  | { readonly int: number | bigint }
  | { readonly ints: readonly (number | bigint)[] }
  | { readonly float: number }
  | { readonly floats: readonly number[] }
  | { readonly string: string | Uint8Array }
  | { readonly strings: readonly (string | Uint8Array)[] }
  | { readonly tensor: DenseTensor | Tensor }
  | { readonly tensors: readonly (DenseTensor | Tensor)[] }
  | { readonly graph: Graph }
  | { readonly graphs: readonly Graph[] }
  | { readonly type: TypeInfo }
  | { readonly types: readonly TypeInfo[] }
  | { readonly ref: string; readonly refType: AttributeType }
  | Attribute;

/** Encodes an attribute, without the tensors and graphs in it, as a field of a node in a file of its own. */
export function encodeAttribute(name: string, input: Exclude<AttributeInput, Attribute>): Place {
  const out = new Composer();
  out.message(NodeField.attribute, (inner) => {
    inner.string(AttributeField.name, name);
    const type = writeValue(inner, input);
    inner.int(AttributeField.type, type);
    if ('ref' in input) inner.string(AttributeField.refAttrName, input.ref);
  });
  const bytes = new Uint8Array(out.length);
  let at = 0;
  for (const chunk of out.chunks()) {
    bytes.set(chunk as Uint8Array, at);
    at += chunk.length;
  }
  const skeleton = new Skeleton(new MemorySource(bytes, `attribute ${name}`), bytes);
  // The content begins after the one-byte tag and the length.
  let start = 1;
  while ((bytes[start++] as number) >= 0x80);
  return { skeleton, number: NodeField.attribute, fieldStart: 0, start, end: bytes.length };
}

function writeValue(out: Composer, input: Exclude<AttributeInput, Attribute>): AttributeType {
  if ('int' in input) {
    out.int(AttributeField.i, input.int);
    return AttributeType.INT;
  }
  if ('ints' in input) {
    for (const item of input.ints) out.int(AttributeField.ints, item);
    return AttributeType.INTS;
  }
  if ('float' in input) {
    out.float(AttributeField.f, input.float);
    return AttributeType.FLOAT;
  }
  if ('floats' in input) {
    for (const item of input.floats) out.float(AttributeField.floats, item);
    return AttributeType.FLOATS;
  }
  if ('string' in input) {
    out.bytesField(AttributeField.s, asBytes(input.string));
    return AttributeType.STRING;
  }
  if ('strings' in input) {
    for (const item of input.strings) out.bytesField(AttributeField.strings, asBytes(item));
    return AttributeType.STRINGS;
  }
  if ('type' in input) {
    out.message(AttributeField.tp, (inner) => writeType(inner, input.type));
    return AttributeType.TYPE_PROTO;
  }
  if ('types' in input) {
    for (const type of input.types) out.message(AttributeField.typeProtos, (inner) => writeType(inner, type));
    return AttributeType.TYPE_PROTOS;
  }
  if ('tensor' in input) return AttributeType.TENSOR;
  if ('tensors' in input) return AttributeType.TENSORS;
  if ('graph' in input) return AttributeType.GRAPH;
  if ('graphs' in input) return AttributeType.GRAPHS;
  return input.refType;
}

function asBytes(text: string | Uint8Array): Uint8Array {
  return typeof text === 'string' ? encodeText(text) : text;
}
