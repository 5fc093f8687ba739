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
    const [{ repair }, { allPasses }] = await Promise.all([import('../repair.js'), import('../../passes/index.js')]);
    return repair({ name: 'fix', makePasses: allPasses, answersForAll: true }, args, io);
  },
};
