import type { FixPeOptions } from '../../passes/fix-pe.js';
import type { Command } from '../command.js';
import { positionOptions, repairOptions } from '../options.js';

/** `onnx-surgeon fix-pe`: positional tables and biases cut at the traced length. */
export const fixPe: Command = {
  name: 'fix-pe',
  positionals: '<model..>',
  summary: 'Lengthen positional tables and biases that were cut at the traced length',
  options: { ...repairOptions, ...positionOptions },
  example: ['separator.onnx --max-length 20000', 'writes separator.fixed.onnx'],
  async run(args, io) {
    const { repair } = await import('../repair.js');
    const makePasses = async (options: FixPeOptions) => {
      const { fixPe: pass } = await import('../../passes/fix-pe.js');
      return [pass(options)];
    };
    return repair({ name: 'fix-pe', makePasses, answersForAll: false }, args, io);
  },
};
