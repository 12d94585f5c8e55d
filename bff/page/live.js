/** Following a task to its end: by events while somebody looks, by questions where events do not come.
 *
 *  Numbers come with events; sentences are asked for, in the page's language. A page that nobody looks at holds no
 *  connection, for a browser has few; one that is looked at again, or is back on the network, asks at once. */
import { getStatus, Refused, Unreachable, urls } from "./api.js";
import { isOver } from "./tasks.js";

/** How long the server may hold a question, and how often to ask where it does not, in seconds. */
const HOLD = 20;
const SHORTEST_PAUSE = 1;
const HIDDEN_PAUSE = 5;
const BREATH = 0.2;
const LONGEST_PAUSE = 15;
/** Without news for so long, it is asked whether there should have been some. */
const SILENCE = 20;

/** Follow the task until the function that is returned is called. One that is over is looked at again when the person
 *  comes back to it: its rejected rows may have been mended meanwhile.
 *
 *  `onTask(task)`: as it is now. `onContact(true or false)`: whether the server can be reached.
 *  `onRefused(error)`: there is nothing to follow. */
export function follow(taskId, { onTask, onContact, onRefused }) {
  const follower = new Follower(taskId, { onTask, onContact, onRefused });
  follower.begin();
  return () => follower.stop();
}

class Follower {
  #taskId;
  #tell;
  #task = null;
  #etag = null;
  #revision = -1;
  #source = null;
  #round = null;
  #failures = 0;
  #again = () => this.#restart();

  constructor(taskId, tell) {
    this.#taskId = taskId;
    this.#tell = tell;
  }

  begin() {
    document.addEventListener("visibilitychange", this.#again);
    for (const name of ["online", "offline"]) window.addEventListener(name, this.#again);
    this.#restart();
  }

  stop() {
    document.removeEventListener("visibilitychange", this.#again);
    for (const name of ["online", "offline"]) window.removeEventListener(name, this.#again);
    this.#hangUp();
  }

  /** Begin a new round: whatever an earlier one still hears or waits for is its own affair no more. */
  #restart() {
    this.#hangUp();
    const round = new AbortController();
    this.#round = round;
    this.#run(round.signal);
  }

  #hangUp() {
    this.#round?.abort();
    this.#source?.close();
    this.#source = null;
  }

  async #run(signal) {
    let pause = await this.#ask(signal, { etag: this.#etag });
    while (!signal.aborted && !this.#isDone()) {
      if (document.hidden) {
        await sleep(Math.max(pause, HIDDEN_PAUSE), signal);
        pause = await this.#ask(signal, { etag: this.#etag });
      } else if (this.#failures === 0 && (await this.#listen(signal))) {
        pause = await this.#ask(signal, { etag: this.#etag });
        // however often somebody on the way cuts the events short
        await sleep(BREATH, signal);
      } else {
        await sleep(this.#failures ? Math.min(2 ** this.#failures, LONGEST_PAUSE) : SHORTEST_PAUSE, signal);
        pause = await this.#ask(signal, { etag: this.#etag, wait: this.#failures ? 0 : HOLD });
      }
    }
  }

  #isDone() {
    return this.#task !== null && isOver(this.#task);
  }

  /** Ask once, tell what is new, and return the seconds after which the server would be asked again. */
  async #ask(signal, options) {
    try {
      const { task, etag, pause } = await getStatus(this.#taskId, { ...options, signal });
      if (signal.aborted) return 0;
      this.#reached();
      if (task) this.#take(task, etag);
      return pause;
    } catch (error) {
      if (signal.aborted) return 0;
      if (error instanceof Refused && !error.mayPass) {
        this.#tell.onRefused(error);
        this.stop();
      } else if (error instanceof Refused || error instanceof Unreachable) {
        this.#failures += 1;
        this.#tell.onContact(false);
      } else {
        throw error;
      }
      return 0;
    }
  }

  /** Listen to events until there is something to ask; false where none can be heard. */
  #listen(signal) {
    return new Promise((resolve) => {
      const source = new EventSource(urls.events(this.#taskId));
      this.#source = source;
      let heard = false;
      const finish = (result) => {
        window.clearTimeout(silence);
        source.close();
        resolve(result);
      };
      let silence = window.setTimeout(() => finish(heard), SILENCE * 1000);
      source.addEventListener("status", (event) => {
        heard = true;
        window.clearTimeout(silence);
        silence = window.setTimeout(() => finish(true), SILENCE * 1000);
        this.#reached();
        if (this.#hear(JSON.parse(event.data), Number(event.lastEventId))) finish(true);
      });
      source.addEventListener("end", () => finish(true));
      // the browser would go on by itself, but a question tells sooner what is the matter
      source.onerror = () => finish(heard);
      signal.addEventListener("abort", () => finish(false), { once: true });
    });
  }

  /** Take over an event's numbers; return whether there are new sentences to ask for. */
  #hear(news, revision) {
    if (revision < this.#revision) return false;
    this.#revision = revision;
    const known = this.#task;
    if (isOver(news) || news.advertencias.length !== known.advertencias.length) return true;
    const { status, progress, conteos, updated_at } = news;
    this.#take({ ...known, status, progress, conteos, updated_at }, this.#etag);
    return false;
  }

  #take(task, etag) {
    this.#etag = etag;
    this.#task = task;
    this.#tell.onTask(task);
  }

  #reached() {
    this.#failures = 0;
    this.#tell.onContact(true);
  }
}

function sleep(seconds, signal) {
  return new Promise((resolve) => {
    const timer = window.setTimeout(resolve, seconds * 1000);
    signal.addEventListener("abort", () => (window.clearTimeout(timer), resolve()), { once: true });
  });
}
