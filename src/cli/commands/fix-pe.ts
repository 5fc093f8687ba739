import { positionOptions, repairOptions } from '../options.js';
import { repairCommand } from '../repair-command.js';

/** `onnx-surgeon fix-pe`: positional tables and biases cut at the traced length. */
export const fixPe = repairCommand({
  name: 'fix-pe',
  summary: 'Lengthen positional tables and biases that were cut at the traced length',
  options: { ...repairOptions, ...positionOptions },
  example: ['separator.onnx --max-length 20000', 'writes separator.fixed.onnx'],
  makePasses: async (options) => [(await import('../../passes/fix-pe.js')).fixPe(options)],
});
