import type { FixFp16Options } from '../../passes/fix-fp16.js';
import type { Command } from '../command.js';
import { repairOptions, typeOptions } from '../options.js';

/** `onnx-surgeon fix-fp16`: element types that contradict each other. */
export const fixFp16: Command = {
  name: 'fix-fp16',
  positionals: '<model..>',
  summary: 'Make element types agree again: float16 against float, int32 against int64',
  options: { ...repairOptions, ...typeOptions },
  example: ['resnet34_fp16.onnx', 'writes resnet34_fp16.fixed.onnx'],
  async run(args, io) {
    const { repair } = await import('../repair.js');
    const makePasses = async (options: FixFp16Options) => {
      const { fixFp16: pass } = await import('../../passes/fix-fp16.js');
      return [pass(options)];
    };
    return repair({ name: 'fix-fp16', makePasses, answersForAll: false }, args, io);
  },
};
