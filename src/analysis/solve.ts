import { Dim } from '../symbolic/dim.js';
import { operandsOf, type Parts } from '../symbolic/parts.js';
import type { Cell, Cells } from './cells.js';
import { combinations } from './combinations.js';
import type { Conflict } from './infer.js';

/** One way to settle a conflict: cells, and what their numbers stand for. Mostly a single cell. */
export interface Solution {
  readonly assignments: ReadonlyMap<string, Dim>;
  /** Description length: what is simpler is more likely to be what the exporter froze. */
  readonly cost: number;
}

/** Conflicts that more cells than this could settle are not worth guessing at. */
const MAX_CELLS = 16;

/**
 * The ways in which replacing numbers of constants by expressions makes the two sides of a conflict equal, the simplest
 * first. Only what has a symbolic side bakes anything: two different numbers are another defect.
 */
export function solutionsOf({ left, right }: Conflict, cells: Cells): Solution[] {
  if (left.hasFresh || right.hasFresh) return [];
  const found = new Map<string, Solution>();
  const add = (assignments: Map<string, Dim>) => {
    for (const [id, size] of assignments) {
      if (size.isNumber || size.hasFresh || isOverCells(size, cells) || !cells.isOpen(id, size)) return;
      if (startsEarlier(cells.get(id) as Cell, size)) return;
    }
    if (!isConsistent(assignments, cells)) return;
    const key = JSON.stringify([...assignments].map(([id, size]) => [id, size.key]));
    if (!found.has(key)) found.set(key, { assignments, cost: costOf(assignments, cells) });
  };
  for (const [side, other] of [
    [left, right],
    [right, left],
  ] as const) {
    const { origin } = side;
    if (origin === undefined || other.isNumber) continue;
    const ids = [...origin.symbols()].filter((id) => cells.get(id));
    if (ids.length > MAX_CELLS) continue;
    for (const id of ids) {
      const size = invert(origin, id, other, cells);
      if (size !== undefined) add(new Map([[id, size]]));
    }
    for (const twins of twinsOf(ids, cells)) {
      const size = shared(origin, twins, other, cells);
      if (size !== undefined) add(new Map(twins.map((id) => [id, size])));
    }
    for (const assignments of factorings(origin, other, cells)) add(assignments);
  }
  return [...found.values()].sort((a, b) => a.cost - b.cost);
}

/** The solution that makes an expression equal `target` by what one of its cells stands for; undefined where it cannot. */
export function solutionFor({ origin }: Dim, id: string, target: Dim, cells: Cells): Solution | undefined {
  const size = origin && invert(origin, id, target, cells);
  if (size === undefined || size.isNumber || size.hasFresh || isOverCells(size, cells)) return undefined;
  const assignments = new Map([[id, size]]);
  return { assignments, cost: costOf(assignments, cells) };
}

/** Do the expressions give their numbers where one of them is a size itself? 14 and 13 are no `time` and `time + 1`. */
function isConsistent(assignments: ReadonlyMap<string, Dim>, cells: Cells): boolean {
  const sizes = [...assignments].map(([id, size]) => ({ size, number: (cells.get(id) as Cell).traced }));
  const traced = new Map<string, number>();
  for (const { size, number } of sizes) if (size.symbolName !== undefined) traced.set(size.symbolName, number);
  return sizes.every(({ size, number }) => (size.evaluate(traced) ?? number) === number);
}

/**
 * Is it where a Slice of computed data begins, and the longer the input, the earlier? Only tables are read that way, around
 * their centre: of what was computed, 161 - T leaves T rows whatever they are.
 */
function startsEarlier({ value, reader, kind, traced }: Cell, size: Dim): boolean {
  if (kind !== 'element' || !isDecreasing(size)) return false;
  const readers = reader === undefined ? value.uses.map(({ node }) => node) : [reader];
  return readers.some((node) => {
    const [data, starts] = node.inputs;
    return node.opType === 'Slice' && starts === value && traced >= 0 && data?.producer?.opType === 'Reshape';
  });
}

