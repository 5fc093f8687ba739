import type { Node } from '../model/node.js';

/** What was found at nodes, in the order in which they were visited last. */
export class NodeLists<T> {
  readonly #lists = new Map<Node, T[]>();

  add(node: Node, item: T): void {
    const list = this.#lists.get(node);
    if (list === undefined) this.#lists.set(node, [item]);
    else list.push(item);
  }

  /** Forgets what was found at a node, which is about to be visited again. */
  clear(node: Node): void {
    if (this.#lists.size > 0) this.#lists.delete(node);
  }

  /** Takes over what others found at a node. */
  take(node: Node, others: NodeLists<T>): void {
    const list = others.#lists.size > 0 ? others.#lists.get(node) : undefined;
    if (list !== undefined) this.#lists.set(node, list);
  }

  has(node: Node): boolean {
    return this.#lists.has(node);
  }

  of(node: Node): readonly T[] {
    return this.#lists.get(node) ?? [];
  }

  all(): T[] {
    return [...this.#lists.values()].flat();
  }
}
