import type { Model } from '../model/model.js';
import type { Node } from '../model/node.js';
import { Dim } from '../symbolic/dim.js';
import { type BakedCell, type BakedConstant, bakedConstants } from './baked-constants.js';
import { type Cell, Cells } from './cells.js';
import { isOfComplement } from './complements.js';
import { contradictions, type Demand, demandsOf } from './demands.js';
import { type SolvedClaim, sceneOf, solvedClaims } from './evidence/claims.js';
import type { Evidence, Scene } from './evidence/evidence.js';
import { EVIDENCE, FIRST_EVIDENCE, PATTERNS } from './evidence/index.js';
import { contraryToMerged } from './evidence/whole-axes.js';
import { paddedToTable } from './filled-tables.js';
import { type Conflict, type Inference, type InferOptions, infer } from './infer.js';
import { inputShape } from './input-shape.js';
import { type Solution, solutionsOf } from './solve.js';
import { exactSizes } from './traced-sizes.js';

/** What `findBaked` knows of a model. */
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

/** How to look for baked numbers. */
export interface BakedOptions extends Omit<InferOptions, 'cells'> {
  /** Sizes that symbols had at the time of the export, as far as the caller knows them. */
  readonly traced?: ReadonlyMap<string, number>;
  /** Numbers of constants that are known to be baked from elsewhere than operators. */
  readonly known?: readonly KnownNumber[];
}

/** A number of which it is known what it stands for: an earlier search found it, or a pattern of the constant shows it. */
export interface KnownNumber extends Pick<BakedCell, 'size' | 'evidence'> {
  readonly cell: Omit<Cell, 'id'>;
}

/** How a search differs from others of the same model. */
export interface SearchOptions {
  /** Solutions to take where there is a choice, by what is in conflict. */
  readonly forced?: ReadonlyMap<string, number>;
  /** Sizes that were 1. Where a Reshape would put items one after another, the number 1 was their count. */
  readonly ones?: ReadonlySet<string>;
  /** Are they taken for 1 until everything else is settled? Mostly that is much easier. */
  readonly startsWithOnes?: boolean;
}

/** A conflict, and the ways to settle it. */
interface Open {
  readonly conflict: Conflict;
  readonly solutions: readonly Solution[];
}

/** Conflicts that had several solutions, and the numbers of those that were not taken. */
export interface Choice {
  readonly key: string;
  readonly others: readonly number[];
}

/** One search for what the numbers of a model stand for; see `findBaked`. */
export class Search {
  readonly #model: Model;
  readonly #options: BakedOptions;
  readonly #cells = new Cells();
  readonly #evidence = new Map<string, BakedCell['evidence']>();
  readonly #hopeless = new Set<string>();
  /** Solutions to take where there is a choice, by what is in conflict. */
  readonly #forced: ReadonlyMap<string, number>;
  readonly #budget: { left: number };
  readonly #ones: ReadonlySet<string>;
  /** The inputs' shapes with 1 in place of those, as long as they are taken for it. */
  #shapesWithOnes: InferOptions['inputShapes'];
  readonly choices: Choice[] = [];
  #inference: Inference;

  constructor(
    model: Model,
    options: BakedOptions,
    budget: { left: number },
    readonly way: SearchOptions,
  ) {
    const { forced = new Map(), ones = new Set(), startsWithOnes = false } = way;
    this.#model = model;
    this.#ones = ones;
    this.#options = options;
    this.#shapesWithOnes = startsWithOnes && ones.size > 0 ? this.#withOnes() : undefined;
    this.#budget = budget;
    this.#forced = forced;
    for (const { cell, size, evidence } of options.known ?? []) {
      this.#evidence.set(this.#cells.assume(cell, size), evidence);
    }
    this.#inference = this.#infer();
  }

