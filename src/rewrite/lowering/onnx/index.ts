/** Standard operators that some runtimes lack, in more common ones. */
import type { Lowerings } from '../lowering.js';
import { dft } from './dft.js';
import { stft } from './stft.js';

export const onnxLowerings: Lowerings = {
  STFT: { args: 'signal frame_step window frame_length onesided', lower: stft },
  DFT: { args: 'input dft_length axis inverse onesided', lower: dft },
};
