import type { FixOptions } from '../../passes/index.js';
import type { Command } from '../command.js';
import { loweringOptions, positionOptions, repairOptions, typeOptions } from '../options.js';

/** `onnx-surgeon fix`: every repair that applies. */
export const fix: Command = {
  name: 'fix',
  positionals: '<model..>',
  summary: 'Diagnose, then make every repair that applies',
  options: { ...repairOptions, ...positionOptions, ...loweringOptions, ...typeOptions },
  example: ['separator.onnx -o repaired.onnx', 'writes repaired.onnx'],
  async run(args, io) {
    const { repair } = await import('../repair.js');
    const makePasses = async (options: FixOptions) => (await import('../../passes/index.js')).allPasses(options);
    return repair({ name: 'fix', makePasses, answersForAll: true }, args, io);
  },
};
