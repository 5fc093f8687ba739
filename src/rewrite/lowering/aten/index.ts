/** PyTorch's operators in standard ones, by name. */
import type { Lowerings } from '../lowering.js';
import { lowerings as binary } from './binary.js';
import { lowerings as complexParts } from './complex-parts.js';
import { lowerings as conv } from './conv.js';
import { lowerings as creation } from './creation.js';
import { lowerings as fft } from './fft.js';
import { lowerings as indexing } from './indexing.js';
import { lowerings as layout } from './layout.js';
import { lowerings as lists } from './lists.js';
import { lowerings as matmul } from './matmul.js';
import { lowerings as movement } from './movement.js';
import { lowerings as normalization } from './normalization.js';
import { lowerings as reduction } from './reduction.js';
import { lowerings as resize } from './resize.js';
import { lowerings as stft } from './stft.js';
import { lowerings as unary } from './unary.js';
import { lowerings as windows } from './windows.js';

export const atenLowerings: Lowerings = {
  ...unary,
  ...complexParts,
  ...binary,
  ...matmul,
  ...reduction,
  ...movement,
  ...lists,
  ...layout,
  ...indexing,
  ...creation,
  ...normalization,
  ...conv,
  ...resize,
  ...windows,
  ...fft,
  ...stft,
};
