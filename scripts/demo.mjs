// Repairs an ESPnet Conformer that was exported at 1000 frames, and runs it before and after on the outputs that PyTorch
// gives for the same inputs, at lengths that the export never saw. Needs the build.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const { readDataSets, runDataSets } = await import(new URL('../dist/verify/index.js', import.meta.url).href);
const folder = join(root, 'fixtures', 'separator_relpos_1000');
const model = join(folder, 'model.onnx');
const work = mkdtempSync(join(tmpdir(), 'onnx-surgeon-'));
const fixed = join(work, 'separator.fixed.onnx');

/**
 * @param {string} path
 * @returns {Promise<boolean>} do all lengths match?
 */
async function showGoldens(path) {
  const sets = await readDataSets(folder);
  const results = await runDataSets(path, sets, { rtol: 1e-4, atol: 1e-5 });
  for (const [i, { ok, message, outputs }] of results.entries()) {
    const frames = sets[i].inputs[0].tensor.shape[1];
    const verdict = ok ? `equals PyTorch's output within ${outputs[0].maxAbsDiff.toPrecision(2)}` : `FAILS: ${message}`;
    console.log(`  T = ${String(frames).padEnd(5)} ${verdict}`);
  }
  return results.every((/** @type {{ ok: boolean }} */ { ok }) => ok);
}

try {
  console.log(`before: ${relative(root, model)}`);
  await showGoldens(model);
  console.log(`\n$ onnx-surgeon fix-masks ${relative(root, model)} -o ${fixed}`);
  execFileSync(process.execPath, [join(root, 'dist/cli/main.js'), 'fix-masks', relative(root, model), '-o', fixed], {
    cwd: root,
    stdio: 'inherit',
  });
  console.log('\nafter:');
  if (!(await showGoldens(fixed))) process.exitCode = 1;
} finally {
  rmSync(work, { recursive: true, force: true });
}
