import type { Pass, PassReport } from './pass.js';

/**
 * Composes passes into one pass that runs them in order on the same model.
 *
 * The report joins the passes' reports; traced sizes that an earlier pass solved win over later ones. It stops at the
 * first pass that throws: the model is then in an unspecified state and must not be saved.
 *
 * @param passes - run in this order
 * @param name - the name of the resulting pass, and of its report
 */
export function pipeline(passes: readonly Pass[], name = 'pipeline'): Pass {
  return {
    name,
    async run(model, context) {
      const reports: PassReport[] = [];
      for (const pass of passes) reports.push(await pass.run(model, context));
      return joinReports(name, reports);
    },
  };
}

/** Joins reports of passes that ran in this order on one model. */
export function joinReports(name: string, reports: readonly PassReport[]): PassReport {
  return {
    pass: name,
    changed: reports.some((report) => report.changed),
    findings: reports.flatMap((report) => report.findings),
    edits: reports.flatMap((report) => report.edits),
    // Of a pass that was run again, the last word counts.
    unresolved: reports.flatMap((report, i) => {
      return reports.some((later, j) => j > i && later.pass === report.pass) ? [] : report.unresolved;
    }),
    // What one pass leaves to others a later one may have repaired: the last one's view counts.
    others: reports.findLast((report) => report.others !== undefined)?.others ?? [],
    ...(reports.some((report) => report.items)
      ? { items: Object.assign({}, ...reports.map((report) => report.items)) }
      : {}),
    ...(reports.some((report) => report.reassociates) ? { reassociates: true } : {}),
    ...(reports.some((report) => report.changesValues) ? { changesValues: true } : {}),
    sizes: Object.assign({}, ...reports.map((report) => report.sizes ?? {}).reverse()),
    inputs: Object.assign({}, ...reports.map((report) => report.inputs ?? {})),
  };
}