function isDecreasing(size: Dim): boolean {
  const at = (number: number) => size.evaluate(new Map([...size.symbols()].map((name) => [name, number])));
  const [few, many] = [at(1_000), at(2_000)];
  return few !== undefined && many !== undefined && many < few;
}

/** The expression with all cells as the numbers (or expressions) that they are now. */
function settled(expression: Dim, cells: Cells): Dim {
  const values = new Map<string, Dim>();
  for (const id of expression.symbols()) {
    const cell = cells.get(id);
    if (cell) values.set(id, cells.assigned(id) ?? Dim.of(cell.traced));
  }
  return values.size === 0 ? expression : expression.substitute(values);
}

/** What the cell must be for the expression to equal `target`; undefined when that cannot be told. */
function invert(expression: Dim, id: string, target: Dim, cells: Cells): Dim | undefined {
  if (expression.symbolName === id) return target;
  const parts = expression.parts();
  const has = (part: Dim) => part.symbols().has(id);
  switch (parts.kind) {
    case 'sum': {
      const [term, ...more] = parts.terms.filter(has);
      if (term === undefined || more.length > 0) return invertClipped(expression, id, target, cells);
      return invert(term, id, target.sub(settled(expression.sub(term), cells)), cells);
    }
    case 'product': {
      const [factor, ...more] = parts.factors.filter(has);
      if (factor === undefined || more.length > 0) return undefined;
      const rest = parts.factors.filter((part) => part !== factor).reduce((a, b) => a.mul(b), Dim.of(1));
      const divisor = settled(rest, cells);
      const quotient = target.exactQuotient(divisor) ?? floorQuotient(target, divisor);
      return quotient && invert(factor, id, quotient, cells);
    }
    case 'floorDiv': {
      if (has(parts.divisor)) {
        // x // n = E for the n that divides x into so many: of batch * time rows, `batch` blocks of `time`.
        const size = has(parts.numerator) ? undefined : settled(parts.numerator, cells).exactQuotient(target);
        return size && invert(parts.divisor, id, size, cells);
      }
      // x // k = E allows k values of x: the one with the remainder that the file has.
      const divisor = settled(parts.divisor, cells).value;
      const traced = settled(parts.numerator, cells).value;
      if (divisor === undefined || divisor < 1 || traced === undefined) return undefined;
      const remainder = ((traced % divisor) + divisor) % divisor;
      return invert(parts.numerator, id, target.mul(divisor).add(remainder), cells);
    }
    case 'max': {
      // max(x, E) = E and min(x, E) = E: x kept pace with E when it was traced; or x cut padding off, min(x, E + 2) = E.
      const others = parts.operands.filter((part) => !has(part)).map((part) => settled(part, cells));
      const operand = parts.operands.find(has);
      const decides = others.some((other) => other.equals(target)) || others.every((other) => other.isAtMost(target));
      return operand && decides ? invert(operand, id, target, cells) : undefined;
    }
    default:
      return undefined;
  }
}

/** k * x = E where E need not be a multiple of k: the halves of a batch. */
function floorQuotient(target: Dim, divisor: Dim): Dim | undefined {
  const k = divisor.value;
  return k !== undefined && k > 1 && target.symbolName !== undefined ? target.floorDiv(k) : undefined;
}

/** `min(x, T)` may be written `x - max(x - T, 0)`, where x occurs twice: as `T - max(T - x, 0)` it can be solved. */
function invertClipped(sum: Dim, id: string, target: Dim, cells: Cells): Dim | undefined {
  const parts = sum.parts();
  for (const term of parts.kind === 'sum' ? parts.terms : []) {
    const factors = term.parts();
    const [max, sign] = factors.kind === 'product' ? factors.factors : [term, Dim.of(1)];
    const clipped = max?.parts();
    if (clipped?.kind !== 'max' || sign?.value === undefined || Math.abs(sign.value) !== 1) continue;
    const [inner, ...zero] = clipped.operands.filter((operand) => !operand.isZero());
    if (inner === undefined || zero.length > 0 || clipped.operands.length !== 2) continue;
    const rest = sum.sub(term).add(inner.mul(sign));
    if (rest.symbols().has(id)) continue;
    const cut = target.sub(settled(rest, cells)).mul(sign);
    return cut.isNonNegative() ? invert(inner.neg(), id, cut, cells) : undefined;
  }
  return undefined;
}

