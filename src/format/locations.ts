import { FormatError } from './format-error.js';

/**
 * Checks a location of external data by its looks: a relative path, downwards only. Both `/` and `\\` count as
 * separators, whatever the system, so that a file means the same everywhere.
 * @param model - what to name in the error
 * @returns the location
 * @throws FormatError when it is empty, absolute, or has `..` in it
 */
export function checkLocation(model: string, location: string): string {
  const parts = location.split(/[/\\]/);
  const bad =
    location === '' ||
    location.includes('\0') ||
    parts[0] === '' ||
    /^[a-z]:/i.test(location) ||
    parts.includes('..') ||
    parts.at(-1) === '' ||
    parts.at(-1) === '.';
  if (!bad) return location;
  throw new FormatError(model, `external data ${JSON.stringify(location)} is not a path inside the model's folder`);
}
