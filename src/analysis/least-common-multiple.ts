/** The smallest positive number that both divide; zeros count as 1. */
export function leastCommonMultiple(a: number, b: number): number {
  let [x, y] = [Math.abs(a) || 1, Math.abs(b) || 1];
  const product = x * y;
  while (y !== 0) [x, y] = [y, x % y];
  return product / x;
}
