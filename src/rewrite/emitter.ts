import type { AttributeInput } from '../model/attribute.js';
import type { Graph } from '../model/graph.js';
import type { Node } from '../model/node.js';
import type { Value } from '../model/value.js';
import type { DenseTensor } from '../tensor/dense.js';
import { DataType } from '../tensor/dtype.js';
import { ConstantPool } from './constant-pool.js';

/** What to compute: one node. */
export interface NodeSpec {
  readonly opType: string;
  /** '' is ai.onnx. */
  readonly domain?: string;
  readonly inputs: readonly (Value | undefined)[];
  readonly attributes?: Readonly<Record<string, AttributeInput>>;
  /** Beginning of the new value's name: 'mask', 'length' ... */
  readonly hint: string;
}

/**
 * Adds nodes and constants to graphs, each at most once: asking for a computation that is already there (emitted before,
 * or a Shape node of the model itself) gives the existing value. New nodes stand right before the node that first needs
 * them, so callers go through consumers in graph order.
 */
export class Emitter {
  readonly #known = new Map<Graph, Map<string, readonly Value[]>>();
  readonly #pools = new Map<Graph, ConstantPool<Value>>();
  readonly #made = new Map<string, ConstantPool<DenseTensor>>();
  readonly #positions = new Map<Graph, Map<Node, number>>();
  readonly added: Node[] = [];

  /** The value of an ONNX computation, available to `anchor`. */
  node(spec: NodeSpec, anchor: Node): Value {
    return this.outputs(spec, 1, anchor)[0] as Value;
  }

  /** The values of an ONNX computation with several outputs, available to `anchor`. */
  outputs(spec: NodeSpec, count: number, anchor: Node): readonly Value[] {
    const { graph } = anchor;
    // Constants are pooled by content instead, and graphs are not compared.
    const isPooled =
      spec.opType !== 'Constant' && !Object.values(spec.attributes ?? {}).some((given) => 'graph' in given);
    const key = isPooled ? keyOf(spec, count) : undefined;
    const known = key === undefined ? undefined : this.#values(graph).get(key);
    if (known?.every((value) => this.isAvailable(value, anchor))) return known;
    const outputs = Array.from({ length: count }, () => graph.freshName(spec.hint));
    const node = graph.addNode(
      {
        opType: spec.opType,
        ...(spec.domain ? { domain: spec.domain } : {}),
        inputs: [...spec.inputs],
        outputs,
        name: outputs[0] as string,
        ...(spec.attributes ? { attributes: { ...spec.attributes } } : {}),
      },
      { before: anchor },
    );
    const positions = this.#positionsOf(graph);
    positions.set(node, (positions.get(anchor) ?? 0) - 0.5);
    this.added.push(node);
    const values = node.outputs as readonly Value[];
    if (key !== undefined) this.#values(graph).set(key, values);
    return values;
  }

  /** A constant: an initializer of the anchor's graph, or a Constant node where that cannot be. */
  constant(tensor: DenseTensor, hint: string, anchor: Node): Value {
    const { graph } = anchor;
    const pool = this.#pools.get(graph) ?? new ConstantPool<Value>();
    this.#pools.set(graph, pool);
    const known = pool.find(tensor).find((value) => this.isAvailable(value, anchor));
    if (known !== undefined) return known;
    // Before IR version 4 every initializer has to be a graph input too, and functions have no initializers.
    const value =
      graph.model.irVersion < 4 || graph.isFunctionBody
        ? this.node({ opType: 'Constant', inputs: [], attributes: { value: { tensor } }, hint }, anchor)
        : graph.addInitializer(graph.freshName(hint), tensor);
    pool.add(tensor, value);
    return value;
  }

  /** A constant that is made of another tensor: the same is made of equal ones only once. */
  constantOf(tensor: DenseTensor, how: string, make: () => DenseTensor, hint: string, anchor: Node): Value {
    const made = this.#made.get(how) ?? new ConstantPool<DenseTensor>();
    this.#made.set(how, made);
    const [known] = made.find(tensor);
    const result = known ?? make();
    if (known === undefined) made.add(tensor, result);
    return this.constant(result, hint, anchor);
  }

  /** An int64 scalar (rank 0) or, for a list, a vector. */
  int64(values: number | readonly number[], hint: string, anchor: Node): Value {
    const list = typeof values === 'number' ? [values] : values;
    const shape = typeof values === 'number' ? [] : [values.length];
    return this.constant({ dtype: DataType.INT64, shape, data: BigInt64Array.from(list, BigInt) }, hint, anchor);
  }

  /** Can `anchor` read this value: is it of its graph or an outer one, and computed before it? */
  isAvailable(value: Value, anchor: Node): boolean {
    let node: Node | undefined = anchor;
    while (node !== undefined && node.graph !== value.graph) node = node.graph.parent;
    if (node === undefined) return false;
    if (value.producer === undefined) return true;
    const positions = this.#positionsOf(node.graph);
    const made = positions.get(value.producer);
    return made !== undefined && made < (positions.get(node) ?? 0);
  }

  /** Position of a node among its graph's nodes, in topological order. */
  position(node: Node): number {
    return this.#positionsOf(node.graph).get(node) ?? 0;
  }

  #positionsOf(graph: Graph): Map<Node, number> {
    let positions = this.#positions.get(graph);
    if (positions === undefined) {
      positions = new Map();
      let i = 0;
      for (const node of graph.nodes) positions.set(node, i++);
      this.#positions.set(graph, positions);
    }
    return positions;
  }

  #values(graph: Graph): Map<string, readonly Value[]> {
    let values = this.#known.get(graph);
    if (values === undefined) {
      values = new Map();
      for (const node of graph.nodes) {
        const [output] = node.outputs;
        if (node.opType !== 'Shape' || node.domain !== '' || output === undefined) continue;
        if (node.attributes.get('start') || node.attributes.get('end')) continue;
        const key = keyOf({ opType: 'Shape', inputs: node.inputs }, 1);
        if (!values.has(key)) values.set(key, [output]);
      }
      this.#known.set(graph, values);
    }
    return values;
  }
}

function keyOf({ opType, domain = '', inputs, attributes = {} }: Omit<NodeSpec, 'hint'>, count: number): string {
  const replacer = (_: string, value: unknown) => {
    if (typeof value === 'bigint') return `${value}n`;
    return ArrayBuffer.isView(value) ? Array.from(value as unknown as ArrayLike<unknown>) : value;
  };
  return `${domain}.${opType}/${count}(${inputs.map((input) => JSON.stringify(input?.name ?? '')).join(',')})${JSON.stringify(attributes, replacer)}`;
}
