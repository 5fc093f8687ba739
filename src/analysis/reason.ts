import type { Node } from '../model/node.js';
import type { Value } from '../model/value.js';
import type { Facts } from '../ops/types.js';
import { Dim } from '../symbolic/dim.js';
import { DataType } from '../tensor/dtype.js';
import type { Inference } from './infer.js';

/**
 * Why a value's type is not known in full, in a few words: followed back to the node where knowledge ends. Undefined when
 * all of it is known.
 */
export function reasonOf(inference: Inference, value: Value): string | undefined {
  const gap = gapOf(inference.facts(value));
  if (gap === undefined) return undefined;
  let current = value;
  const seen = new Set<Value>();
  for (;;) {
    seen.add(current);
    const node = current.producer;
    if (node === undefined) return `${current.name} is not declared in full`;
    const [reason] = inference.reasons(node);
    if (reason !== undefined) return `${nodeText(node)}: ${reason}`;
    const next = [...node.inputs, ...node.subgraphs.flatMap(({ outputs }) => outputs)].find((input) => {
      if (input === undefined || seen.has(input)) return false;
      const own = gapOf(inference.facts(input));
      return gap.symbol === undefined ? own !== undefined : own?.symbol === gap.symbol;
    });
    if (next === undefined) break;
    current = next;
  }
  const node = current.producer as Node;
  if (gap.symbol !== undefined) return `${nodeText(node)}: depends on the elements of its inputs`;
  const unread = unreadInputs(inference, node);
  if (unread.length > 0) return `${nodeText(node)}: depends on the elements of ${unread.join(' and ')}`;
  return `${nodeText(node)}: its rule does not tell`;
}

/** Inputs that look like parameters (a scalar or a list of numbers, or a condition) and whose elements are not known. */
function unreadInputs(inference: Inference, node: Node): string[] {
  const names: string[] = [];
  for (const input of node.inputs) {
    const facts = input && inference.facts(input);
    if (facts?.kind !== 'tensor' || facts.shape === undefined || facts.shape.length > 1) continue;
    const { content, dtype } = facts;
    const isKnown = content?.every((element) => element !== undefined && !(element instanceof Dim && element.hasFresh));
    if (isKnown !== true && dtype !== DataType.STRING) names.push(input?.name ?? '');
  }
  return names;
}

/** What is missing: everything, or a size; of a size that depends on data, the symbol that stands for it. */
function gapOf(facts: Facts | undefined): { readonly symbol?: string } | undefined {
  switch (facts?.kind) {
    case 'tensor':
    case 'sparse': {
      if (!facts.dtype || facts.shape === undefined) return {};
      for (const dim of facts.shape) {
        if (dim === undefined) return {};
        if (dim.hasFresh) return { symbol: [...dim.symbols()].find((name) => name.startsWith('?')) ?? '' };
      }
      return undefined;
    }
    case 'optional':
      return gapOf(facts.element);
    case 'sequence':
      return facts.elements?.length === 0 ? undefined : gapOf(facts.element ?? facts.elements?.[0]);
    case 'map':
      return gapOf(facts.value);
    default:
      return {};
  }
}

function nodeText({ opType, domain, name }: Node): string {
  const operator = domain === '' ? opType : `${domain}.${opType}`;
  return name === '' ? operator : `${operator} ${name}`;
}
