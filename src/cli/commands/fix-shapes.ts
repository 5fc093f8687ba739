import type { FixShapesOptions } from '../../passes/fix-shapes.js';
import type { Command } from '../command.js';
import { repairOptions } from '../options.js';

/** `onnx-surgeon fix-shapes`: sizes written into shape operands. */
export const fixShapes: Command = {
  name: 'fix-shapes',
  positionals: '<model..>',
  summary: 'Make sizes written into Reshape, Expand, Slice, Split .. follow the live sizes',
  options: repairOptions,
  example: ['encoder.onnx', 'writes encoder.fixed.onnx'],
  async run(args, io) {
    const { repair } = await import('../repair.js');
    const makePasses = async (options: FixShapesOptions) => {
      const { fixShapes: pass } = await import('../../passes/fix-shapes.js');
      return [pass(options)];
    };
    return repair({ name: 'fix-shapes', makePasses, answersForAll: false }, args, io);
  },
};
