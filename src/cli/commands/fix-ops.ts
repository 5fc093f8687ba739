import type { FixOpsOptions } from '../../passes/fix-ops.js';
import type { Command } from '../command.js';
import { loweringOptions, repairOptions } from '../options.js';

/** `onnx-surgeon fix-ops`: operators that no runtime has. */
export const fixOps: Command = {
  name: 'fix-ops',
  positionals: '<model..>',
  summary: "Replace PyTorch's own operators, and complex numbers, by standard operators",
  options: { ...repairOptions, ...loweringOptions },
  example: ['speaker.onnx', 'writes speaker.fixed.onnx'],
  async run(args, io) {
    const { repair } = await import('../repair.js');
    const makePasses = async (options: FixOpsOptions) => {
      const { fixOps: pass } = await import('../../passes/fix-ops.js');
      return [pass(options)];
    };
    return repair({ name: 'fix-ops', makePasses, answersForAll: false }, args, io);
  },
};
