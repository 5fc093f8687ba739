import { apply, call, type Expression, index, int, size } from '../../rewrite/generators/expression.js';
import type { BitMatrix } from './matrix.js';
import { describeSet, type SetRule } from './value-set.js';

/** A condition that holds exactly where a matrix is on. */
export interface FoundCondition {
  readonly condition: Expression;
  readonly name: string;
}

/** A number that a mask may depend on at row i and column j. */
interface Feature {
  readonly name: string;
  readonly expression: Expression;
  readonly at: (i: number, j: number) => number;
  readonly first: number;
  readonly last: number;
  /** Do both ends follow the size? */
  readonly centred: boolean;
  readonly isChunked?: boolean;
}

interface Atom {
  readonly rule: SetRule;
  readonly feature: Feature;
}

interface Candidate {
  readonly atom: Atom;
  /** 1 where the atom rules a cell of the searched part out. */
  readonly off: Uint8Array;
}

/** Chunks of attention are shorter than this in every architecture; longer ones are told by {@link findBand}. */
const LONGEST_CHUNK = 64;

/** A conjunction of more conditions than this explains nothing. */
const MAX_ATOMS = 3;

/** Matrices are searched by their leading rows and columns, and a rule must then hold everywhere. */
const SEARCHED = 128;

/**
 * Finds the condition behind a mask that is no plain band: a conjunction of rules about the row, the column, their
 * difference, and the same in chunks, or the complement of one. For each feature the smallest describable set of values
 * that covers the mask is taken; the fewest that together leave nothing else are the rule. That covers prefix-LM, global
 * tokens (Longformer), strided and dilated patterns (Sparse Transformer), chunks with context in frames, and masks of two
 * such kinds combined by "and" or "or".
 */
export function findCondition(matrix: BitMatrix, rowAxis: number, columnAxis: number): FoundCondition | undefined {
  const features = featuresOf(matrix, rowAxis, columnAxis);
  let best: { atoms: Atom[]; on: number; cost: number } | undefined;
  for (const on of [1, 0]) {
    const atoms = conjunction(matrix, features, on);
    const cost = atoms?.reduce((sum, { rule }) => sum + 1 + rule.cost, 0) ?? 0;
    if (atoms !== undefined && (best === undefined || cost < best.cost)) best = { atoms, on, cost };
  }
  if (best === undefined) return undefined;
  const all = best.atoms.map(({ rule, feature }) => rule.test(feature.expression)).reduce((a, b) => apply('And', a, b));
  const name = best.atoms.map(({ rule, feature }) => `${feature.name} ${rule.name}`).join(' and ');
  return best.on === 1 ? { condition: all, name } : { condition: call('Not', all), name: `not (${name})` };
}

function featuresOf({ rows, columns }: BitMatrix, rowAxis: number, columnAxis: number): Feature[] {
  const i = index(rowAxis);
  const j = index(columnAxis);
  const last = { i: rows - 1, j: columns - 1 };
  const features: Feature[] = [
    { name: 'j - i', expression: apply('Sub', j, i), at: (a, b) => b - a, first: -last.i, last: last.j, centred: true },
    { name: 'i', expression: i, at: (a) => a, first: 0, last: last.i, centred: false },
    { name: 'j', expression: j, at: (_, b) => b, first: 0, last: last.j, centred: false },
  ];
  if (rows !== columns) {
    features.push({
      name: 'j - i from the last ones',
      expression: apply('Sub', apply('Sub', j, i), apply('Sub', size(columnAxis), size(rowAxis))),
      at: (a, b) => b - a - columns + rows,
      first: 1 - columns,
      last: last.i,
      centred: true,
    });
  }
  features.push({
    name: 'i + j from the last column',
    expression: apply('Sub', apply('Add', i, j), size(columnAxis)),
    at: (a, b) => a + b - columns,
    first: -columns,
    last: last.i - 1,
    centred: true,
  });
  // A chunk that does not come twice is one of anything.
  for (let c = 2; c <= Math.min(LONGEST_CHUNK, Math.floor(Math.max(rows, columns) / 2)); c++) {
    const chunk = (x: Expression) => apply('Div', x, int(c));
    const [ci, cj] = [Math.floor(last.i / c), Math.floor(last.j / c)];
    features.push(
      {
        name: `j // ${c} - i // ${c}`,
        expression: apply('Sub', chunk(j), chunk(i)),
        at: (a, b) => Math.floor(b / c) - Math.floor(a / c),
        first: -ci,
        last: cj,
        centred: true,
        isChunked: true,
      },
      {
        name: `j - i // ${c} * ${c}`,
        expression: apply('Sub', j, apply('Mul', chunk(i), int(c))),
        at: (a, b) => b - Math.floor(a / c) * c,
        first: -ci * c,
        last: last.j,
        centred: true,
        isChunked: true,
      },
      {
        name: `j // ${c} * ${c} - i`,
        expression: apply('Sub', apply('Mul', chunk(j), int(c)), i),
        at: (a, b) => Math.floor(b / c) * c - a,
        first: -last.i,
        last: cj * c,
        centred: true,
        isChunked: true,
      },
    );
  }
  return features;
}

