import type { Composer } from '../format/composer.js';
import { NodeField } from '../format/schema.js';
import { Attribute, type AttributeInput } from './attribute.js';
import type { Graph } from './graph.js';

/** What an {@link AttributeMap} needs from the node it belongs to. */
export interface AttributeOwner {
  readonly graph: Graph;
  /** @internal */
  _attributesChanged(removed: Attribute | undefined, added: Attribute | undefined): void;
}

/** The attributes of a node, by name and in file order. */
export class AttributeMap implements Iterable<Attribute> {
  #list: Attribute[];
  readonly #owner: AttributeOwner;

  /** @internal */
  constructor(owner: AttributeOwner, list: Attribute[]) {
    this.#owner = owner;
    this.#list = list;
  }

  /** Number of attributes. */
  get size(): number {
    return this.#list.length;
  }

  get(name: string): Attribute | undefined {
    for (const attribute of this.#list) if (attribute.name === name) return attribute;
    return undefined;
  }

  has(name: string): boolean {
    return this.get(name) !== undefined;
  }

  /** Sets an attribute: in its place where there is one of that name, else at the end. */
  set(name: string, input: AttributeInput): this {
    const attribute = Attribute._make(name, input);
    for (const graph of attribute._graphs) graph._checkAttachable(this.#owner.graph);
    this._set(attribute);
    return this;
  }

  /** @internal */
  _set(attribute: Attribute): void {
    const index = this.#list.findIndex(({ name }) => name === attribute.name);
    this.#owner._attributesChanged(this.#list[index], attribute);
    if (index < 0) this.#list.push(attribute);
    else this.#list[index] = attribute;
  }

  delete(name: string): boolean {
    const old = this.get(name);
    if (old === undefined) return false;
    this.#list = this.#list.filter((attribute) => attribute !== old);
    this.#owner._attributesChanged(old, undefined);
    return true;
  }

  [Symbol.iterator](): Iterator<Attribute> {
    return this.#list[Symbol.iterator]();
  }

  /** @internal */
  _isCopied(out: Composer): boolean {
    return this.#list.every((attribute) => attribute._isCopied(out));
  }

  /** @internal */
  _write(out: Composer): void {
    for (const attribute of this.#list) attribute._writeField(out, NodeField.attribute);
  }
}
