/** Standard operators on complex numbers that are kept as a last axis of real and imaginary part. */
import type { Lowerings } from '../lowering.js';
import { lowerings as arithmetic } from './arithmetic.js';
import { lowerings as movement } from './movement.js';

export const complexLowerings: Lowerings = { ...arithmetic, ...movement };
