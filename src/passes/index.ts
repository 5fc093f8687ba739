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

/** Every repair, in the order in which `fix` runs them: what a later pass reads, an earlier one has put right. */
export function allPasses(options: FixOptions = {}): Pass[] {
  return [
    fixOps(options),
    fixFp16(options),
    fixBatch(options),
    driveLengths(options),
    fixShapes(options),
    fixMasks(options),
    fixPe(options),
    declareShapes(options),
  ];
}
