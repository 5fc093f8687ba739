/** The number of fewest digits (at most 6) within the relative tolerance of `x`, or of which `x` is the reciprocal; `x` itself where none is. */
export function snap(x: number, tolerance = 2e-6): number {
  if (x === 0 || !Number.isFinite(x)) return x;
  for (let digits = 1; digits <= 6; digits++) {
    for (const round of [Number(x.toPrecision(digits)), 1 / Number((1 / x).toPrecision(digits))]) {
      if (Math.abs(x / round - 1) <= tolerance) return round;
    }
  }
  return x;
}
