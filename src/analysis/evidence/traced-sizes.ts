import type { Model } from '../../model/model.js';
import type { Dim } from '../../symbolic/dim.js';
import { inputShape } from '../input-shape.js';

/** Sizes of symbols at the time of the export. */
export class TracedSizes {
  readonly #sizes: ReadonlyMap<string, number>;
  readonly #frozen: ReadonlySet<string>;
  readonly #expressions: ReadonlyMap<string, number>;

  /**
   * @param frozen - symbols that are proved to have been frozen somewhere in the model
   * @param expressions - what expressions were, by key, where their symbols may not be known: `source + target`
   */
  constructor(
    sizes: ReadonlyMap<string, number>,
    frozen: ReadonlySet<string> = new Set(),
    expressions: ReadonlyMap<string, number> = new Map(),
  ) {
    this.#sizes = sizes;
    this.#frozen = frozen;
    this.#expressions = expressions;
  }

  /** Did the exporter freeze this size elsewhere in the model? */
  isFrozen(symbol: string): boolean {
    return this.#frozen.has(symbol);
  }

  get isEmpty(): boolean {
    return this.#sizes.size === 0 && this.#expressions.size === 0;
  }

  /** What the expression was; undefined when one of its symbols is not known. */
  of(size: Dim | undefined): number | undefined {
    if (size === undefined || size.isNumber) return size?.value;
    return size.evaluate(this.#sizes) ?? this.#expressions.get(size.key);
  }

  /** Is the size symbolic, and was it this number? */
  was(size: Dim | undefined, traced: number | undefined): boolean {
    return size !== undefined && traced !== undefined && !size.isNumber && this.of(size) === traced;
  }
}

/** How the caller may say what the export saw. */
export interface GivenSizes {
  readonly inputShapes?: Readonly<Record<string, readonly (number | string | undefined)[]>>;
  readonly tracedShapes?: Readonly<Record<string, readonly number[]>>;
}

/** Traced sizes that the caller gives, by symbol: outright, or by declaring an axis free for which the file has a number. */
export function givenSizes(model: Model, { inputShapes, tracedShapes }: GivenSizes): Map<string, number> {
  const sizes = new Map<string, number>();
  for (const input of model.graph.inputs) {
    const declared = input.declared?.kind === 'tensor' ? input.declared.shape : undefined;
    const traced = tracedShapes?.[input.name];
    const isDeclaredFree = inputShapes?.[input.name] !== undefined;
    inputShape(input, inputShapes)?.forEach((dim, axis) => {
      const symbol = dim.symbolName;
      const number = traced?.[axis] ?? (isDeclaredFree ? declared?.[axis] : undefined);
      if (symbol !== undefined && typeof number === 'number' && !sizes.has(symbol)) sizes.set(symbol, number);
    });
  }
  return sizes;
}
