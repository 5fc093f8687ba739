import type { FixMasksOptions } from '../../passes/fix-masks.js';
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
    const [{ repair }, passes] = await Promise.all([import('../repair.js'), import('../../passes/fix-masks.js')]);
    const makePasses = (options: FixMasksOptions) => [passes.fixMasks(options)];
    return repair({ name: 'fix-masks', makePasses, answersForAll: false }, args, io);
  },
};
