import { getPage, listRejected } from "./api.js";
import { language } from "./i18n.js";
import { useStore } from "./store.js";
import { useEffect, useState } from "./ui.js";
import { useSettled } from "./use_settled.js";

const PAGE = 25;
/** A search looks at so many rows a request only: it is asked on until something is found. */
const MOST_REQUESTS = 50;

/** A page of rejected rows: `{ entries, error, busy, previous, next }`; the last two are functions or null. */
export function useRejected(taskId, { group, search, openOnly }) {
  const lang = useStore(language);
  const query = queryOf(group, useSettled(search.trim()), openOnly);
  // addresses of the pages before this one; null is the first
  const [places, setPlaces] = useState({ query, before: [], here: null });
  const [page, setPage] = useState({ entries: null, next: null, error: null, busy: true });
  const { before, here } = places.query === query ? places : { before: [], here: null };

  useEffect(() => {
    const round = new AbortController();
    setPage((shown) => ({ ...shown, busy: true }));
    load(taskId, query, here, round.signal)
      .then((loaded) => setPage({ ...loaded, error: null, busy: false }))
      .catch((error) => {
        if (!round.signal.aborted) setPage((shown) => ({ ...shown, error, busy: false }));
      });
    return () => round.abort();
  }, [taskId, query, here, lang]);

  const turn = (there, behind) => () => setPlaces({ query, before: behind, here: there });
  return {
    ...page,
    previous: before.length ? turn(before[before.length - 1], before.slice(0, -1)) : null,
    next: page.next ? turn(page.next, [...before, here]) : null,
  };
}

async function load(taskId, query, here, signal) {
  let body = here ? await getPage(here, signal) : await listRejected(taskId, query, signal);
  for (let asked = 1; body.errores.length === 0 && body.next && asked < MOST_REQUESTS; asked += 1) {
    body = await getPage(body.next, signal);
  }
  return { entries: body.errores, next: body.next };
}

function queryOf(group, search, openOnly) {
  const query = new URLSearchParams({ limit: PAGE });
  if (group) query.set("codigo", group.codigo);
  if (group?.columna) query.set("columna", group.columna);
  if (search) query.set("q", search);
  if (openOnly) query.set("abiertas", "true");
  return query.toString();
}
