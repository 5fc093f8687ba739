const REASONS = new Map([
  ['ENOENT', 'does not exist'],
  ['ENOTDIR', 'does not exist: part of the path is not a folder'],
  ['EACCES', 'may not be read'],
  ['EPERM', 'may not be read'],
  ['ELOOP', 'is a symbolic link'],
]);

/** What went wrong with a file, as the end of a sentence that begins with its name. */
export function reason(error: unknown): string {
  const known = REASONS.get((error as { code?: string }).code ?? '');
  return known ?? (error instanceof Error ? error.message : String(error));
}
