import { Dim } from '../../symbolic/dim.js';
import { DataType } from '../../tensor/dtype.js';
import type { InferContext, OpDefinition } from '../types.js';

function inferOptional(ctx: InferContext): void {
  const given = ctx.hasInput(0) ? ctx.input(0) : ctx.attributes.type('type');
  // The attribute is the element's type; exporters also write the whole optional's.
  ctx.setOutput(0, {
    kind: 'optional',
    element: given?.kind === 'optional' && !ctx.hasInput(0) ? given.element : given,
  });
}

function inferGetElement(ctx: InferContext): void {
  const facts = ctx.input(0);
  ctx.setOutput(0, facts?.kind === 'optional' ? facts.element : facts);
}

/** Since opset 18, tensors and sequences are accepted too, and an absent input. */
function inferHasElement(ctx: InferContext): void {
  const facts = ctx.input(0);
  const known = ctx.hasInput(0) ? (facts === undefined || facts.kind === 'optional' ? undefined : 1) : 0;
  ctx.setTensor(0, DataType.BOOL, [], known === undefined ? undefined : [Dim.of(known)]);
}

/** Operators on values that may be missing. */
export const definitions: readonly OpDefinition[] = [
  { name: 'Optional', infer: inferOptional },
  { name: 'OptionalGetElement', infer: inferGetElement },
  { name: 'OptionalHasElement', infer: inferHasElement },
];
