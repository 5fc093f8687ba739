import type { Node } from '../model/node.js';
import type { Value } from '../model/value.js';
import type { Facts } from '../ops/types.js';
import type { Dim } from '../symbolic/dim.js';
import type { Cell, Cells } from './cells.js';
import { contentOf, lazyFacts } from './constant-facts.js';
import type { Constants } from './constants.js';

/** Constants as live nodes see them: sizes and elements carry their cells. */
export class Frontier {
  readonly #constants: Constants;
  readonly #cells: Cells;
  readonly #facts: Map<Value, Facts>;

  /** @param known - of another inference, to go on with */
  constructor(constants: Constants, cells: Cells, known?: Frontier) {
    this.#constants = constants;
    this.#cells = cells;
    this.#facts = new Map(known ? known.#facts : []);
  }

  /** Forgets constants whose cells were assigned something else. */
  forget(cells: readonly Cell[]): void {
    for (const { value } of cells) this.#facts.delete(value);
  }

  /**
   * @param plain - the constant's facts in plain numbers
   * @param reader - the node that sees it, where others see the same constant
   */
  facts(value: Value, plain: Facts | undefined, reader: Node | undefined): Facts | undefined {
    const known = reader === undefined ? this.#facts.get(value) : undefined;
    if (known !== undefined) return known;
    if (plain?.kind !== 'tensor' || !plain.shape?.every((dim) => dim?.isNumber)) return plain;
    const dims = plain.shape.map((dim) => (dim as Dim).value as number);
    const shape = dims.map((size, axis) => this.#cells.dim(value, 'size', axis, size));
    const result = lazyFacts(plain.dtype, shape, dims, () =>
      contentOf(this.#constants.dense(value), (index, traced) =>
        this.#cells.dim(value, 'element', index, traced, reader),
      ),
    );
    if (reader === undefined) this.#facts.set(value, result);
    return result;
  }
}
