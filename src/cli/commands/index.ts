import type { Command } from '../command.js';
import { fix } from './fix.js';
import { fixBatch } from './fix-batch.js';
import { fixFp16 } from './fix-fp16.js';
import { fixMasks } from './fix-masks.js';
import { fixOps } from './fix-ops.js';
import { fixPe } from './fix-pe.js';
import { fixShapes } from './fix-shapes.js';
import { inferShapes } from './infer-shapes.js';
import { inspect } from './inspect.js';
import { ops } from './ops.js';
import { verify } from './verify.js';

/** Every command, in the order in which `--help` lists them. */
export const commands: readonly Command[] = [
  fix,
  fixBatch,
  fixMasks,
  fixOps,
  fixPe,
  fixShapes,
  fixFp16,
  inferShapes,
  inspect,
  ops,
  verify,
];
