/**
 * Models of the `onnx-proto` package, in and out. It is an optional peer: install it to use this module
 * (`onnx-surgeon/onnx-proto`). Its schema is that of ONNX 1.10 (2021).
 */
import type { onnx } from 'onnx-proto';
import { fieldsUsed } from './format/fields-used.js';
import { FormatError } from './format/format-error.js';
import { messageSchema } from './format/schema.js';
import { load } from './model/load.js';
import type { Model } from './model/model.js';
import { serialize } from './model/save.js';

/**
 * Makes a model of an onnx-proto object, which is not referred to afterwards.
 * @throws FormatError when it has no graph
 * @throws Error when onnx-proto is not installed
 */
export async function fromOnnxProto(proto: onnx.IModelProto): Promise<Model> {
  const { onnx } = await import('onnx-proto');
  return load(onnx.ModelProto.encode(proto).finish());
}

/** How {@link toOnnxProto} converts. */
export interface ToOnnxProtoOptions {
  /** Let go of what is newer than onnx-proto's schema: metadata of nodes, later types and fields. */
  readonly allowLoss?: boolean;
}

/**
 * Makes an onnx-proto object of a model, all in memory. Edits to one do not show in the other.
 * @throws FormatError when something of the model would be lost, unless that is allowed
 * @throws Error when onnx-proto is not installed
 */
export async function toOnnxProto(model: Model, options: ToOnnxProtoOptions = {}): Promise<onnx.ModelProto> {
  const { onnx } = await import('onnx-proto');
  const bytes = await serialize(model);
  const proto = onnx.ModelProto.decode(bytes);
  if (options.allowLoss) return proto;
  const schema = messageSchema('ModelProto');
  const kept = fieldsUsed(onnx.ModelProto.encode(proto).finish(), schema);
  const lost = [...fieldsUsed(bytes, schema)].filter((field) => !kept.has(field));
  // It takes the last of a graph that comes in parts.
  if (proto.graph?.node?.length !== model.graph.nodes.length) lost.push('part of the graph');
  if (lost.length === 0) return proto;
  throw new FormatError(model.source.name, `has what onnx-proto does not know and would lose: ${lost.join(', ')}`);
}
