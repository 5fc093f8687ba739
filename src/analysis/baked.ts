import type { Model } from '../model/model.js';
import type { Node } from '../model/node.js';
import type { Value } from '../model/value.js';
import type { Dim } from '../symbolic/dim.js';
import { type BakedCell, type BakedConstant, bakedConstants } from './baked-constants.js';
import { type Cell, Cells } from './cells.js';
import { Constants } from './constants.js';
import { type Demand, demandsOf } from './demands.js';
import { type SolvedClaim, sceneOf, solvedClaims } from './evidence/claims.js';
import type { Evidence } from './evidence/evidence.js';
import { EVIDENCE, PATTERNS } from './evidence/index.js';
import { paddedToTable } from './filled-tables.js';
import { type Conflict, type Inference, type InferOptions, infer } from './infer.js';
import { type Solution, solutionsOf } from './solve.js';
import { exactSizes } from './traced-sizes.js';

/** What {@link findBaked} knows of a model. */
export interface Diagnosis {
  readonly constants: readonly BakedConstant[];
  /** Conflicts that no constant explains: an impossible model, or a defect of another kind. */
  readonly unexplained: readonly Conflict[];
  /** What operators need to be equal, and is at some sizes only. */
  readonly demands: readonly Demand[];
  /** The inference in which every baked number already is its expression. */
  readonly inference: Inference;
}

/** One round solves all conflicts that are independent or alike; chains need one more each. */
const MAX_ROUNDS = 48;

/** Rounds in which no more contradictions can be settled, and other evidence is asked: padded layers need one each. */
const MAX_CLAIM_ROUNDS = 64;

/** Solutions of one conflict that are tried, the simplest first. */
const MAX_TRIALS = 6;

/** Inferences spent on choices, in all. */
const MAX_INFERENCES = 96;

/** How to look for baked numbers. */
export interface BakedOptions extends Omit<InferOptions, 'cells'> {
  /** Sizes that symbols had at the time of the export, as far as the caller knows them. */
  readonly traced?: ReadonlyMap<string, number>;
  /** Sizes of constants that are known to be baked from elsewhere than operators. */
  readonly twins?: readonly AssumedSize[];
}

/** A size that the elements of a constant show to be the same as another one of its sizes. */
export interface AssumedSize {
  readonly value: Value;
  readonly axis: number;
  readonly traced: number;
  readonly size: Dim;
  readonly evidence: BakedCell['evidence'];
}

/**
 * Finds the numbers that an exporter froze, by unification: each size and integer in a constant is a cell; operators
 * state that sizes are equal; a cell that must equal an expression in the input symbols is baked, and becomes that
 * expression. Cells that only ever meet numbers are parameters. Names, and numbers that happen to be equal, say nothing.
 *
 * Where several cells could settle a conflict (`a + b // 2` must be T), each is tried in turn, and the one that leaves the
 * fewest conflicts is taken; of equally good ones, the simplest.
 *
 * What contradicts nothing, and is wrong at other sizes all the same, is found by other evidence: see `evidence/`.
 */
export function findBaked(model: Model, options: BakedOptions = {}): Diagnosis {
  const all = { ...options, constants: options.constants ?? new Constants() };
  const budget = { left: MAX_INFERENCES };
  let best = new Search(model, all, budget).run();
  // What looked simplest may turn out wrong much later: then one choice at a time is made the other way.
  const forced = new Map<string, number>();
  for (let i = 0; best.wrong > 0 && i < best.choices.length; i++) {
    const { key, others } = best.choices[i] as Choice;
    for (const other of others) {
      if (budget.left <= 0) return best.diagnosis();
      const search = new Search(model, all, budget, new Map(forced).set(key, other)).run();
      if (search.wrong >= best.wrong) continue;
      forced.set(key, other);
      best = search;
      break;
    }
  }
  return best.diagnosis();
}

/** A conflict, and the ways to settle it. */
interface Open {
  readonly conflict: Conflict;
  readonly solutions: readonly Solution[];
}

/** Conflicts that had several solutions, and the numbers of those that were not taken. */
interface Choice {
  readonly key: string;
  readonly others: readonly number[];
}

class Search {
  readonly #model: Model;
  readonly #options: BakedOptions;
  readonly #cells = new Cells();
  readonly #evidence = new Map<string, BakedCell['evidence']>();
  readonly #hopeless = new Set<string>();
  /** Solutions to take where there is a choice, by what is in conflict. */
  readonly #forced: ReadonlyMap<string, number>;
  readonly #budget: { left: number };
  readonly choices: Choice[] = [];
  #inference: Inference;

  constructor(
    model: Model,
    options: BakedOptions,
    budget: { left: number },
    forced: ReadonlyMap<string, number> = new Map(),
  ) {
    this.#model = model;
    this.#options = options;
    this.#budget = budget;
    this.#forced = forced;
    for (const { value, axis, traced, size, evidence } of options.twins ?? []) {
      this.#evidence.set(this.#cells.assume(value, 'size', axis, traced, size), evidence);
    }
    this.#inference = this.#infer();
  }

