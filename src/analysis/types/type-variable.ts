import type { Graph } from '../../model/graph.js';
import type { Node } from '../../model/node.js';
import type { Value } from '../../model/value.js';
import type { TypeSetting } from './type-setting.js';

/** A place where a value is read, by a node or as an output of a graph. */
export interface Read {
  readonly value: Value;
  /** The type that the value has to have there. */
  readonly variable: TypeVariable;
  /** Who reads it: a node's input, or a graph's output. */
  readonly by:
    | { readonly kind: 'node'; readonly node: Node; readonly index: number }
    | { readonly kind: 'output'; readonly graph: Graph; readonly index: number };
  /** Is a tensor read there? A Cast cannot convert a sequence. */
  readonly isTensor: boolean;
}

/**
 * An element type that is the same at several places of a model: a type parameter of a node with all inputs and outputs of
 * that parameter, the type of a graph input, a value carried by a loop inside and outside of it.
 */
export class TypeVariable {
  /** Types it may have; undefined: any. */
  domain: ReadonlySet<number> | undefined;
  /** Types that it may have by its schema and that onnxruntime cannot run. */
  readonly unsupported = new Set<number>();
  /** Types that are legal but that onnxruntime's CPU provider does not run. */
  readonly avoided = new Set<number>();
  /** Must it keep the type that it has, because nothing is known of what computes with it? */
  isFixed = false;
  readonly reads: Read[] = [];
  /** Values that have this type. */
  readonly values: Value[] = [];
  /** The attribute that decides the type, where one does. */
  setting: TypeSetting | undefined;
  /** The node whose parameter it is, and the parameter's name. */
  readonly node: Node | undefined;
  readonly name: string;
  #same: TypeVariable | undefined;

  constructor(domain: ReadonlySet<number> | undefined, name: string, node?: Node) {
    this.domain = domain;
    this.name = name;
    this.node = node;
  }

  /** The variable that stands for this one after {@link unify}. */
  get root(): TypeVariable {
    let root: TypeVariable = this;
    while (root.#same !== undefined) root = root.#same;
    // Long chains are walked once.
    let each: TypeVariable = this;
    while (each.#same !== undefined && each.#same !== root) {
      const next: TypeVariable = each.#same;
      each.#same = root;
      each = next;
    }
    return root;
  }

  /** States that two variables are one type. */
  unify(other: TypeVariable): void {
    const [a, b] = [this.root, other.root];
    if (a === b) return;
    b.#same = a;
    a.domain = intersection(a.domain, b.domain);
    for (const dtype of b.unsupported) a.unsupported.add(dtype);
    for (const dtype of b.avoided) a.avoided.add(dtype);
    a.reads.push(...b.reads);
    a.values.push(...b.values);
    a.setting ??= b.setting;
    a.isFixed ||= b.isFixed;
  }

  /** May it have this type? */
  allows(dtype: number): boolean {
    return this.domain?.has(dtype) ?? true;
  }
}

function intersection(a: ReadonlySet<number> | undefined, b: ReadonlySet<number> | undefined) {
  if (a === undefined || b === undefined) return a ?? b;
  return new Set([...a].filter((dtype) => b.has(dtype)));
}
