/** Why an operator cannot be lowered, as a sentence without a subject: `the axis is not constant`. */
export class Refusal extends Error {
  override name = 'Refusal';
}