  /** Solves what it can. */
  run(): this {
    this.#stepByEvidence(PATTERNS);
    this.#settle();
    for (let round = 0; round < MAX_CLAIM_ROUNDS; round++) if (!this.#stepByEvidence(EVIDENCE)) break;
    return this;
  }

  #settle(): void {
    for (let round = 0; round < MAX_ROUNDS; round++) if (!this.step()) break;
  }

  /** Takes what evidence states, as far as it brings no new contradictions. False when there is nothing new. */
  #stepByEvidence(kinds: readonly Evidence[]): boolean {
    const scene = sceneOf(this.#model, this.#inference, this.#cells, this.#options.traced ?? new Map());
    for (const evidence of kinds) {
      const claims = solvedClaims(evidence, scene, this.#cells).filter(
        ({ claim }) => !this.#hopeless.has(keyOf(claim)),
      );
      if (claims.length === 0) continue;
      if (this.#takeClaims(claims)) return true;
      // One of them is wrong: which?
      if (claims.length > 1 && claims.filter((claim) => this.#takeClaims([claim])).length > 0) return true;
    }
    return false;
  }

  /** A claim may uncover contradictions, as long as they can be settled: the next Reshape has the same number in it. */
  #takeClaims(claims: readonly SolvedClaim[]): boolean {
    const before = { inference: this.#inference, wrong: this.wrong };
    const restore = this.#cells.save();
    let isNew = false;
    for (const { claim, solution } of claims) isNew = this.#assign(solution, claim) || isNew;
    if (isNew) {
      this.#inference = this.#infer();
      if (this.#inference.conflicts.length > 0) this.#settle();
      if (this.wrong <= before.wrong) return true;
      restore();
      this.#inference = before.inference;
    }
    if (claims.length === 1) for (const { claim } of claims) this.#hopeless.add(keyOf(claim));
    return false;
  }

  /** At how many nodes something cannot be right. */
  get wrong(): number {
    const demands = demandsOf(this.#inference).filter(({ kind }) => kind !== 'multiples');
    return new Set([...this.#inference.conflicts, ...demands].map(({ node }) => node)).size;
  }

  #infer(): Inference {
    this.#budget.left--;
    return infer(this.#model, { ...this.#options, cells: this.#cells });
  }

  /**
   * Settles every conflict that has one solution, else the first one that has several, else what holds at single sizes
   * only. False when nothing is left.
   */
  step(): boolean {
    const open = new Map<string, Open[]>();
    let settled = false;
    for (const conflict of this.#inference.conflicts) {
      const solutions = this.#solutions(conflict);
      const [only] = solutions;
      if (only === undefined) continue;
      if (solutions.length > 1) this.#add(open, { conflict, solutions });
      else settled = this.#assign(only, conflict) || settled;
    }
    if (settled) {
      this.#inference = this.#infer();
      return true;
    }
    for (const alike of open.values()) {
      if (this.#tryAll(alike) || (alike.length > 1 && this.#tryAll(alike.slice(0, 1)))) return true;
    }
    return this.#stepByContradiction();
  }

  /** Numbers in equations that hold at single sizes only: `min(100 * (T // 100 + 1), 199)` and `T`. */
  #stepByContradiction(): boolean {
    const open = new Map<string, Open[]>();
    for (const demand of demandsOf(this.#inference)) {
      if (demand.kind !== 'contradiction') continue;
      const solutions = solutionsOf(demand, this.#cells).filter((solution) => this.#keepsSigns(solution));
      if (solutions.length > 0) this.#add(open, { conflict: demand, solutions });
    }
    return [...open.values()].some((alike) => this.#tryInTurn(alike));
  }

  /** What was counted is no negative number at other sizes, as `399 - 19 * T` for 19 would be. */
  #keepsSigns({ assignments }: Solution): boolean {
    return [...assignments].every(([id, size]) => {
      const { traced } = this.#cells.get(id) as Cell;
      return traced < 0 ? size.neg().isNonNegative() : size.isNonNegative();
    });
  }

  /** Takes the simplest solution that leaves less wrong than there was. */
  #tryInTurn(alike: readonly Open[]): boolean {
    const [{ conflict, solutions }] = alike as [Open];
    const key = `${keyOf(conflict)}\0${alike.length}`;
    if (this.#hopeless.has(key)) return false;
    const before = { inference: this.#inference, wrong: this.wrong };
    const restore = this.#cells.save();
    for (const index of this.#consistent(solutions).slice(0, MAX_TRIALS)) {
      if (this.#budget.left <= 0) break;
      this.#take(index, alike);
      this.#inference = this.#infer();
      if (this.wrong < before.wrong) return true;
      restore();
      this.#inference = before.inference;
    }
    this.#hopeless.add(key);
    return false;
  }

  #add(open: Map<string, Open[]>, each: Open): void {
    const kind = this.#kindOf(each.conflict, each.solutions);
    const alike = open.get(kind);
    if (alike === undefined) open.set(kind, [each]);
    else alike.push(each);
  }

  #solutions(conflict: Conflict): readonly Solution[] {
    const padded = paddedToTable(conflict, this.#cells, this.#inference.constants);
    return padded === undefined ? solutionsOf(conflict, this.#cells) : [padded];
  }

  /** The layers of a model have the same choice to make, and make it the same way. */
  #kindOf({ node, what, left, right }: Conflict, solutions: readonly Solution[]): string {
    const texts = solutions.map(({ assignments }) =>
      [...assignments].map(([id, size]) => {
        const { kind, index, traced } = this.#cells.get(id) as Cell;
        return [kind, index, traced, size.key];
      }),
    );
    return JSON.stringify([node.opType, what, left.key, right.key, texts]);
  }

  /**
   * Tries solutions; keeps the one that leaves the fewest conflicts, and of those the one that goes furthest before sizes
   * have to happen to be equal, provided that it is progress.
   */
  #tryAll(alike: readonly Open[]): boolean {
    const [{ conflict, solutions }] = alike as [Open];
    const key = `${keyOf(conflict)}\0${alike.length}`;
    const forced = this.#forced.get(key);
    if (forced !== undefined) {
      this.#take(forced, alike);
      this.#inference = this.#infer();
      return true;
    }
    if (this.#hopeless.has(key)) return false;
    const { graph } = conflict.node;
    const order = graph.topologicalOrder();
    const later = order.slice(order.indexOf(conflict.node) + 1);
    const after = new Set(later);
    let best: { index: number; inference: Inference; conflicts: number; reach: number } | undefined;
    const tried = this.#consistent(solutions).slice(0, MAX_TRIALS);
    for (const index of tried) {
      if (this.#budget.left <= 0) break;
      const ids = alike.flatMap(({ solutions: own }) => [...(own[index] as Solution).assignments]);
      for (const [id, size] of ids) this.#cells.assign(id, size);
      const inference = this.#infer();
      for (const [id] of ids) this.#cells.unassign(id);
      const conflicts = inference.conflicts.length;
      if (!this.#isProgress(inference, alike, after)) continue;
      const reach = later.findIndex((node) => inference.isAssuming(node));
      const trial = { index, inference, conflicts, reach: reach < 0 ? Number.POSITIVE_INFINITY : reach };
      if (best === undefined || conflicts < best.conflicts) best = trial;
      else if (conflicts === best.conflicts && trial.reach > best.reach) best = trial;
      if (conflicts === 0 && reach < 0) break;
    }
    if (best === undefined) {
      this.#hopeless.add(key);
      return false;
    }
    const { index: taken, inference } = best;
    this.choices.push({ key, others: tried.filter((index) => index !== taken) });
    this.#take(taken, alike);
    this.#inference = inference;
    return true;
  }

  #take(index: number, alike: readonly Open[]): void {
    for (const { conflict, solutions } of alike) {
      const solution = solutions[index];
      if (solution !== undefined) this.#assign(solution, conflict);
    }
  }

  /**
   * Fewer conflicts; or these are gone, and all others were there before or are further down: a chain of Reshapes
   * passes a size that is live again on to the next one's numbers.
   */
  #isProgress(inference: Inference, alike: readonly Open[], after: ReadonlySet<Node>): boolean {
    const before = this.#inference.conflicts;
    if (inference.conflicts.length < before.length) return true;
    const known = new Set(before.map(keyOf));
    const own = new Set(alike.map(({ conflict }) => keyOf(conflict)));
    return inference.conflicts.every(
      (other) => !own.has(keyOf(other)) && (known.has(keyOf(other)) || after.has(other.node)),
    );
  }

  /** Which solutions agree with what the numbers assigned so far say of the traced sizes. */
  #consistent(solutions: readonly Solution[]): number[] {
    const traced = exactSizes(this.#cells.baked());
    const agrees = ({ assignments }: Solution) =>
      [...assignments].every(([id, size]) => {
        const number = [...size.symbols()].every((symbol) => traced.has(symbol)) ? size.evaluate(traced) : undefined;
        return number === undefined || number === this.#cells.get(id)?.traced;
      });
    return solutions.flatMap((solution, index) => (agrees(solution) ? [index] : []));
  }

  #assign({ assignments }: Solution, { node, what }: Conflict): boolean {
    let isNew = false;
    for (const [id, size] of assignments) {
      if (this.#cells.assigned(id) !== undefined) continue;
      this.#cells.assign(id, size);
      this.#evidence.set(id, { node, what });
      isNew = true;
    }
    return isNew;
  }

  diagnosis(): Diagnosis {
    const baked = [...this.#cells.baked()].map(({ cell, size }) => {
      return { cell, size, evidence: this.#evidence.get(cell.id) as BakedCell['evidence'] };
    });
    return {
      constants: bakedConstants(baked),
      unexplained: this.#inference.conflicts,
      demands: demandsOf(this.#inference),
      inference: this.#inference,
    };
  }
}

function keyOf({ node, what, left, right }: Conflict): string {
  return `${node.outputs[0]?.name}\0${what}\0${left.key}\0${right.key}`;
}
