import type { Node } from '../model/node.js';
import type { Value } from '../model/value.js';
import type { Facts } from '../ops/types.js';
import { Dim } from '../symbolic/dim.js';
import { DataType } from '../tensor/dtype.js';
import type { Inference } from './infer.js';

/** What is missing of a value: everything, or a size; of a size that depends on data, the symbol that stands for it. */
interface Gap {
  readonly symbol?: string;
}

/** Why types are not known in full, in a few words: followed back to the nodes where knowledge ends. */
export class Reasons {
  readonly #inference: Inference;
  /** What was found already, so that long chains of unknown values are walked once. */
  readonly #found = new Map<Value, { readonly symbol: string | undefined; readonly text: string }>();

  constructor(inference: Inference) {
    this.#inference = inference;
  }

  /** Why the value's type is not known in full; undefined when it is. */
  of(value: Value): string | undefined {
    const gap = gapOf(this.#inference.facts(value));
    if (gap === undefined) return undefined;
    const path = new Set<Value>();
    let current: Value | undefined = value;
    let text = '';
    while (current !== undefined) {
      const found = this.#found.get(current);
      if (found !== undefined && found.symbol === gap.symbol) {
        text = found.text;
        break;
      }
      path.add(current);
      const node: Node | undefined = current.producer;
      const next: Value | undefined = node && this.#unknownBefore(node, gap, path);
      if (node === undefined) text = `${current.name} is not declared in full`;
      else if (next === undefined) text = `${nodeText(node)}: ${ownReason(this.#inference, node, gap)}`;
      current = next;
    }
    for (const each of path) this.#found.set(each, { symbol: gap.symbol, text });
    return text;
  }

  /** Something that the node reads, or an output of one of its graphs, that lacks the same. */
  #unknownBefore(node: Node, gap: Gap, seen: ReadonlySet<Value>): Value | undefined {
    const isUnknown = (value: Value | undefined): value is Value => {
      if (value === undefined || seen.has(value)) return false;
      const own = gapOf(this.#inference.facts(value));
      return own !== undefined && (gap.symbol === undefined || own.symbol === gap.symbol);
    };
    const found = node.inputs.find(isUnknown);
    if (found !== undefined) return found;
    for (const { outputs } of node.subgraphs) {
      const inner = outputs.find(isUnknown);
      if (inner !== undefined) return inner;
    }
    return undefined;
  }
}

/** Why a node whose inputs are known in full does not tell. */
function ownReason(inference: Inference, node: Node, gap: Gap): string {
  const [reason] = inference.reasons(node);
  if (reason !== undefined) return reason;
  if (gap.symbol !== undefined) return 'depends on the elements of its inputs';
  const unread = unreadInputs(inference, node);
  if (unread.length > 0) return `depends on the elements of ${unread.join(' and ')}`;
  return 'its rule does not tell';
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
  // The first input is the data, mostly.
  const rest = names.filter((name) => name !== node.inputs[0]?.name);
  return rest.length > 0 ? rest : names;
}

function gapOf(facts: Facts | undefined): Gap | undefined {
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
