import type { Command } from '../command.js';
import { fix } from './fix.js';
import { fixMasks } from './fix-masks.js';
import { inferShapes } from './infer-shapes.js';
import { inspect } from './inspect.js';
import { verify } from './verify.js';

/** Every command, in the order in which `--help` lists them. */
export const commands: readonly Command[] = [fix, fixMasks, inferShapes, inspect, verify];
