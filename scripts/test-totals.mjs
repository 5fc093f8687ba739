// Prints `N passed, N failed` from the file that vitest's JSON reporter wrote. Files that could not even be loaded count
// as one failure each.
import { readFileSync } from 'node:fs';

const file = process.argv[2];
if (file === undefined) throw new Error('usage: test-totals.mjs RESULTS.json');
const { numPassedTests, numFailedTests, testResults } = JSON.parse(readFileSync(file, 'utf8'));
/** @type {{ status: string, assertionResults: { status: string }[] }[]} */
const files = testResults;
const unloaded = files.filter(
  ({ status, assertionResults }) => status === 'failed' && !assertionResults.some((test) => test.status === 'failed'),
);
const failed = numFailedTests + unloaded.length;
console.log(`${numPassedTests} passed, ${failed} failed`);
if (failed > 0 || numPassedTests === 0) process.exitCode = 1;
