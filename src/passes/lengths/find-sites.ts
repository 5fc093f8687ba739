import type { BatchSizes } from '../../analysis/batch-axis.js';
import type { CountRule } from '../../analysis/lengths.js';
import type { Finding } from '../pass.js';
import type { Session } from '../repair-session.js';
import { comparisonSites } from './comparison-sites.js';
import { fillSites } from './fill-sites.js';
import { maskSites } from './mask-sites.js';
import { knownCounts, numberSites } from './number-sites.js';
import { matchOutputs } from './outputs.js';
import type { LengthSite } from './site.js';
import { type SolvedSites, solveSites } from './solve-sites.js';

/** Everything that was frozen with lengths, and the lengths behind it; undefined: there is nothing. */
export interface FoundSites {
  readonly sites: readonly LengthSite[];
  readonly solved: SolvedSites | Finding | undefined;
}

/**
 * Finds what was frozen with the lengths of the example. Masks that hold padding, and positions compared with lengths, say
 * what those were. What may be a mask without padding, a number computed from lengths or an output of counts is one if it
 * agrees with them; where nothing holds padding, all lengths were the longest.
 */
export function findSites(
  session: Session,
  batch: BatchSizes,
  traced: ReadonlyMap<string, number>,
  rule: CountRule | undefined,
): FoundSites {
  const sites = [...maskSites(session, batch), ...comparisonSites(session, batch)];
  const solve = (more: readonly LengthSite[]) => solveSites(more, batch, traced, rule);
  const agree = (candidates: readonly LengthSite[]) => {
    for (const site of candidates) if (!('message' in solve([...sites, site]))) sites.push(site);
  };
  if (sites.length > 0) {
    const certain = solve(sites);
    if ('message' in certain) return { sites, solved: certain };
  }
  agree(fillSites(session, batch));
  if (sites.length > 0) {
    const masked = solve(sites);
    if (!('message' in masked)) agree(numberSites(session, batch, knownCounts(sites, masked)));
  }
  sites.push(...matchOutputs(session, sites, batch, traced, rule));
  return { sites, solved: sites.length === 0 ? undefined : solve(sites) };
}
