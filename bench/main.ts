/** Runs a benchmark: `npm run bench -- io`, `infer`, `batch`, `repaired` or `deep`, with the options that it takes. */
const [name = '', ...options] = process.argv.slice(2);
const NAMES = ['io', 'infer', 'batch', 'repaired', 'deep'];

if (!NAMES.includes(name)) {
  console.error(`usage: npm run bench -- ${NAMES.join('|')} [options]`);
  process.exit(2);
}
const { run } = (await import(`./${name}.js`)) as { run(options: readonly string[]): Promise<boolean> };
process.exitCode = (await run(options)) ? 0 : 1;
