/** Runs a benchmark: `npm run bench -- io` or `npm run bench -- infer`, with the options that it takes. */
const [name = '', ...options] = process.argv.slice(2);
const NAMES = ['io', 'infer'];

if (!NAMES.includes(name)) {
  console.error(`usage: npm run bench -- ${NAMES.join('|')} [options]`);
  process.exit(2);
}
const { run } = (await import(`./${name}.js`)) as { run(options: readonly string[]): Promise<boolean> };
process.exitCode = (await run(options)) ? 0 : 1;
