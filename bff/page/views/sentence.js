/** What a completed upload, or review, came to, in one sentence. */
import { isReview } from "../tasks.js";

/** `{ kind, text }`; `kind`: good, warn or bad. */
export function sentenceOf(task, t, format) {
  const { total, exitosos, rechazados } = task.result.resumen;
  const words = isReview(task) ? t.outcome.review : t.outcome;
  if (rechazados === 0) return { kind: "good", text: words.all(total, format) };
  if (openRows(task) === 0) return { kind: "good", text: words.mended(total, format) };
  if (exitosos === 0) return { kind: "bad", text: words.none(total, format) };
  return { kind: "warn", text: words.some(exitosos, rechazados, format) };
}

/** Rejected rows that no later upload has mended. */
export function openRows(task) {
  return task.correcciones ? task.correcciones.abiertas : task.result.resumen.rechazados;
}