/** Cells of one constant that hold the same number: split sizes, a length written twice. */
function twinsOf(ids: readonly string[], cells: Cells): string[][] {
  const groups = new Map<string, string[]>();
  for (const id of ids) {
    const { value, kind, traced } = cells.get(id) as Cell;
    const key = `${value.name}\0${kind}\0${traced}`;
    groups.set(key, [...(groups.get(key) ?? []), id]);
  }
  return [...groups.values()].filter((group) => group.length > 1);
}

function shared(origin: Dim, twins: readonly string[], target: Dim, cells: Cells): Dim | undefined {
  const [first] = twins as [string];
  const one = Dim.symbol(first);
  const joined = origin.substitute(new Map(twins.map((id) => [id, one])));
  return invert(joined, first, target, cells);
}

/**
 * A product of cells against a product of symbols: every symbol goes to one cell, in the order of both (Reshape keeps the
 * order of axes), the cells left over stay numbers.
 */
function* factorings(origin: Dim, target: Dim, cells: Cells): Iterable<Map<string, Dim>> {
  const left = origin.parts();
  const right = target.parts();
  if (left.kind !== 'product' || right.kind !== 'product') return;
  const ids = left.factors.flatMap(({ symbolName }) => (symbolName && cells.get(symbolName) ? [symbolName] : []));
  const symbols = right.factors.filter((factor) => !factor.isNumber);
  if (new Set(ids).size !== ids.length || ids.length < 2 || symbols.length < 2 || symbols.length > 3) return;
  ids.sort((a, b) => indexOf(a, cells) - indexOf(b, cells));
  for (const chosen of combinations(ids, symbols.length)) {
    for (const order of permutations(symbols)) {
      const assignments = new Map(chosen.map((id, k) => [id, order[k] as Dim]));
      // What is left of both sides must agree, or one cell takes it: 2 * T at a cell that is twice another.
      const rest = settled(origin.substitute(assignments), cells);
      if (rest.equals(target)) yield assignments;
    }
  }
}

function indexOf(id: string, cells: Cells): number {
  return (cells.get(id) as Cell).index;
}

function* permutations<T>(items: readonly T[]): Iterable<T[]> {
  if (items.length === 0) {
    yield [];
    return;
  }
  for (let i = 0; i < items.length; i++) {
    for (const rest of permutations(items.filter((_, k) => k !== i))) yield [items[i] as T, ...rest];
  }
}

function isOverCells(size: Dim, cells: Cells): boolean {
  for (const symbol of size.symbols()) if (cells.get(symbol)) return true;
  return false;
}

function costOf(assignments: ReadonlyMap<string, Dim>, cells: Cells): number {
  let cost = 0;
  for (const [id, size] of assignments) {
    const cell = cells.get(id) as Cell;
    cost += sizeCost(size) + (cell.kind === 'size' ? 0 : 0.25) + (cell.traced === 1 || cell.traced === 0 ? 2 : 0);
  }
  return cost;
}

/** Terms, coefficients and constants, each by its length. */
function sizeCost(size: Dim): number {
  if (size.value !== undefined) return Math.log2(Math.abs(size.value) + 1);
  const parts = size.parts();
  return operandsOf(parts).reduce((sum, operand) => sum + sizeCost(operand), OWN_COST[parts.kind]);
}

/** What an operation adds to the costs of its operands. */
const OWN_COST: Record<Parts<Dim>['kind'], number> = { number: 1, symbol: 1, sum: 0, product: 0, floorDiv: 1, max: 2 };
