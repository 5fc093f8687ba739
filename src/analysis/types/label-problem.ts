/**
 * Which type each variable should have so that the repair costs least: a labelling problem. Between two types it is solved
 * exactly by a minimum cut; where more types meet, pairs of them are exchanged until nothing gets cheaper (the alpha-beta
 * swap of Y. Boykov, O. Veksler and R. Zabih, "Fast approximate energy minimization via graph cuts", 2001).
 */
import { MinCut } from './min-cut.js';

/** What must not be. Sums of it stay exact. */
export const IMPOSSIBLE = 1e9;

/** A value, and the variables that it is read in. Each type that is read and that it does not have is made once. */
export interface Site {
  /** The variable whose type it has; undefined for a constant. */
  readonly producer: number | undefined;
  /** The type of a constant. */
  readonly type: number | undefined;
  /** Variables that it is read in, each once. */
  readonly readers: readonly number[];
  /** What it costs to make it of another type. */
  cost(from: number, to: number): number;
}

/** Variables 0 .. n - 1, the types that each may have, and what types cost. Costs are whole numbers. */
export interface LabelProblem {
  readonly choices: readonly (readonly number[])[];
  unary(variable: number, type: number): number;
  readonly sites: readonly Site[];
}

/** What a labelling costs. */
export function costOf(problem: LabelProblem, types: readonly number[]): number {
  let cost = 0;
  types.forEach((type, variable) => {
    cost += problem.unary(variable, type);
  });
  for (const site of problem.sites) cost += siteCost(site, types);
  return cost;
}

function siteCost(site: Site, types: readonly number[]): number {
  const from = typeAt(site, types);
  let cost = 0;
  for (const to of new Set(site.readers.map((reader) => types[reader] as number))) {
    if (to !== from) cost += site.cost(from, to);
  }
  return cost;
}

function typeAt({ producer, type }: Site, types: readonly number[]): number {
  return (producer === undefined ? type : types[producer]) as number;
}

/** A cheapest labelling (of two types; of more, one that no exchange of two types makes cheaper). */
export function cheapestTypes(problem: LabelProblem): number[] {
  let types = problem.choices.map((choices, variable) => cheapest(problem, choices, variable));
  let cost = costOf(problem, types);
  const labels = [...new Set(problem.choices.flat())].sort((a, b) => a - b);
  for (let improved = true; improved; ) {
    improved = false;
    for (const [low, high] of pairs(labels)) {
      const next = exchange(problem, types, low, high);
      const nextCost = costOf(problem, next);
      if (nextCost >= cost) continue;
      [types, cost, improved] = [next, nextCost, true];
    }
    improved &&= labels.length > 2;
  }
  return types;
}

function cheapest(problem: LabelProblem, choices: readonly number[], variable: number): number {
  let best = choices[0] as number;
  for (const type of choices) if (problem.unary(variable, type) < problem.unary(variable, best)) best = type;
  return best;
}

function pairs(labels: readonly number[]): [number, number][] {
  return labels.flatMap((low, i) => labels.slice(i + 1).map((high): [number, number] => [low, high]));
}

/** The cheapest choice between two types for all variables that have one of them; the source's side gets `high`. */
function exchange(problem: LabelProblem, types: readonly number[], low: number, high: number): number[] {
  const cut = new MinCut();
  const nodes = types.map((type) => (type === low || type === high ? cut.addNode() : -1));
  types.forEach((_, variable) => {
    const node = nodes[variable] as number;
    if (node < 0) return;
    const choices = problem.choices[variable] as readonly number[];
    const price = (type: number) => (choices.includes(type) ? problem.unary(variable, type) : IMPOSSIBLE);
    cut.addEdge(MinCut.SOURCE, node, price(low));
    cut.addEdge(node, MinCut.SINK, price(high));
  });
  for (const site of problem.sites) addSite(cut, site, types, nodes, low, high);
  const isHigh = cut.solve();
  return types.map((type, variable) => {
    const node = nodes[variable] as number;
    if (node < 0) return type;
    return isHigh[node] ? high : low;
  });
}

function addSite(
  cut: MinCut,
  site: Site,
  types: readonly number[],
  nodes: readonly number[],
  low: number,
  high: number,
): void {
  const readers = site.readers.map((reader) => nodes[reader] as number).filter((node) => node >= 0);
  const from = typeAt(site, types);
  const movable = site.producer === undefined ? -1 : (nodes[site.producer] as number);
  const producer = movable >= 0 ? movable : from === high ? MinCut.SOURCE : from === low ? MinCut.SINK : -1;
  if (movable >= 0) {
    const others = site.readers.filter((reader) => (nodes[reader] as number) < 0);
    for (const to of new Set(others.map((reader) => types[reader] as number))) {
      cut.addEdge(MinCut.SOURCE, movable, site.cost(low, to));
      cut.addEdge(movable, MinCut.SINK, site.cost(high, to));
    }
  }
  if (readers.length === 0) return;
  // One node says "some reader is low", one "some reader is high": the conversion is paid once for all of them.
  const forLow = readers.length === 1 ? (readers[0] as number) : cut.addNode();
  const forHigh = readers.length === 1 ? (readers[0] as number) : cut.addNode();
  for (const reader of readers) {
    cut.addEdge(forLow, reader, IMPOSSIBLE);
    cut.addEdge(reader, forHigh, IMPOSSIBLE);
  }
  cut.addEdge(producer >= 0 ? producer : MinCut.SOURCE, forLow, site.cost(producer >= 0 ? high : from, low));
  cut.addEdge(forHigh, producer >= 0 ? producer : MinCut.SINK, site.cost(producer >= 0 ? low : from, high));
}
