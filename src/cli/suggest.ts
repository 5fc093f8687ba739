import leven from 'leven';

/** The known word that was probably meant, or undefined when none is near. */
export function nearest(word: string, known: Iterable<string>): string | undefined {
  let best: string | undefined;
  let least = Math.max(2, Math.floor(word.length / 3)) + 1;
  for (const candidate of known) {
    const isPrefix = word.length > 2 && candidate.startsWith(word);
    const distance = isPrefix ? 1 : leven(word, candidate, { maxDistance: least });
    if (distance >= least) continue;
    best = candidate;
    least = distance;
  }
  return best;
}

/** `; did you mean 'fix'?`, or nothing. */
export function suggestion(word: string, known: Iterable<string>, prefix = ''): string {
  const match = nearest(word, known);
  return match === undefined ? '' : `; did you mean '${prefix}${match}'?`;
}
