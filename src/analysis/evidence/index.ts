import { cappedAxes } from './capped-axes.js';
import { comparedLengths } from './compared-lengths.js';
import { croppedPaddings } from './cropped-paddings.js';
import { croppedWindows } from './cropped-windows.js';
import { declaredOutputs } from './declared-outputs.js';
import { dividedReshapes } from './divided-reshapes.js';
import type { Evidence } from './evidence.js';
import { joinedFills } from './joined-fills.js';
import { mergedItems } from './merged-items.js';
import { padAmounts } from './pad-amounts.js';
import { positions } from './positions.js';
import { relativeShifts } from './relative-shifts.js';
import { relativeSkews } from './relative-skews.js';
import { resizeSizes } from './resize-sizes.js';
import { samePadding } from './same-padding.js';
import { sliceBounds } from './slice-bounds.js';
import { frozenRows, splitRows } from './split-rows.js';
import { stridedReads } from './strided-reads.js';

/** What shows several numbers to belong together; looked at first, before each is settled by itself. */
export const PATTERNS: readonly Evidence[] = [relativeSkews, relativeShifts, dividedReshapes];

/** All other kinds of evidence, the strongest first: what one settles, a later one need not guess. */
export const EVIDENCE: readonly Evidence[] = [
  declaredOutputs,
  stridedReads,
  padAmounts,
  samePadding,
  cappedAxes,
  comparedLengths,
  resizeSizes,
  croppedPaddings,
  croppedWindows,
  sliceBounds,
  positions,
  joinedFills,
  dividedReshapes,
  splitRows,
  frozenRows,
];

/** What has to be known before conflicts are settled, which would settle them with sizes of merged axes. */
export const FIRST_EVIDENCE: Evidence = mergedItems;
