import type { Attribute } from '../../model/attribute.js';
import { AttributeType } from '../../model/attribute-type.js';
import type { Node } from '../../model/node.js';
import type { Value } from '../../model/value.js';
import type { Inference } from '../infer.js';
import type { Accesses } from './accesses.js';

/**
 * Numbers that are equal for values computed in the same way, up to which row of a tensor they begin with and what the
 * constants on their way hold. Computed bottom-up, each once: copies of a loop's body are found without comparing them.
 */
export class Fingerprints {
  readonly #inference: Inference;
  readonly #accesses: Accesses;
  readonly #numbers = new Map<Value, number>();
  readonly #keys = new Map<string, number>();

  constructor(inference: Inference, accesses: Accesses) {
    this.#inference = inference;
    this.#accesses = accesses;
  }

  /** The fingerprint of a value. Values that the graph gets later may be asked for too. */
  of(value: Value): number {
    const stack = [this.#accesses.resolve(value)];
    while (stack.length > 0) {
      const top = stack[stack.length - 1] as Value;
      if (this.#numbers.has(top)) {
        stack.pop();
        continue;
      }
      const missing = this.#inputsOf(top).filter((input) => input !== undefined && !this.#numbers.has(input));
      if (missing.length > 0) stack.push(...(missing as Value[]));
      else this.#numbers.set(top, this.#intern(this.#keyOf(top)));
    }
    return this.#numbers.get(this.#accesses.resolve(value)) as number;
  }

  #inputsOf(value: Value): (Value | undefined)[] {
    if (this.#inference.constants.isConstant(value)) return [];
    const access = this.#accesses.of(value);
    const inputs = access ? [access.source] : (value.producer?.inputs ?? []);
    return inputs.map((input) => input && this.#accesses.resolve(input));
  }

  #keyOf(value: Value): string {
    const node = value.producer;
    if (this.#inference.constants.isConstant(value)) {
      const facts = this.#inference.facts(value);
      return facts?.kind === 'tensor' ? `constant ${facts.dtype} ${facts.shape?.join()}` : 'constant';
    }
    if (node === undefined) return `input ${this.#keys.size}`;
    const inputs = this.#inputsOf(value).map((input) => input && this.#numbers.get(input));
    const access = this.#accesses.of(value);
    if (access) return `row ${access.axis} ${access.kept} ${inputs.join()}`;
    return `${operationKey(node)} ${value.outputIndex} (${inputs.join()})`;
  }

  #intern(key: string): number {
    let number = this.#keys.get(key);
    if (number === undefined) {
      number = this.#keys.size;
      this.#keys.set(key, number);
    }
    return number;
  }
}

/** What a node does: operator and attributes, in whatever order they stand. */
export function operationKey(node: Node): string {
  const attributes = [...node.attributes].map(attributeKey).sort();
  return `${node.domain}.${node.opType}.${node.overload} ${node.outputs.length} ${attributes.join(';')}`;
}

let graphs = 0;

function attributeKey(attribute: Attribute): string {
  const { name, type } = attribute;
  if (type === AttributeType.TENSOR) {
    const dense = attribute.asTensor()?.dense();
    return `${name}=${dense?.dtype}[${dense?.shape}]${dense?.data}`;
  }
  const { value } = attribute;
  if (value === undefined || type === AttributeType.STRING || typeof value === 'number' || typeof value === 'bigint') {
    return `${name}=${type}:${value ?? attribute.refAttrName}`;
  }
  if (type === AttributeType.INTS || type === AttributeType.FLOATS || type === AttributeType.STRINGS) {
    return `${name}=${type}:${JSON.stringify(value, (_, item) => (typeof item === 'bigint' ? `${item}n` : item))}`;
  }
  // Graphs and the like are not compared: each is its own.
  return `${name}=graph ${++graphs}`;
}
