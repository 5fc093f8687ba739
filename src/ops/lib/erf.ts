const TWO_OVER_SQRT_PI = 2 / Math.sqrt(Math.PI);

/** Above this, erf is 1 in double precision. */
const SATURATION = 5.93;

/**
 * The error function, to about 1e-16: its Maclaurin series below 2 (DLMF 7.6.2, all terms positive), the continued fraction
 * of erfc above (DLMF 7.9.1).
 */
export function erf(x: number): number {
  const magnitude = Math.abs(x);
  if (!(magnitude <= SATURATION)) return Number.isNaN(x) ? x : Math.sign(x);
  return magnitude < 2 ? series(x) : Math.sign(x) * (1 - complement(magnitude));
}

function series(x: number): number {
  const square = x * x;
  let term = x;
  let sum = x;
  for (let n = 1; Math.abs(term) > Math.abs(sum) * 1e-17 && n < 100; n++) {
    term *= (2 * square) / (2 * n + 1);
    sum += term;
  }
  return TWO_OVER_SQRT_PI * Math.exp(-square) * sum;
}

function complement(x: number): number {
  let fraction = x;
  for (let k = 60; k > 0; k--) fraction = x + k / 2 / fraction;
  return Math.exp(-x * x) / (Math.sqrt(Math.PI) * fraction);
}
