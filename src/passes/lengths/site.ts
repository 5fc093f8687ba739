import type { CountRule, FrozenCounts } from '../../analysis/lengths.js';
import { countOf } from '../../analysis/lengths.js';
import type { Node } from '../../model/node.js';
import type { Value } from '../../model/value.js';
import type { LiveLengths } from '../../rewrite/live-lengths.js';
import { Dim } from '../../symbolic/dim.js';
import type { Edit, Finding } from '../pass.js';
import type { Session } from '../repair-session.js';

/** A place where lengths of the example were frozen. */
export interface LengthSite extends FrozenCounts {
  /** What was found; its message names the value and what it holds. */
  readonly finding: Finding;
  /** The node that reads what is frozen; undefined for an output of the model. */
  readonly reader: Node | undefined;
  /** Why it cannot be driven; undefined when it can. */
  refusal(driver: LengthDriver): string | undefined;
  /** Lets the reader read what is computed from live lengths. */
  drive(driver: LengthDriver): Edit;
  /** What lost a reader thereby. */
  readonly released: Value;
}

/** What sites compute from live lengths with. */
export class LengthDriver {
  readonly session: Session;
  readonly live: LiveLengths;
  readonly #name: string;
  readonly #symbol: string;
  readonly #rule: CountRule;

  /**
   * @param name - the input of lengths
   * @param symbol - the size that lengths are at most
   */
  constructor(session: Session, live: LiveLengths, name: string, symbol: string, rule: CountRule) {
    this.session = session;
    this.live = live;
    this.#name = name;
    this.#symbol = symbol;
    this.#rule = rule;
  }

  /** Valid positions along an axis of this size, as an expression in the length. It may exceed the size. */
  expression(size: Dim): Dim {
    return countOf(size, this.#symbol, this.#rule) ?? size;
  }

  /** The same for people, in the name of the input: `(lengths + 3)//4`. */
  describe(size: Dim): string {
    return this.expression(size)
      .substitute(new Map([[this.#symbol, Dim.symbol(this.#name)]]))
      .toString();
  }

  /** Can counts along an axis of this size be computed before the node? */
  canCount(size: Dim, anchor: Node): boolean {
    return this.live.canCompute(this.expression(size), anchor);
  }

  /** Valid positions of every item, an int64 vector; may exceed the size. */
  counts(size: Dim, anchor: Node): Value {
    return this.live.vector(this.expression(size), anchor);
  }

  /** Can {@link exactCounts} be computed before the node? */
  canCountExactly(size: Dim, anchor: Node): boolean {
    return this.canCount(size, anchor) && (this.#isWithin(size) || this.session.sizes.canCompute(size, anchor));
  }

  /** The same, but never more than the size. */
  exactCounts(size: Dim, anchor: Node): Value {
    const counts = this.counts(size, anchor);
    return this.#isWithin(size) ? counts : this.live.atMost(counts, this.session.sizes.scalar(size, anchor), anchor);
  }

  /** Lengths do not exceed the symbol, so that neither does what is computed from them as the size is. */
  #isWithin(size: Dim): boolean {
    return this.expression(size).equals(size) || size.equals(Dim.symbol(this.#symbol));
  }
}
