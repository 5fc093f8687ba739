// Writes the table of docs/passes/fix-fp16.md: what the pass does to the fixtures in 16 bits, and how far the result is from
// the outputs of the original module in float. Usage: npm run build && node scripts/fp16-table.mjs
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const { fixFp16, load, save } = await import(new URL('../dist/index.js', import.meta.url).href);
const { Runtime, readDataSets, runDataSets } = await import(new URL('../dist/verify/index.js', import.meta.url).href);

const root = fileURLToPath(new URL('..', import.meta.url));
const target = join(root, 'docs/passes/fix-fp16.md');
const [BEGIN, END] = ['<!-- begin: written by scripts/fp16-table.mjs -->', '<!-- end -->'];

/** The fixtures that the pass changes, or that are there because it must not. */
const names = readdirSync(join(root, 'fixtures')).filter((name) => /^(fp16|resnet34)_/.test(name));
const runtime = new Runtime();
const rows = [];
for (const name of names.sort()) {
  const folder = join(root, 'fixtures', name);
  const { rtol, atol } = JSON.parse(readFileSync(join(folder, 'case.json'), 'utf8'));
  const model = await load(join(folder, 'model.onnx'));
  const [{ edits, findings }] = /** @type {[import('../src/passes/pass.js').PassReport]} */ (
    await model.transform(fixFp16())
  );
  /** @param {RegExp} pattern */
  const count = (pattern) => edits.filter(({ what }) => pattern.test(what)).length;
  const output = join(tmpdir(), `fp16-table-${process.pid}.onnx`);
  await save(model, output);
  /** @type {import('../src/verify/data-sets.js').DataSetResult[]} */
  const sets = await runDataSets(output, await readDataSets(folder), { runtime, rtol, atol });
  rmSync(output);
  const errors = sets.flatMap(({ outputs }) => outputs.map(({ maxAbsDiff }) => maxAbsDiff));
  // Fixtures of other passes fail at sizes that are not this one's to repair.
  if (findings.length === 0 && sets.some(({ ok }) => !ok)) continue;
  rows.push([
    name,
    findings.length === 0 ? 'healthy' : [...new Set(findings.map(({ code }) => code))].join(', '),
    count(/^Cast$/),
    count(/ of /) - count(/^copy of/),
    count(/constant/),
    `${Number(Math.max(...errors).toPrecision(2))} of ${atol} + ${rtol} x`,
  ]);
}
await runtime.close();

const heads = ['fixture', 'what is wrong', 'casts added', 'attributes set', 'constants retyped', 'error, allowed'];
/** @param {readonly (string | number)[]} cells */
const line = (cells) => `| ${cells.join(' | ')} |`;
const table = [line(heads), line(heads.map(() => '---')), ...rows.map(line)].join('\n');
const text = readFileSync(target, 'utf8');
const [before] = text.split(BEGIN);
const [, after] = text.split(END);
writeFileSync(target, `${before}${BEGIN}\n${table}\n${END}${after}`);
