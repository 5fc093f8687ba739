/**
 * fix-pe: positional tables and biases that were cut at the traced length serve any length again.
 *
 * Before: the table was built for the example input and written down.
 *
 *     x [B, T, D] ──────────────────────────┐
 *     Constant float [1, 20, D] (sin, cos) ── Add          any T but 20 fails
 *
 * After: its formula is recovered, rows are added (the old ones stay bit for bit), and the live size takes its part.
 *
 *     Constant float [1, 5000, D] ── Slice [0 : T] ── Add
 *     Shape ── Gather ── Range ── Sub (j - i) ── Clip ── Gather (from a table of the biases) ── Add
 *
 * Relative tables (2T - 1 rows) are cut around the middle, reversed ones from the end.
 */
import { frozenRotations } from '../analysis/frozen-rotations.js';
import { isMask } from './fix-masks.js';
import { foldTables } from './fold-tables.js';
import { lengthenTables } from './lengthen-tables.js';
import type { Finding, Pass } from './pass.js';
import { repairConstants } from './repair-constants.js';
import type { RepairOptions, Session } from './repair-session.js';
import { nodeName } from './report-text.js';

/** Options of {@link fixPe}. */
export interface FixPeOptions extends RepairOptions {
  /**
   * Positions that a table must serve at least. Default 5000 for tables that were frozen; tables that already follow the
   * live length are made longer only if this is given.
   */
  readonly maxLength?: number;
  /** Compute tables at run time, from Range, Sin and Cos, instead of keeping a long one: no length is too long. */
  readonly computed?: boolean;
  /**
   * Replace tables that the model computes in every run (extended while tracing, or in a scripted branch) by fixed ones that
   * serve `maxLength` positions.
   */
  readonly foldTables?: boolean;
}

const DEFAULT_MAX_LENGTH = 5000;

/**
 * Replaces positional tables and relative biases frozen at the traced length.
 *
 * Recognises sinusoidal tables (sines and cosines in any layout, any base, scaled, reversed, relative), relative biases
 * that are constant beyond some distance (clipped, bucketed) and ones that grow with the distance (ALiBi). Learned tables
 * are refused: rows that the exporter did not write do not exist.
 */
export function fixPe(options: FixPeOptions = {}): Pass {
  return {
    name: 'fix-pe',
    async run(model) {
      const { maxLength, computed = false, foldTables: folds = false } = options;
      const longest = maxLength ?? DEFAULT_MAX_LENGTH;
      return repairConstants(
        model,
        {
          name: 'fix-pe',
          noun: 'position-table',
          repairs: (generator) => !isMask(generator),
          refuses: ({ maskLike }) => !maskLike,
          lost: lostPositions,
          maxLength: longest,
          computed,
          also: (session) => {
            const lengthened =
              maxLength === undefined
                ? { edits: [], unresolved: [] }
                : lengthenTables(session, [...model.graph.nodes], maxLength);
            const folded = folds ? foldTables(model, longest, options) : [];
            return { ...lengthened, edits: [...lengthened.edits, ...folded], reassociates: folded.length > 0 };
          },
        },
        options,
      );
    },
  };
}

/** A decoding step that was exported at one position: one row of cosines does not tell what the next one was. */
function lostPositions({ diagnosis }: Session): Finding[] {
  const [first, ...more] = frozenRotations(diagnosis.inference);
  if (first === undefined) return [];
  const others = more.length === 0 ? '' : ` (and ${more.length} more)`;
  const names = first.factors.map(({ name }) => name).join(' and ');
  const message = `${nodeName(first.node)}${others}: rotates by the cosines and sines of one position (${names}), whatever the position is; export it with the positions as an input, or with several new positions at once`;
  return [{ code: 'frozen-position', message, node: nodeName(first.node), value: first.factors[0].name }];
}
