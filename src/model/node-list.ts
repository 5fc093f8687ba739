import type { Node } from './node.js';

/** A graph's nodes in order: a linked list, so that edits in the middle of 100,000 nodes cost nothing. */
export class NodeList {
  #first: Node | undefined;
  #last: Node | undefined;
  #array: readonly Node[] | undefined = [];

  /** The nodes as an array; a new one after every change, so that going through one while editing is safe. */
  toArray(): readonly Node[] {
    if (this.#array === undefined) {
      const nodes: Node[] = [];
      for (let node = this.#first; node !== undefined; node = node._next) nodes.push(node);
      this.#array = nodes;
    }
    return this.#array;
  }

  /** Makes these the nodes. */
  fill(nodes: readonly Node[]): void {
    let previous: Node | undefined;
    for (const node of nodes) {
      node._previous = previous;
      if (previous !== undefined) previous._next = node;
      previous = node;
    }
    this.#first = nodes[0];
    this.#last = previous;
    this.#array = nodes;
  }

  /** Inserts a node before another one; without one, at the end. */
  insert(node: Node, before: Node | undefined): void {
    const previous = before === undefined ? this.#last : before._previous;
    node._previous = previous;
    node._next = before;
    if (previous === undefined) this.#first = node;
    else previous._next = node;
    if (before === undefined) this.#last = node;
    else before._previous = node;
    this.#array = undefined;
  }

  remove(node: Node): void {
    if (node._previous === undefined) this.#first = node._next;
    else node._previous._next = node._next;
    if (node._next === undefined) this.#last = node._previous;
    else node._next._previous = node._previous;
    node._previous = undefined;
    node._next = undefined;
    this.#array = undefined;
  }
}
