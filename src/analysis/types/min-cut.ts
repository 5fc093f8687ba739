/**
 * Minimum cut of a directed graph by Dinic's algorithm (E. A. Dinic, "Algorithm for solution of a problem of maximum flow
 * in networks with power estimation", 1970). Node 0 is the source, node 1 the sink; capacities are whole numbers.
 */
export class MinCut {
  readonly #heads: number[] = [-1, -1];
  readonly #next: number[] = [];
  readonly #to: number[] = [];
  readonly #capacity: number[] = [];

  static readonly SOURCE = 0;
  static readonly SINK = 1;

  addNode(): number {
    return this.#heads.push(-1) - 1;
  }

  /** Costs `capacity` when `from` is on the source's side and `to` is not. */
  addEdge(from: number, to: number, capacity: number): void {
    if (capacity <= 0 || from === to) return;
    this.#half(from, to, capacity);
    this.#half(to, from, 0);
  }

  /** Which nodes are on the source's side of a cheapest cut: of several, the one nearest to the source. */
  solve(): boolean[] {
    for (;;) {
      const levels = this.#levels();
      if (levels[MinCut.SINK] === -1) return levels.map((level) => level >= 0);
      const edges = [...this.#heads];
      while (this.#push(levels, edges) > 0);
    }
  }

  #half(from: number, to: number, capacity: number): void {
    this.#to.push(to);
    this.#capacity.push(capacity);
    this.#next.push(this.#heads[from] as number);
    this.#heads[from] = this.#to.length - 1;
  }

  #levels(): number[] {
    const levels = this.#heads.map(() => -1);
    const queue = [MinCut.SOURCE];
    levels[MinCut.SOURCE] = 0;
    for (const node of queue) {
      for (let edge = this.#heads[node] as number; edge >= 0; edge = this.#next[edge] as number) {
        const to = this.#to[edge] as number;
        if ((this.#capacity[edge] as number) === 0 || levels[to] !== -1) continue;
        levels[to] = (levels[node] as number) + 1;
        queue.push(to);
      }
    }
    return levels;
  }

  /** One augmenting path along ascending levels, without recursion: paths are as long as the model is deep. */
  #push(levels: readonly number[], edges: number[]): number {
    const path: number[] = [];
    let node = MinCut.SOURCE;
    while (node !== MinCut.SINK) {
      const edge = edges[node] as number;
      if (edge < 0) {
        const last = path.pop();
        if (last === undefined) return 0;
        node = this.#to[last ^ 1] as number;
        edges[node] = this.#next[last] as number;
        continue;
      }
      const to = this.#to[edge] as number;
      if ((this.#capacity[edge] as number) > 0 && levels[to] === (levels[node] as number) + 1) {
        path.push(edge);
        node = to;
      } else edges[node] = this.#next[edge] as number;
    }
    const flow = path.reduce(
      (least, edge) => Math.min(least, this.#capacity[edge] as number),
      Number.POSITIVE_INFINITY,
    );
    for (const edge of path) {
      this.#capacity[edge] = (this.#capacity[edge] as number) - flow;
      this.#capacity[edge ^ 1] = (this.#capacity[edge ^ 1] as number) + flow;
    }
    return flow;
  }
}
