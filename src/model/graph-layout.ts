import { FunctionField, GraphField, type MessageSchema, messageSchema } from '../format/schema.js';

/** Where a message that holds nodes keeps what: a `GraphProto`, or a `FunctionProto` as the graph of its body. */
export interface GraphLayout {
  readonly schema: MessageSchema;
  readonly name: number;
  readonly docString: number;
  readonly node: number;
  readonly input: number;
  readonly output: number;
  readonly valueInfo: number;
  readonly metadata: number;
  /** Inputs and outputs are bare names, and there are no initializers. */
  readonly isFunction: boolean;
}

export const GRAPH_LAYOUT: GraphLayout = {
  schema: messageSchema('GraphProto'),
  name: GraphField.name,
  docString: GraphField.docString,
  node: GraphField.node,
  input: GraphField.input,
  output: GraphField.output,
  valueInfo: GraphField.valueInfo,
  metadata: GraphField.metadataProps,
  isFunction: false,
};

export const FUNCTION_LAYOUT: GraphLayout = {
  schema: messageSchema('FunctionProto'),
  name: FunctionField.name,
  docString: FunctionField.docString,
  node: FunctionField.node,
  input: FunctionField.input,
  output: FunctionField.output,
  valueInfo: FunctionField.valueInfo,
  metadata: FunctionField.metadataProps,
  isFunction: true,
};
