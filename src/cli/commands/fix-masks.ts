import type { FixOptions } from '../../passes/index.js';
import type { Command } from '../command.js';
import { repairOptions } from '../options.js';

/** `onnx-surgeon fix-masks`: attention masks frozen at the traced length. */
export const fixMasks: Command = {
  name: 'fix-masks',
  positionals: '<model..>',
  summary: 'Make attention masks that were frozen at the traced length follow the live length',
  options: repairOptions,
  example: ['separator.onnx', 'writes separator.fixed.onnx'],
  async run(args, io) {
    const { repair } = await import('../repair.js');
    const makePasses = async (options: FixOptions) => {
      const { driveLengths } = await import('../../passes/drive-lengths.js');
      const { fixMasks: pass } = await import('../../passes/fix-masks.js');
      return [driveLengths(options), pass(options)];
    };
    return repair({ name: 'fix-masks', makePasses, answersForAll: false }, args, io);
  },
};
