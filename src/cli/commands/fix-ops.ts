import { loweringOptions, repairOptions } from '../options.js';
import { repairCommand } from '../repair-command.js';

/** `onnx-surgeon fix-ops`: operators that no runtime has. */
export const fixOps = repairCommand({
  name: 'fix-ops',
  summary: "Replace PyTorch's own operators, and complex numbers, by standard operators",
  options: { ...repairOptions, ...loweringOptions },
  example: ['speaker.onnx', 'writes speaker.fixed.onnx'],
  makePasses: async (options) => [(await import('../../passes/fix-ops.js')).fixOps(options)],
});
