/** What a person would otherwise have to type or find again: providers, and uploads that no list has yet. */
import { lasting } from "./memory.js";

const PROVIDERS = "providers";
const TASKS = "tasks";
const MOST = 20;
const A_DAY = 24 * 60 * 60 * 1000;

/** Providers used before, the last one first. */
export const knownProviders = () => lasting.get(PROVIDERS, []);

export function rememberProvider(provider) {
  lasting.set(PROVIDERS, [provider, ...knownProviders().filter((known) => known !== provider)].slice(0, MOST));
}

/** Ids of uploads that were sent from here and that the list of tasks may not hold yet. */
export function sentTasks() {
  return lasting
    .get(TASKS, [])
    .filter(({ at }) => Date.now() - at < A_DAY)
    .map(({ id }) => id);
}

export function rememberTask({ task_id: id }) {
  lasting.set(TASKS, [{ id, at: Date.now() }, ...lasting.get(TASKS, [])].slice(0, MOST));
}

export function forgetTasks(tasks) {
  const listed = new Set(tasks.map((task) => task.task_id));
  lasting.set(
    TASKS,
    lasting.get(TASKS, []).filter(({ id }) => !listed.has(id)),
  );
}
