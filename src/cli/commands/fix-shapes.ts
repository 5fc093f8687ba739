import { repairOptions } from '../options.js';
import { repairCommand } from '../repair-command.js';

/** `onnx-surgeon fix-shapes`: sizes written into shape operands. */
export const fixShapes = repairCommand({
  name: 'fix-shapes',
  summary: 'Make sizes written into Reshape, Expand, Slice, Split .. follow the live sizes',
  options: repairOptions,
  example: ['encoder.onnx', 'writes encoder.fixed.onnx'],
  makePasses: async (options) => [(await import('../../passes/fix-shapes.js')).fixShapes(options)],
});