/** The fewest atoms whose conjunction is on exactly where the matrix has the bit; undefined when no few do. */
function conjunction(matrix: BitMatrix, features: readonly Feature[], on: number): Atom[] | undefined {
  const { rows, columns, bits } = matrix;
  const [height, width] = [Math.min(rows, SEARCHED), Math.min(columns, SEARCHED)];
  const cells = height * width;
  const atoms: Candidate[] = [];
  for (const feature of features) {
    for (const rule of describeSet(valuesOf(matrix, feature, on))) {
      const off = new Uint8Array(cells);
      for (let i = 0, k = 0; i < height; i++) {
        for (let j = 0; j < width; j++, k++) off[k] = Number(!rule.holds(feature.at(i, j)));
      }
      atoms.push({ atom: { rule, feature }, off });
    }
  }
  // What must be ruled out.
  const missing: number[] = [];
  for (let i = 0, k = 0; i < height; i++) {
    for (let j = 0; j < width; j++, k++) if (bits[i * columns + j] !== on) missing.push(k);
  }
  atoms.sort((a, b) => a.atom.rule.cost - b.atom.rule.cost);
  for (let count = 1; count <= MAX_ATOMS; count++) {
    for (const chosen of covers(atoms, missing, count)) {
      if (reproduces(matrix, chosen, on) && isSupported(matrix, chosen, on)) return chosen;
    }
  }
  return undefined;
}

/** Sets of at most `count` atoms that rule out everything in `missing`, the cheapest first. */
function* covers(atoms: readonly Candidate[], missing: readonly number[], count: number): Iterable<Atom[]> {
  // Whatever the set is, it holds one of those that rule out the element that the fewest do.
  let rarest: Candidate[] | undefined;
  const step = Math.max(1, Math.floor(missing.length / 256));
  for (let k = 0; k < missing.length; k += step) {
    const able = atoms.filter(({ off }) => off[missing[k] as number] === 1);
    if (rarest === undefined || able.length < rarest.length) rarest = able;
    if (rarest.length === 0) return;
  }
  for (const { atom, off } of rarest ?? []) {
    const rest = missing.filter((k) => off[k] === 0);
    if (rest.length === 0) yield [atom];
    else if (count > 1) {
      // Several chunk sizes at once would fit anything.
      const others = atom.feature.isChunked ? atoms.filter((other) => !other.atom.feature.isChunked) : atoms;
      for (const more of covers(others, rest, count - 1)) yield [atom, ...more];
    }
  }
}

function valuesOf({ rows, columns, bits }: BitMatrix, { at, first, last, centred }: Feature, on: number) {
  const seen = new Uint8Array(last - first + 1);
  for (let i = 0, k = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++, k++) if (bits[k] === on) seen[at(i, j) - first] = 1;
  }
  return { first, on: seen, centred };
}

function reproduces({ rows, columns, bits }: BitMatrix, atoms: readonly Atom[], on: number): boolean {
  for (let i = 0, k = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++, k++) {
      const holds = atoms.every(({ rule, feature }) => rule.holds(feature.at(i, j)));
      if (holds !== (bits[k] === on)) return false;
    }
  }
  return true;
}

/** Rules out each atom three elements at least that the others do not? A single one is an exception, no rule. */
function isSupported({ rows, columns, bits }: BitMatrix, atoms: readonly Atom[], on: number): boolean {
  const alone = atoms.map(() => 0);
  for (let i = 0, k = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++, k++) {
      if (bits[k] === on) continue;
      const ruling = atoms.flatMap(({ rule, feature }, a) => (rule.holds(feature.at(i, j)) ? [] : [a]));
      if (ruling.length === 1) alone[ruling[0] as number] = (alone[ruling[0] as number] as number) + 1;
    }
  }
  return alone.every((count) => count >= 3);
}
