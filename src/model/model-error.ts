/** An edit that would leave the model inconsistent: a dangling name, a name used twice, a value of another graph. */
export class ModelError extends Error {
  override name = 'ModelError';
}
