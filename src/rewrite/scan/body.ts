import type { CarriedState, Recurrence } from '../../analysis/recurrence/recurrence.js';
import type { AttributeInput } from '../../model/attribute-input.js';
import type { Graph } from '../../model/graph.js';
import type { Node } from '../../model/node.js';
import type { Value } from '../../model/value.js';
import type { DenseTensor } from '../../tensor/dense.js';
import { DataType } from '../../tensor/dtype.js';

/** Writes the body of a loop: copies of a step's nodes in a graph of their own. */
export class Body {
  readonly graph: Graph;
  readonly #opset: number;

  constructor(outer: Graph) {
    this.graph = outer.createSubgraph(outer.freshName('body'));
    this.#opset = outer.opset('') ?? 0;
  }

  /** Adds an input. Its shape is left to whoever runs the loop; of a scalar they want it said. */
  input(hint: string, dtype: number | undefined, isScalar = false): Value {
    return this.graph.addInput(this.graph.freshName(hint), dtype, isScalar ? [] : undefined);
  }

  /** Makes a value an output of the body; a copy of it, unless it is a result of the body's that is none yet. */
  output(value: Value, dtype: number | undefined): void {
    const isOwn = value.graph === this.graph && value.producer !== undefined && !value.isGraphOutput;
    const result = isOwn ? value : this.node('Identity', [value]);
    if (dtype !== undefined) result.setDeclared({ kind: 'tensor', elemType: dtype, shape: undefined });
    this.graph.addOutput(result);
  }

  node(opType: string, inputs: readonly Value[], attributes: Record<string, AttributeInput> = {}): Value {
    const output = this.graph.freshName(opType.toLowerCase());
    const node = this.graph.addNode({ opType, inputs, outputs: [output], name: output, attributes });
    return node.outputs[0] as Value;
  }

  /** A constant of whole numbers; a scalar unless a shape is given. */
  int64(values: readonly (number | bigint)[], shape: readonly number[] = []): Value {
    const tensor = { dtype: DataType.INT64, shape, data: BigInt64Array.from(values, BigInt) };
    return this.constant(tensor);
  }

  /** Adds or drops an axis, in the form of the model's opset. */
  reshape(opType: 'Squeeze' | 'Unsqueeze', value: Value, axis: number): Value {
    if (this.#opset < 13) return this.node(opType, [value], { axes: { ints: [axis] } });
    return this.node(opType, [value, this.int64([axis], [1])]);
  }

  /**
   * Copies what the states and other wanted values of a step are made by.
   *
   * @param bound - what stands for the values that the step does not make itself
   * @param position - number of the step, an int64 scalar; needed where steps before the first leave the states as they are
   * @returns the copies, by the values of the step
   */
  copy(
    { steps, states, first, counted, counters }: Recurrence,
    wanted: readonly Value[],
    bound: ReadonlyMap<Value, Value>,
    position: Value | undefined,
  ): Map<Value, Value> {
    const copies = new Map(bound);
    const stateOf = new Map<Value, CarriedState>(states.map((state) => [state.write, state]));
    const isBefore = first > 0 && position ? this.node('Less', [position, this.int64([first])]) : undefined;
    for (const node of neededOf([...counted, ...steps.nodes], [...wanted, ...stateOf.keys()], bound)) {
      for (const input of node.inputs) {
        if (input === undefined || copies.has(input) || !isConstantNode(input)) continue;
        copies.set(input, this.#copy(input.producer as Node, copies).outputs[0] as Value);
      }
      const index = asksOnlyForShape(node) ? node.inputs[1] : undefined;
      const counter = index && counters.get(index);
      // Rows are alike, and a step that prepares the next one reads beyond the last.
      const zeros = counter && this.int64(new Array(counter.zero.length).fill(0), counter.shape);
      const copy = this.#copy(node, index && zeros ? new Map(copies).set(index, zeros) : copies);
      node.outputs.forEach((output, i) => {
        let made = copy.outputs[i];
        if (output === undefined || made === undefined) return;
        const state = stateOf.get(output);
        if (isBefore && state) made = this.node('Where', [isBefore, copies.get(state.read) as Value, made]);
        copies.set(output, made);
      });
    }
    return copies;
  }

  #copy(node: Node, copies: ReadonlyMap<Value, Value>): Node {
    return this.copyWith(
      node,
      node.inputs.map((input) => input && (copies.get(input) ?? input)),
    );
  }

  /** Adds a copy of a node that reads something else. */
  copyWith(node: Node, inputs: readonly (Value | undefined)[]): Node {
    const attributes: Record<string, AttributeInput> = {};
    for (const attribute of node.attributes) attributes[attribute.name] = attribute;
    const { opType, domain, overload } = node;
    return this.graph.addNode({
      opType,
      domain,
      overload,
      name: this.graph.freshName(node.name || opType),
      inputs: [...inputs],
      outputs: node.outputs.map((output) => (output ? this.graph.freshName(output.name) : '')),
      attributes,
    });
  }

  constant(tensor: DenseTensor): Value {
    return this.node('Constant', [], { value: { tensor } });
  }

  /** What the step reads of whole numbers that grow from step to step. */
  counters({ counters }: Recurrence, position: Value | undefined): Map<Value, Value> {
    const values = new Map<Value, Value>();
    for (const [constant, { shape, zero, growth }] of counters) {
      const grown = this.node('Mul', [this.int64(growth, shape), position as Value]);
      values.set(constant, this.node('Add', [this.int64(zero, shape), grown]));
    }
    return values;
  }
}

/** Is it made by a node that holds it? Exporters write one for every use. */
export function isConstantNode({ producer }: Value): boolean {
  return producer?.opType === 'Constant' && producer.domain === '';
}

/** Is it a row of which nothing but the shape is asked for? */
function asksOnlyForShape({ opType, domain, outputs: [row] }: Node): boolean {
  if (opType !== 'Gather' || domain !== '' || row === undefined || row.isGraphOutput) return false;
  return row.uses.every(({ node }) => node.opType === 'Shape' && node.domain === '');
}

/** Does the body have to know the number of the step? */
export function needsPosition({ first, counters }: Recurrence): boolean {
  return first > 0 || counters.size > 0;
}

/** The nodes that values are made by, directly or not, in their order. */
function neededOf(nodes: readonly Node[], wanted: readonly Value[], bound: ReadonlyMap<Value, Value>): Node[] {
  const own = new Set(nodes);
  const needed = new Set<Node>();
  const stack = [...wanted];
  for (let value = stack.pop(); value !== undefined; value = stack.pop()) {
    const { producer } = value;
    if (bound.has(value) || producer === undefined || !own.has(producer) || needed.has(producer)) continue;
    needed.add(producer);
    for (const input of producer.inputs) if (input !== undefined) stack.push(input);
  }
  return nodes.filter((node) => needed.has(node));
}
