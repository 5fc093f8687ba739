/**
 * drive-lengths: pad masks that were frozen with the lengths of the example follow an input of lengths.
 *
 * Before: lengths went through a Python list, so the mask of the example was written down, and often the input is gone.
 *
 *     scores [B, H, T', T'] ──────────────────────────────────────────────┐
 *     Constant bool [2, 1, 1, 29] (29 and 24 positions are valid) ── Where ── Softmax
 *
 * After: the input is used, or there again; what subsamples the input says how lengths become counts of positions.
 *
 *     Shape ── Gather ── Range ─────────────────────────────┐
 *     lengths [B] ── Add ── Div ── Unsqueeze ── GreaterOrEqual ── Where ── Softmax
 *
 * Counts that are outputs of the model become live as well.
 */
import { batchSizes } from '../analysis/batch-axis.js';
import type { CountRule } from '../analysis/lengths.js';
import type { Model } from '../model/model.js';
import type { Node } from '../model/node.js';
import { removeDead } from '../rewrite/dead-code.js';
import { LiveLengths } from '../rewrite/live-lengths.js';
import { findSites } from './lengths/find-sites.js';
import { declaredBatch, lengthsInput, lengthsType, refuseLengthsInput } from './lengths/lengths-input.js';
import { fillOutputs, hasConstantOutputs } from './lengths/outputs.js';
import { LengthDriver } from './lengths/site.js';
import type { Pass, PassReport } from './pass.js';
import { orderOf, type RepairOptions, startRepair } from './repair-session.js';

/** Options of {@link driveLengths}. */
export interface DriveLengthsOptions extends RepairOptions {
  /** The input of lengths: a vector of whole numbers, one an item of the batch. Added where the model has none. */
  readonly lengths?: string;
  /** How counts follow from lengths, where the file allows for both; default: the likelier one. */
  readonly lengthsRule?: CountRule;
}

const NAME = 'drive-lengths';

/**
 * Lets everything that was frozen with the lengths of the example follow an input of lengths: masks of padding in any
 * layout, element type and polarity, and counts that are outputs. Lengths of the example are solved from what is frozen
 * and must explain all of it. Does nothing unless an input is named.
 *
 * @example
 * ```ts
 * await model.transform(driveLengths({ lengths: 'speech_lengths' }), fixMasks());
 * ```
 */
export function driveLengths(options: DriveLengthsOptions = {}): Pass {
  return {
    name: NAME,
    async run(model) {
      const { lengths } = options;
      const nothing: PassReport = { pass: NAME, changed: false, findings: [], edits: [], unresolved: [] };
      const refused = lengths === undefined ? undefined : refuseLengthsInput(model, lengths);
      if (refused !== undefined) return { ...nothing, unresolved: [{ code: 'no-lengths', message: refused }] };
      const isNeeded = lengths !== undefined || hasConstantOutputs(model);
      return isNeeded ? drive(model, options) : nothing;
    },
  };
}

function drive(model: Model, options: DriveLengthsOptions): PassReport {
  const session = startRepair(model, options);
  const batch = batchSizes(model, session.diagnosis.inference);
  const { traced } = session;
  const { lengths: name } = options;
  if (name === undefined) return fillOutputs(session, batch, traced);
  const found = findSites(session, batch, traced, options.lengthsRule);
  const { sites, solved } = found;
  const findings = [...new Set(sites.map(({ finding }) => finding))];
  const report: PassReport = { pass: NAME, changed: false, findings, edits: [], unresolved: session.unresolved };
  if (solved === undefined) {
    if (model.graph.value(name) !== undefined) return report;
    const message = `nothing in the model was frozen with the lengths of an example: an input ${name} would have no use`;
    return { ...report, unresolved: [{ code: 'no-frozen-lengths', message, value: name }] };
  }
  if ('message' in solved) return { ...report, unresolved: [solved] };
  const { symbol, rule, alternative, lengths } = solved;
  const input = () => lengthsInput(model, name, declaredBatch(model, batch.symbols));
  const live = new LiveLengths(session.emitter, input, lengthsType(model, name), symbol);
  const driver = new LengthDriver(session, live, name, symbol, rule);
  const reasons = sites.map((site) =>
    isOf(model, site.reader) ? site.refusal(driver) : 'a function cannot see inputs',
  );
  const blocked = sites.flatMap(({ finding }, i) =>
    reasons[i] === undefined ? [] : [{ ...finding, message: `${finding.message}, but ${reasons[i]}` }],
  );
  const free = sites.filter((_, i) => reasons[i] === undefined);
  const sizes: Record<string, number> = Object.fromEntries(traced);
  sizes[symbol] ??= Math.max(...lengths);
  const [batchSymbol] = batch.symbols;
  if (batchSymbol !== undefined) sizes[batchSymbol] ??= lengths.length;
  const unresolved = [...report.unresolved, ...blocked];
  if (free.length === 0 || (unresolved.length > 0 && !options.partial)) return { ...report, unresolved, sizes };
  const ordered = free.sort((a, b) => orderOf(session.emitter, a.reader) - orderOf(session.emitter, b.reader));
  const isNew = model.graph.value(name) === undefined;
  const edits = ordered.map((site) => site.drive(driver));
  const other =
    alternative && `, as if ${rule}; the file allows for ${alternative} as well: --lengths ${name}:${alternative}`;
  edits.unshift({
    what: isNew ? 'input of lengths, added' : 'input of lengths',
    where: name,
    before: `frozen at ${listed(lengths)}`,
    after: `drives ${free.length} ${free.length === 1 ? 'place' : 'places'}${other ?? ''}`,
  });
  removeDead(new Set(free.map(({ released }) => released)));
  return { ...report, changed: true, edits, unresolved, sizes, inputs: { [name]: lengths } };
}

function listed(numbers: readonly number[]): string {
  return numbers.length > 8 ? `${numbers.slice(0, 8).join(', ')} ..` : numbers.join(', ');
}

/** Is the node in the main graph or a graph inside it, not in a function? */
function isOf(model: Model, node: Node | undefined): boolean {
  let graph = node?.graph;
  while (graph?.parent !== undefined) graph = graph.parent.graph;
  return graph === undefined || graph === model.graph;
}
