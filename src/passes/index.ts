import { Rounds } from './again.js';
import { type DeclareShapesOptions, declareShapes } from './declare-shapes.js';
import { type DriveLengthsOptions, driveLengths } from './drive-lengths.js';
import { type FixBatchOptions, fixBatch } from './fix-batch.js';
import { type FixFp16Options, fixFp16 } from './fix-fp16.js';
import { type FixMasksOptions, fixMasks } from './fix-masks.js';
import { type FixOpsOptions, fixOps } from './fix-ops.js';
import { type FixPeOptions, fixPe } from './fix-pe.js';
import { type FixShapesOptions, fixShapes } from './fix-shapes.js';
import type { Pass } from './pass.js';

/** Options of all passes together: what `fix` can be told. */
export interface FixOptions
  extends FixOpsOptions,
    DriveLengthsOptions,
    FixBatchOptions,
    FixFp16Options,
    FixMasksOptions,
    FixPeOptions,
    FixShapesOptions,
    DeclareShapesOptions {}

/**
 * Every repair, in the order in which `fix` runs them: what a later pass reads, an earlier one has put right. A number of
 * items that was frozen before a loop over them is only live once sizes are; then the loop's turn comes again.
 */
export function allPasses(options: FixOptions = {}): Pass[] {
  const [afterSizes, afterLoops] = [new Rounds(), new Rounds()];
  const sizes = [fixShapes(options), fixMasks(options), fixPe(options)];
  return [
    fixOps(options),
    fixFp16(options),
    fixBatch(options),
    driveLengths(options),
    ...sizes.map((pass) => afterSizes.reason(pass)),
    afterLoops.reason(afterSizes.again(fixBatch(options))),
    ...sizes.map((pass) => afterLoops.again(pass)),
    declareShapes(options),
  ];
}
