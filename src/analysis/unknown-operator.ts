import type { Node } from '../model/node.js';
import type { Value } from '../model/value.js';
import { outputTypes, type Schemas } from '../ops/schema.js';
import type { Facts } from '../ops/types.js';
import { declaredFacts } from './declared.js';

/** What {@link unknownOperator} may go by. */
export interface UnknownOperatorOptions {
  readonly schemas?: Schemas | undefined;
  /** Names of sizes that mean something: those of the model's inputs. */
  readonly inputSymbols: ReadonlySet<string>;
  /** Are declared numbers true in every run? Where frozen numbers are looked for, they may be frozen themselves. */
  readonly trustNumbers: boolean;
}

/**
 * What can be said of the outputs of an operator without a rule: element types that its schema settles, and what the file
 * declares.
 */
export function unknownOperator(
  node: Node,
  inputs: readonly (Facts | undefined)[],
  options: UnknownOperatorOptions,
): { reason: string; outputs: (Facts | undefined)[] } {
  const { domain, opType } = node;
  const { schemas } = options;
  const opset = node.graph.opset(domain) ?? 0;
  const schema = schemas?.find(domain, opType, opset);
  const dtypes = inputs.map((facts) => (facts?.kind === 'tensor' ? facts.dtype : undefined));
  const types = schema && outputTypes(schema, dtypes, node.outputs.length);
  const outputs = node.outputs.map((output, i): Facts | undefined => {
    const declared = output && declaredOutput(output, options);
    const dtype = types?.[i];
    if (declared?.kind === 'tensor') return { ...declared, dtype: dtype ?? declared.dtype };
    return declared ?? (dtype === undefined ? undefined : { kind: 'tensor', dtype });
  });
  const name = domain === '' ? opType : `${domain}.${opType}`;
  return { reason: schemas?.explain(domain, opType, opset) ?? `${name} has no rule`, outputs };
}

function declaredOutput(value: Value, { inputSymbols, trustNumbers }: UnknownOperatorOptions): Facts | undefined {
  const facts = value.declared === undefined ? undefined : declaredFacts(value.declared);
  if (facts?.kind !== 'tensor') return facts;
  const shape = facts.shape?.map((dim) => {
    if (dim === undefined || dim.isNumber) return trustNumbers ? dim : undefined;
    for (const name of dim.symbols()) if (!inputSymbols.has(name)) return undefined;
    return dim;
  });
  return { kind: 'tensor', dtype: facts.dtype, shape };
}
