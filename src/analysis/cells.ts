import type { Node } from '../model/node.js';
import type { Value } from '../model/value.js';
import { Dim } from '../symbolic/dim.js';

/** A number that an exporter wrote down: a size of a constant, or an element of an integer constant. */
export interface Cell {
  readonly id: string;
  readonly value: Value;
  /** The node that reads it, where others read the same number and may mean something else by it. */
  readonly reader?: Node | undefined;
  readonly kind: 'size' | 'element';
  /** Axis of the size, or row-major index of the element. */
  readonly index: number;
  /** What stands in the file. */
  readonly traced: number;
}

/** What cells had been assigned at some time. */
export interface Assignments {
  readonly assigned: ReadonlyMap<string, Dim>;
  readonly ones: ReadonlyMap<string, Dim> | undefined;
}

/**
 * The cells of a model. Sizes and contents that inference hands to live nodes carry them as the *origin* of plain
 * numbers, so that a number which meets a symbolic expression can be traced back to where it was written.
 */
export class Cells {
  readonly #cells = new Map<string, Cell>();
  readonly #ids = new Map<Value | Node, number>();
  readonly #assigned = new Map<string, Dim>();
  /** Sizes that were taken for 1 when the cells were assigned. */
  #ones: ReadonlyMap<string, Dim> | undefined;

  /**
   * What was assigned so far was told with these symbols as 1. From now on it may be replaced by what is the same then:
   * `time` by `batch * time`.
   */
  refine(ones: Iterable<string>): void {
    this.#ones = new Map([...ones].map((name) => [name, Dim.of(1)]));
  }

  /** May the cell be assigned this expression? */
  isOpen(id: string, size: Dim): boolean {
    const assigned = this.#assigned.get(id);
    if (this.#ones === undefined) return assigned === undefined;
    const before = assigned ?? Dim.of((this.#cells.get(id) as Cell).traced);
    return !size.equals(before) && size.substitute(this.#ones).equals(before.substitute(this.#ones));
  }

  /** From now on, an expression takes the place of the cell's number. */
  assign(id: string, dim: Dim): void {
    this.#assigned.set(id, dim);
  }

  /** Assigns an expression to a number that inference has not come across yet. @returns the id of its cell */
  assume({ value, kind, index, traced, reader }: Omit<Cell, 'id'>, dim: Dim): string {
    const own = value.uses.length > 1 ? reader : undefined;
    this.dim(value, kind, index, traced, own);
    const id = this.#id(value, kind, index, own);
    this.assign(id, dim);
    return id;
  }

  /** Takes an assignment back. */
  unassign(id: string): void {
    this.#assigned.delete(id);
  }

  /** Remembers all assignments. @returns what puts them back */
  save(): () => void {
    const saved = [...this.#assigned];
    return () => {
      this.#assigned.clear();
      for (const [id, dim] of saved) this.#assigned.set(id, dim);
    };
  }

  /** What cells are assigned now. */
  assignments(): Assignments {
    return { assigned: new Map(this.#assigned), ones: this.#ones };
  }

  /** The cells that inference sees otherwise than it did; undefined when that may be all of them. */
  changedSince({ assigned, ones }: Assignments): Cell[] | undefined {
    if (ones !== this.#ones) return undefined;
    const ids = [...new Set([...assigned.keys(), ...this.#assigned.keys()])];
    const changed = ids.filter((id) => assigned.get(id) !== this.#assigned.get(id));
    return changed.map((id) => this.#cells.get(id) as Cell);
  }

  /** The expression assigned to a cell. */
  assigned(id: string): Dim | undefined {
    return this.#assigned.get(id);
  }

  /** The cells that were assigned an expression, in the order of assignment. */
  *baked(): Iterable<{ cell: Cell; size: Dim }> {
    for (const [id, size] of this.#assigned) yield { cell: this.#cells.get(id) as Cell, size };
  }

  get(id: string): Cell | undefined {
    return this.#cells.get(id);
  }

  /**
   * The size or element as inference sees it: the number with its origin, or the expression assigned to it. What is
   * assigned for all readers holds for each of them.
   */
  dim(value: Value, kind: Cell['kind'], index: number, traced: number, reader?: Node): Dim {
    const shared = this.#id(value, kind, index);
    const id = reader === undefined ? shared : this.#id(value, kind, index, reader);
    if (!this.#cells.has(id)) this.#cells.set(id, { id, value, reader, kind, index, traced });
    const at = this.#assigned.has(id) ? id : shared;
    const assigned = this.#assigned.get(at);
    if (assigned === undefined) return Dim.cell(id, traced);
    return this.#ones === undefined ? assigned : assigned.withOrigin({ id: at });
  }

  #id(value: Value, kind: Cell['kind'], index: number, reader?: Node): string {
    const shared = `#${this.#number(value)}${kind === 'size' ? '.' : '@'}${index}`;
    return reader === undefined ? shared : `${shared}/${this.#number(reader)}`;
  }

  #number(part: Value | Node): number {
    let number = this.#ids.get(part);
    if (number === undefined) {
      number = this.#ids.size;
      this.#ids.set(part, number);
    }
    return number;
  }
}