  /** Solves what it can. */
  run(): this {
    this.#solve();
    if (this.#shapesWithOnes === undefined) return this;
    this.#shapesWithOnes = undefined;
    this.#cells.refine(this.#ones);
    this.#hopeless.clear();
    this.#inference = this.#infer();
    this.#solve();
    return this;
  }

  #solve(): void {
    this.#stepByEvidence(PATTERNS);
    this.#settle();
    for (let round = 0; round < MAX_CLAIM_ROUNDS; round++) if (!this.#stepByEvidence(EVIDENCE)) break;
  }

  #settle(): void {
    for (let round = 0; round < MAX_ROUNDS; round++) if (!this.step()) break;
  }

  /** Takes what evidence states, as far as it brings no new contradictions. False when there is nothing new. */
  #stepByEvidence(kinds: readonly Evidence[]): boolean {
    const scene = sceneOf(this.#model, this.#inference, this.#cells, this.#options.traced ?? new Map());
    return kinds.some((evidence) => this.#stepBy(evidence, scene));
  }

  #stepBy(evidence: Evidence, scene: Scene): boolean {
    const claims = solvedClaims(evidence, scene, this.#cells).filter(({ claim }) => !this.#hopeless.has(keyOf(claim)));
    if (claims.length === 0) return false;
    if (this.#takeClaims(claims)) return true;
    // One of them is wrong: which?
    return claims.length > 1 && claims.filter((claim) => this.#takeClaims([claim])).length > 0;
  }

  /** A claim may uncover contradictions, as long as they can be settled: the next Reshape has the same number in it. */
  #takeClaims(claims: readonly SolvedClaim[]): boolean {
    const before = { inference: this.#inference, wrong: this.wrong };
    const restore = this.#cells.save();
    let isNew = false;
    for (const { claim, solution } of claims) isNew = this.#assign(solution, claim) || isNew;
    if (isNew) {
      this.#inference = this.#infer(this.#inference);
      if (this.#inference.conflicts.length > 0 || this.wrong > before.wrong) this.#settle();
      if (this.wrong <= before.wrong) return true;
      restore();
      this.#inference = before.inference;
    }
    if (claims.length === 1) for (const { claim } of claims) this.#hopeless.add(keyOf(claim));
    return false;
  }

  /** At how many nodes something cannot be right. */
  get wrong(): number {
    return new Set(contradictions(this.#inference).map(({ node }) => node)).size;
  }

  #infer(previous?: Inference): Inference {
    this.#budget.left--;
    const shapes = this.#shapesWithOnes ? { inputShapes: this.#shapesWithOnes } : {};
    return infer(this.#model, { ...this.#options, ...shapes, cells: this.#cells, previous });
  }

  #withOnes(): NonNullable<InferOptions['inputShapes']> {
    const size = (dim: Dim) => dim.value ?? (this.#ones.has(dim.symbolName ?? '') ? 1 : String(dim));
    const shapes: Record<string, (number | string)[]> = {};
    for (const input of this.#model.graph.inputs) {
      const shape = inputShape(input, this.#options.inputShapes);
      if (shape !== undefined) shapes[input.name] = shape.map(size);
    }
    return shapes;
  }

  /** Is the number 1 in a Reshape taken for the batch, where the items would be merged else? */
  get #splitsItems(): boolean {
    return this.#ones.size > 0 && this.#shapesWithOnes === undefined;
  }

  /**
   * Settles every conflict that has one solution, else the first one that has several, else what holds at single sizes
   * only. False when nothing is left.
   */
  step(): boolean {
    if (this.#splitsItems && this.#stepByEvidence([FIRST_EVIDENCE])) return true;
    const open = new Map<string, Open[]>();
    let settled = false;
    for (const conflict of this.#contradicted()) {
      const solutions = this.#solutionsOf(conflict);
      const [only] = solutions;
      if (only === undefined) continue;
      if (solutions.length > 1) this.#add(open, { conflict, solutions });
      else settled = this.#assign(only, conflict) || settled;
    }
    if (settled) {
      this.#inference = this.#infer(this.#inference);
      return true;
    }
    for (const alike of open.values()) {
      if (this.#tryAll(alike) || (alike.length > 1 && this.#tryAll(alike.slice(0, 1)))) return true;
    }
    return this.#stepByContradiction();
  }

  /** What cannot be, and after sizes of 1 have become free also what is at that size only. */
  #contradicted(): Conflict[] {
    return this.#splitsItems ? contradictions(this.#inference) : this.#inference.conflicts;
  }

  /** The solutions that give the numbers in the file; those that put items one after another only where none does not. */
  #solutionsOf(conflict: Conflict): Solution[] {
    const padded = paddedToTable(conflict, this.#cells, this.#inference.constants);
    if (padded !== undefined) return [padded];
    const { traced = new Map<string, number>() } = this.#options;
    const found = solutionsOf(conflict, this.#cells).filter((solution) => {
      const isOfComplements = [...solution.assignments.keys()].some((id) => this.#isOfComplement(id));
      return !isOfComplements && this.#agrees(solution, traced);
    });
    if (!this.#splitsItems || found.length < 2) return found;
    const apart = found.filter(({ assignments }) => ![...assignments.values()].some((size) => this.#mergesItems(size)));
    return apart.length > 0 ? apart : found;
  }

  #isOfComplement(id: string): boolean {
    const cell = this.#cells.get(id);
    return cell !== undefined && isOfComplement(cell, this.#inference.constants);
  }

  /** Is it a size with the batch in it, of one item, times another one: `batch * time`? */
  #mergesItems(size: Dim): boolean {
    if (size.symbols().size < 2) return false;
    return [...size.symbols()].some((name) => {
      return this.#ones.has(name) && size.exactQuotient(Dim.symbol(name)) !== undefined;
    });
  }

  /** Numbers in equations that hold at single sizes only: `min(100 * (T // 100 + 1), 199)` and `T`. */
  #stepByContradiction(): boolean {
    const open = new Map<string, Open[]>();
    for (const demand of demandsOf(this.#inference)) {
      if (demand.kind !== 'contradiction') continue;
      const solutions = this.#solutionsOf(demand).filter((solution) => this.#keepsSigns(solution));
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
      this.#inference = this.#infer(this.#inference);
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
      this.#inference = this.#infer(this.#inference);
      return true;
    }
    if (this.#hopeless.has(key)) return false;
    const { graph } = conflict.node;
    const order = graph.topologicalOrder();
    const later = order.slice(order.indexOf(conflict.node) + 1);
    const after = new Set(later);
    let best: { index: number; inference: Inference; conflicts: number; reach: number } | undefined;
    const tried = this.#inMergedOrder(conflict, solutions).slice(0, MAX_TRIALS);
    for (const index of tried) {
      if (this.#budget.left <= 0) break;
      const ids = alike.flatMap(({ solutions: own }) => [...(own[index] as Solution).assignments]);
      for (const [id, size] of ids) this.#cells.assign(id, size);
      const inference = this.#infer(this.#inference);
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

  /** The consistent solutions; of those that differ in the order of sizes only, the one that merged axes had comes first. */
  #inMergedOrder(conflict: Conflict, solutions: readonly Solution[]): number[] {
    const consistent = this.#consistent(solutions);
    const contrary = contraryToMerged(solutions, conflict, this.#cells, this.#inference);
    return [
      ...consistent.filter((index) => !contrary.has(index)),
      ...consistent.filter((index) => contrary.has(index)),
    ];
  }

  /** Which solutions agree with what the numbers assigned so far say of the traced sizes. */
  #consistent(solutions: readonly Solution[]): number[] {
    const traced = exactSizes(this.#cells.baked());
    return solutions.flatMap((solution, index) => (this.#agrees(solution, traced) ? [index] : []));
  }

  /** Does the solution give the numbers in the file, as far as the traced sizes tell? */
  #agrees({ assignments }: Solution, traced: ReadonlyMap<string, number>): boolean {
    return [...assignments].every(([id, size]) => {
      const number = size.evaluate(traced);
      return number === undefined || number === this.#cells.get(id)?.traced;
    });
  }

  #assign({ assignments }: Solution, { node, what }: Conflict): boolean {
    let isNew = false;
    for (const [id, size] of assignments) {
      if (!this.#cells.isOpen(id, size)) continue;
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
