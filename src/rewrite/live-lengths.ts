import type { Node } from '../model/node.js';
import type { Value } from '../model/value.js';
import type { Dim } from '../symbolic/dim.js';
import { DataType } from '../tensor/dtype.js';
import type { Emitter } from './emitter.js';
import { opsetOf, Sizes, unsqueeze } from './size.js';

/** Emits what is computed from the lengths of the items of a batch: an int64 vector with an element an item. */
export class LiveLengths {
  readonly #emitter: Emitter;
  readonly #input: () => Value;
  readonly #dtype: number;
  readonly #sizes: Sizes;

  /**
   * @param input gives the vector of whole numbers, asked for when it is first needed
   * @param dtype its element type
   * @param symbol what stands for a length in the expressions that are to be computed
   */
  constructor(emitter: Emitter, input: () => Value, dtype: number, symbol: string) {
    this.#emitter = emitter;
    this.#input = input;
    this.#dtype = dtype;
    const lengths = (anchor: Node) => this.#lengths(anchor);
    this.#sizes = new Sizes(emitter, (size, anchor) =>
      size.symbolName === symbol
        ? {
            get value() {
              return lengths(anchor);
            },
          }
        : undefined,
    );
  }

  /** Can the expression be computed? */
  canCompute(expression: Dim, anchor: Node): boolean {
    return this.#sizes.canCompute(expression, anchor);
  }

  /** An expression in the length, for every item. @throws RangeError unless {@link canCompute} */
  vector(expression: Dim, anchor: Node): Value {
    return this.#sizes.scalar(expression, anchor);
  }

  /** The smaller one of each element and a scalar. */
  atMost(vector: Value, limit: Value, anchor: Node): Value {
    const inputs = [vector, limit];
    if (opsetOf(anchor) >= 12) return this.#emitter.node({ opType: 'Min', inputs, hint: 'lengths' }, anchor);
    // Min takes integers from opset 12 on.
    const isLess = this.#emitter.node({ opType: 'Less', inputs, hint: 'is_less' }, anchor);
    return this.#emitter.node({ opType: 'Where', inputs: [isLess, ...inputs], hint: 'lengths' }, anchor);
  }

  /** Every element `times` times: one after the other (`each`), or the whole vector again and again. */
  repeat(vector: Value, times: number, each: boolean, anchor: Node): Value {
    if (times === 1) return vector;
    const column = each ? unsqueeze(this.#emitter, vector, [1], anchor) : unsqueeze(this.#emitter, vector, [0], anchor);
    const shape = this.#emitter.int64(each ? [1, times] : [times, 1], 'shape', anchor);
    const table = this.#emitter.node({ opType: 'Expand', inputs: [column, shape], hint: 'repeated' }, anchor);
    const inputs = [table, this.#emitter.int64([-1], 'shape', anchor)];
    return this.#emitter.node({ opType: 'Reshape', inputs, hint: 'repeated' }, anchor);
  }

  #lengths(anchor: Node): Value {
    if (this.#dtype === DataType.INT64) return this.#input();
    const attributes = { to: { int: DataType.INT64 } };
    return this.#emitter.node({ opType: 'Cast', inputs: [this.#input()], attributes, hint: 'lengths' }, anchor);
  }
}
