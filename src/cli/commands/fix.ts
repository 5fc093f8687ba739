import type { FixOptions } from '../../passes/index.js';
import type { Command } from '../command.js';
import { repairOptions } from '../options.js';

/** `onnx-surgeon fix`: every repair that applies. */
export const fix: Command = {
  name: 'fix',
  positionals: '<model..>',
  summary: 'Diagnose, then make every repair that applies',
  options: {
    ...repairOptions,
    'max-length': {
      type: 'string',
      requiresArg: true,
      describe: 'Positional tables must serve at least this many positions',
    },
    computed: { type: 'boolean', describe: 'Compute positions at run time instead of keeping a table' },
  },
  example: ['separator.onnx -o repaired.onnx', 'writes repaired.onnx'],
  async run(args, io) {
    const { repair } = await import('../repair.js');
    const makePasses = async (options: FixOptions) => (await import('../../passes/index.js')).allPasses(options);
    return repair({ name: 'fix', makePasses, answersForAll: true }, args, io);
  },
};
