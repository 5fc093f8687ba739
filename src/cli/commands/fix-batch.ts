import type { FixBatchOptions } from '../../passes/fix-batch.js';
import type { Command } from '../command.js';
import { repairOptions } from '../options.js';

/** `onnx-surgeon fix-batch`: loops unrolled at the traced number of items. */
export const fixBatch: Command = {
  name: 'fix-batch',
  positionals: '<model..>',
  summary: 'Roll up loops that were unrolled at the traced number of items',
  options: repairOptions,
  example: ['encoder.onnx', 'writes encoder.fixed.onnx'],
  async run(args, io) {
    const { repair } = await import('../repair.js');
    const makePasses = async (options: FixBatchOptions) => {
      const { fixBatch: pass } = await import('../../passes/fix-batch.js');
      return [pass(options)];
    };
    return repair({ name: 'fix-batch', makePasses, answersForAll: false }, args, io);
  },
};
