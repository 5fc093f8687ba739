/** All ways to take so many of the items, in their order. */
export function* combinations<T>(items: readonly T[], count: number, from = 0): Iterable<T[]> {
  if (count === 0) {
    yield [];
    return;
  }
  for (let i = from; i <= items.length - count; i++) {
    for (const rest of combinations(items, count - 1, i + 1)) yield [items[i] as T, ...rest];
  }
}
