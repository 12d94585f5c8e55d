import { getStatus, listTasks } from "./api.js";
import { language } from "./i18n.js";
import { forgetTasks, sentTasks } from "./remembered.js";
import { useStore } from "./store.js";
import { isOver } from "./tasks.js";
import { useEffect, useState } from "./ui.js";

const PAGE = 20;
/** How often to look again, in seconds: while something runs, and while nothing does. */
const BUSY = 2;
const QUIET = 15;

/** `{ tasks, error, more }`: uploads that fit the filters (JSON of their parameters); `more` loads older ones. */
export function useTasks(filters) {
  const lang = useStore(language);
  const [size, setSize] = useState({ filters, pages: 1 });
  const [list, setList] = useState({ tasks: null, error: null, next: null });
  const pages = size.filters === filters ? size.pages : 1;

  useEffect(() => {
    const round = new AbortController();
    let timer = null;

    async function look() {
      window.clearTimeout(timer);
      if (document.hidden) return;
      let running = false;
      try {
        const loaded = await load(JSON.parse(filters), pages, round.signal);
        running = loaded.tasks.some((task) => !isOver(task));
        if (!round.signal.aborted) setList({ ...loaded, error: null });
      } catch (error) {
        if (!round.signal.aborted) setList((shown) => ({ ...shown, error }));
      }
      if (!round.signal.aborted) timer = window.setTimeout(look, (running ? BUSY : QUIET) * 1000);
    }

    look();
    document.addEventListener("visibilitychange", look);
    window.addEventListener("online", look);
    return () => {
      round.abort();
      window.clearTimeout(timer);
      document.removeEventListener("visibilitychange", look);
      window.removeEventListener("online", look);
    };
  }, [filters, pages, lang]);

  return { ...list, more: list.next ? () => setSize({ filters, pages: pages + 1 }) : null };
}

async function load(filters, pages, signal) {
  const query = new URLSearchParams({ ...withoutEmpty(filters), limit: PAGE });
  const tasks = [];
  let next = null;
  for (let page = 0; page < pages; page += 1) {
    if (next) query.set("cursor", next);
    const body = await listTasks(query, signal);
    tasks.push(...body.tasks);
    next = body.next_cursor;
    if (!next) break;
  }
  return { tasks: [...(await unlisted(tasks, filters, signal)), ...tasks], next };
}

/** Uploads that were sent from here and that no worker has seen yet: the list does not know them. */
async function unlisted(listed, filters, signal) {
  forgetTasks(listed);
  if (filters.status && filters.status !== "pending") return [];
  const asked = await Promise.allSettled(sentTasks().map((id) => getStatus(id, { signal })));
  const found = asked.filter(({ status }) => status === "fulfilled").map(({ value }) => value.task);
  forgetTasks(found.filter((task) => task.status !== "pending"));
  return found.filter((task) => task.status === "pending" && fits(task, filters));
}

function fits(task, { q, proveedor_id: provider }) {
  const fold = (text) => text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
  return (!provider || task.proveedor_id === provider) && fold(task.filename).includes(fold(q));
}

function withoutEmpty(filters) {
  return Object.fromEntries(Object.entries(filters).filter(([, value]) => value !== ""));
}
