// Copies what the compiler does not: data files, from src to dist, or to the folder that is given.
import { cpSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const target = process.argv[2] ?? join(root, 'dist');
for (const file of readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' })) {
  if (/(^|[\\/])data[\\/].*\.(json|json\.gz)$/.test(file)) cpSync(join(root, 'src', file), join(target, file));
}
