import type { BatchSizes } from '../../analysis/batch-axis.js';
import { type CountRule, type FrozenCounts, solveLengths, type TracedLengths } from '../../analysis/lengths.js';
import type { Dim } from '../../symbolic/dim.js';
import type { Finding } from '../pass.js';
import type { LengthSite } from './site.js';

/** The lengths behind sites, and what they are at most. */
export interface SolvedSites extends TracedLengths {
  readonly symbol: string;
}

/** Lengths that explain all sites, or what does not fit. */
export function solveSites(
  sites: readonly LengthSite[],
  batch: BatchSizes,
  traced: ReadonlyMap<string, number>,
  rule: CountRule | undefined,
): SolvedSites | Finding {
  const refuse = ({ finding }: LengthSite, why: string) => ({ ...finding, message: `${finding.message}, but ${why}` });
  const [first] = sites as [LengthSite];
  const symbol = lengthSymbol(first.size, batch);
  if (symbol === undefined) return refuse(first, `${first.size} does not follow from one length`);
  const stranger = sites.find(({ size }) => lengthSymbol(size, batch) !== symbol);
  if (stranger) {
    return refuse(stranger, `it lies along ${stranger.size}, others along ${first.size}: one input cannot drive both`);
  }
  const items = Math.max(...sites.map(({ counts }) => counts.length));
  // What is the same for all items was exported without an axis for them.
  const frozen = sites.map(({ counts, size, extent }) => ({
    size,
    extent,
    counts: counts.length === 1 ? Array.from({ length: items }, () => counts[0] as number) : counts,
  }));
  const uneven = sites.find((_, i) => frozen[i]?.counts.length !== items);
  if (uneven) return refuse(uneven, `others hold lengths of ${items} items`);
  // Every layer has the same masks.
  const distinct = new Map<string, number>();
  frozen.forEach(({ size, extent, counts }, i) => {
    const key = `${size.key}/${extent}/${counts}`;
    if (!distinct.has(key)) distinct.set(key, i);
  });
  const indices = [...distinct.values()];
  const solved = solveLengths(
    indices.map((i) => frozen[i] as FrozenCounts),
    symbol,
    traced.get(symbol),
    rule,
  );
  if (!('misfit' in solved)) return { ...solved, symbol };
  const misfit = sites[indices[solved.misfit] as number] as LengthSite;
  return refuse(misfit, 'no lengths explain it together with what else was frozen');
}

/** The one symbol besides the batch that a size depends on. */
export function lengthSymbol(size: Dim, { symbols }: BatchSizes): string | undefined {
  const [symbol, ...more] = [...size.symbols()].filter((name) => !symbols.includes(name));
  return more.length === 0 ? symbol : undefined;
}
