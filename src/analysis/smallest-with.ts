/** Lengths beyond this are not looked for. */
export const LONGEST = 2 ** 24;

/** The smallest length of at least this count; counts grow with the length. */
export function smallestWith(at: (length: number) => number, wanted: number): number | undefined {
  let high = 1;
  while (high <= LONGEST && !(at(high) >= wanted)) high *= 2;
  if (high > LONGEST) return undefined;
  let low = Math.floor(high / 2);
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (at(middle) >= wanted) high = middle;
    else low = middle;
  }
  return high;
}
