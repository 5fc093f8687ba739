/** PyTorch's operators in standard ones, by name. */
import type { Lowerings } from '../lowering.js';
import { lowerings as complexParts } from './complex-parts.js';
import { lowerings as fft } from './fft.js';
import { lowerings as normalization } from './normalization.js';
import { lowerings as stft } from './stft.js';
import { lowerings as windows } from './windows.js';

export const atenLowerings: Lowerings = { ...complexParts, ...fft, ...stft, ...windows, ...normalization };
