import type { Attribute } from '../model/attribute.js';
import type { Node } from '../model/node.js';
import type { Attributes, Facts } from '../ops/types.js';
import type { DenseTensor } from '../tensor/dense.js';
import { declaredFacts } from './declared.js';

/** A node's attributes as the operator families read them; inside a function body, references resolve to the call's. */
export class NodeAttributes implements Attributes {
  readonly #node: Node;
  readonly #call: ReadonlyMap<string, Attribute> | undefined;

  constructor(node: Node, call?: ReadonlyMap<string, Attribute>) {
    this.#node = node;
    this.#call = call;
  }

  #get(name: string): Attribute | undefined {
    const attribute = this.#node.attributes.get(name);
    if (attribute?.refAttrName) return this.#call?.get(attribute.refAttrName);
    return attribute;
  }

  has(name: string): boolean {
    return this.#get(name) !== undefined;
  }

  int(name: string): number | undefined;
  int(name: string, otherwise: number): number;
  int(name: string, otherwise?: number): number | undefined {
    const value = this.#get(name)?.asInt();
    return value === undefined ? otherwise : Number(value);
  }

  ints(name: string): readonly number[] | undefined {
    return this.#get(name)?.asInts()?.map(Number);
  }

  exactInts(name: string): readonly bigint[] | undefined {
    const attribute = this.#get(name);
    const one = attribute?.asInt();
    return (one === undefined ? attribute?.asInts() : [one])?.map(BigInt);
  }

  float(name: string): number | undefined;
  float(name: string, otherwise: number): number;
  float(name: string, otherwise?: number): number | undefined {
    return this.#get(name)?.asFloat() ?? otherwise;
  }

  floats(name: string): readonly number[] | undefined {
    return this.#get(name)?.asFloats();
  }

  string(name: string): string | undefined;
  string(name: string, otherwise: string): string;
  string(name: string, otherwise?: string): string | undefined {
    return this.#get(name)?.asString() ?? otherwise;
  }

  strings(name: string): readonly string[] | undefined {
    return this.#get(name)?.asStrings();
  }

  tensor(name: string): DenseTensor | undefined {
    return this.#get(name)?.asTensor()?.dense();
  }

  tensorType(name: string): { dtype: number; shape: readonly number[] } | undefined {
    const tensor = this.#get(name)?.asTensor();
    return tensor && { dtype: tensor.dataType, shape: tensor.dims };
  }

  type(name: string): Facts | undefined {
    const type = this.#get(name)?.asType();
    return type === undefined ? undefined : declaredFacts(type);
  }
}
