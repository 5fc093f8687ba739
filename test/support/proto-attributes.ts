import type { Attributes, Facts } from '../../src/ops/types.js';
import type { DenseTensor } from '../../src/tensor/dense.js';
import { type AttributeProto, denseOf, type NodeProto, type TypeProto, textOf, toNumber } from './onnx-proto.js';

/** Attributes of a decoded node. */
export class ProtoAttributes implements Attributes {
  readonly #attributes: ReadonlyMap<string, AttributeProto>;

  constructor(node: NodeProto) {
    this.#attributes = new Map((node.attribute ?? []).map((attribute) => [attribute.name ?? '', attribute]));
  }

  #get(name: string): AttributeProto | undefined {
    return this.#attributes.get(name);
  }

  has(name: string): boolean {
    return this.#attributes.has(name);
  }

  int(name: string): number | undefined;
  int(name: string, otherwise: number): number;
  int(name: string, otherwise?: number): number | undefined {
    const attribute = this.#get(name);
    return attribute === undefined ? otherwise : toNumber(attribute.i);
  }

  ints(name: string): readonly number[] | undefined {
    return this.#get(name)?.ints?.map(toNumber);
  }

  float(name: string): number | undefined;
  float(name: string, otherwise: number): number;
  float(name: string, otherwise?: number): number | undefined {
    const attribute = this.#get(name);
    return attribute === undefined ? otherwise : (attribute.f ?? 0);
  }

  floats(name: string): readonly number[] | undefined {
    return this.#get(name)?.floats;
  }

  string(name: string): string | undefined;
  string(name: string, otherwise: string): string;
  string(name: string, otherwise?: string): string | undefined {
    const attribute = this.#get(name);
    return attribute === undefined ? otherwise : textOf(attribute.s);
  }

  strings(name: string): readonly string[] | undefined {
    return this.#get(name)?.strings?.map(textOf);
  }

  tensor(name: string): DenseTensor | undefined {
    const tensor = this.#get(name)?.t;
    return tensor && denseOf(tensor);
  }

  type(name: string): Facts | undefined {
    const tensor = (this.#get(name) as { readonly tp?: TypeProto } | undefined)?.tp?.tensorType;
    return tensor && { kind: 'tensor', dtype: tensor.elemType };
  }
}
