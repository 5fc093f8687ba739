import type { Attribute } from '../../model/attribute.js';
import type { Node } from '../../model/node.js';
import type { Value } from '../../model/value.js';
import { Refusal } from './refusal.js';

/** What an operator is called with: inputs by the names of its schema, and attributes, which take an input's place. */
export class Arguments {
  readonly #values = new Map<string, readonly (Value | undefined)[]>();
  readonly #attributes = new Map<string, Attribute>();

  /**
   * @param names - the schema's, in order, separated by spaces; the last may end in `*`: all inputs that are left
   * @throws Refusal when there are more inputs than names
   */
  constructor(node: Node, names: string) {
    const positional: string[] = [];
    for (const name of names.split(' ')) {
      const attribute = node.attributes.get(name);
      if (attribute === undefined) positional.push(name);
      else this.#attributes.set(name, attribute);
    }
    const { inputs } = node;
    positional.forEach((name, i) => {
      if (name.endsWith('*')) this.#values.set(name.slice(0, -1), inputs.slice(i));
      else if (inputs[i] !== undefined) this.#values.set(name, [inputs[i]]);
    });
    const isOpen = positional.at(-1)?.endsWith('*');
    if (!isOpen && inputs.slice(positional.length).some((input) => input !== undefined)) {
      throw new Refusal(`it has ${inputs.length} inputs where at most ${positional.length} are known`);
    }
  }

  value(name: string): Value | undefined {
    return this.#values.get(name)?.[0];
  }

  values(name: string): readonly (Value | undefined)[] {
    return this.#values.get(name) ?? [];
  }

  attribute(name: string): Attribute | undefined {
    return this.#attributes.get(name);
  }
}
