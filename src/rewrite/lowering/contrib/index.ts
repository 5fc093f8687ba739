/** Operators of onnxruntime's own in standard ones. */
import type { Lowerings } from '../lowering.js';
import { lowerings as activation } from './activation.js';
import { lowerings as matmul } from './matmul.js';
import { lowerings as normalization } from './normalization.js';

export const contribLowerings: Lowerings = { ...activation, ...matmul, ...normalization };
