import type { Command } from '../command.js';

/** `onnx-surgeon ops`: what is known of operators. */
export const ops: Command = {
  name: 'ops',
  positionals: '',
  summary: 'List the operators whose shapes can be inferred and whose constants can be folded',
  options: {
    markdown: { type: 'boolean', describe: 'Write tables in Markdown' },
    json: { type: 'boolean', describe: 'Write JSON to standard output' },
  },
  example: ['--json', 'for programs'],
  async run(args, io) {
    const { listOps } = await import('../list-ops.js');
    return listOps(args, io);
  },
};
