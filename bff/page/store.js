/** A value that several parts of the page look at. */
import { useEffect, useReducer } from "./ui.js";

export function createStore(value) {
  const listeners = new Set();
  return {
    get: () => value,
    set(next) {
      if (next === value) return;
      value = next;
      for (const listener of [...listeners]) listener();
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** The store's value; the component is drawn again when it changes. */
export function useStore(store) {
  const [, redraw] = useReducer((count) => count + 1, 0);
  const drawn = store.get();
  useEffect(() => {
    // what came between drawing and listening
    if (store.get() !== drawn) redraw();
    return store.subscribe(redraw);
  }, [store]);
  return drawn;
}
