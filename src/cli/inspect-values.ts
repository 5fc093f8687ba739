/** What inference knows of every value of a model, for `inspect --values`. */
import { type Inference, infer } from '../analysis/infer.js';
import { neededSchemas } from '../analysis/needed-schemas.js';
import { Reasons } from '../analysis/reason.js';
import type { Graph } from '../model/graph.js';
import type { Model } from '../model/model.js';
import type { Value } from '../model/value.js';
import type { Facts } from '../ops/types.js';
import { Dim } from '../symbolic/dim.js';
import type { Scalar } from '../symbolic/scalar.js';
import { dataTypeName } from '../tensor/dtype.js';

/** More elements than this are not shown to people; JSON has all that are known. */
const MOST_SHOWN = 16;

/** A value, as far as it is known without running the model. */
export interface InferredValue {
  readonly name: string;
  /** The operator that makes it; null for inputs. */
  readonly operator: string | null;
  /** How deep inside nodes with graphs it is: 0 in the main graph. */
  readonly depth: number;
  /** `float`, `seq(int64)` ...; null when unknown. */
  readonly type: string | null;
  /** Sizes: numbers, expressions in the inputs' sizes, `?name_1` for one that depends on data, null for an unknown one. */
  readonly dims: readonly (number | string | null)[] | null;
  /** Elements in row-major order, of small tensors whose elements are known in part at least. */
  readonly content: readonly (number | string | null)[] | null;
  /** Why type or shape is not known in full; null when it is. */
  readonly reason: string | null;
}

/** Infers all values of the main graph and of the graphs in its nodes, inputs first, in the order of the nodes. */
export async function inspectValues(model: Model): Promise<InferredValue[]> {
  const schemas = await neededSchemas(model);
  const inference = infer(model, schemas ? { schemas } : {});
  const reasons = new Reasons(inference);
  return [...valuesOf(model.graph, 0)].map(({ value, depth }) => describeValue(inference, reasons, value, depth));
}

function* valuesOf(graph: Graph, depth: number): Iterable<{ value: Value; depth: number }> {
  for (const value of graph.inputs) yield { value, depth };
  for (const node of graph.nodes) {
    for (const inner of node.subgraphs) yield* valuesOf(inner, depth + 1);
    for (const value of node.outputs) if (value !== undefined) yield { value, depth };
  }
}

function describeValue(inference: Inference, reasons: Reasons, value: Value, depth: number): InferredValue {
  const facts = inference.facts(value);
  const { producer } = value;
  const domain = producer?.domain ?? '';
  return {
    name: value.name,
    operator: producer === undefined ? null : domain === '' ? producer.opType : `${domain}.${producer.opType}`,
    depth,
    type: typeName(facts),
    dims: facts?.kind === 'tensor' ? (facts.shape?.map(dimText) ?? null) : null,
    content: facts?.kind === 'tensor' ? (facts.content?.map(scalarText) ?? null) : null,
    reason: reasons.of(value) ?? null,
  };
}

function typeName(facts: Facts | undefined): string | null {
  switch (facts?.kind) {
    case 'tensor':
      return facts.dtype === undefined ? null : dataTypeName(facts.dtype);
    case 'sparse':
      return `sparse(${facts.dtype === undefined ? '?' : dataTypeName(facts.dtype)})`;
    case 'sequence':
      return `seq(${typeName(facts.element ?? facts.elements?.[0]) ?? '?'})`;
    case 'optional':
      return `optional(${typeName(facts.element) ?? '?'})`;
    case 'map':
      return `map(${dataTypeName(facts.keyType)}, ${typeName(facts.value) ?? '?'})`;
    default:
      return null;
  }
}

function dimText(dim: Dim | undefined): number | string | null {
  return dim?.value ?? dim?.toString() ?? null;
}

function scalarText(scalar: Scalar | undefined): number | string | null {
  if (scalar === undefined) return null;
  if (scalar instanceof Dim) return dimText(scalar);
  return typeof scalar === 'number' ? scalar : scalar.toString();
}

/** One value for people: `h: float[B, T//2] = ...`, and below it why something is missing. */
export function valueLines({ name, operator, depth, type, dims, content, reason }: InferredValue): string[] {
  const indent = '  '.repeat(depth + 1);
  const shape = dims === null ? (type?.endsWith(')') ? '' : '[...]') : `[${dims.map((dim) => dim ?? '?').join(', ')}]`;
  const shown = content?.slice(0, MOST_SHOWN).map((element) => element ?? '?');
  const more = content !== null && content.length > MOST_SHOWN ? `, and ${content.length - MOST_SHOWN} more` : '';
  const elements = shown === undefined ? '' : ` = ${shown.join(', ')}${more}`;
  const line = `${indent}${name}: ${type ?? '?'}${shape}${elements}${operator === null ? '' : `  (${operator})`}`;
  return reason === null ? [line] : [line, `${indent}  ${reason}`];
}
