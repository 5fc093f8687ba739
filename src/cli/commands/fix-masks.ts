import { repairOptions } from '../options.js';
import { repairCommand } from '../repair-command.js';

/** `onnx-surgeon fix-masks`: attention masks frozen at the traced length. */
export const fixMasks = repairCommand({
  name: 'fix-masks',
  summary: 'Make attention masks that were frozen at the traced length follow the live length',
  options: repairOptions,
  example: ['separator.onnx', 'writes separator.fixed.onnx'],
  async makePasses(options) {
    const { driveLengths } = await import('../../passes/drive-lengths.js');
    const { fixMasks: pass } = await import('../../passes/fix-masks.js');
    return [driveLengths(options), pass(options)];
  },
});
