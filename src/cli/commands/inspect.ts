import type { Command } from '../command.js';

/** `onnx-surgeon inspect`: what is in a model. */
export const inspect: Command = {
  name: 'inspect',
  positionals: '<model..>',
  summary: 'Show inputs, outputs, operator sets, operators and metadata of a model',
  options: { json: { type: 'boolean', describe: 'Write JSON to standard output' } },
  example: ['model.onnx --json', 'for programs'],
  async run(args, io) {
    const { inspectModels } = await import('../inspect.js');
    return inspectModels(args, io);
  },
};
