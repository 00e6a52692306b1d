// Programs at work on the product while it is killed: what was acknowledged to them must still be there.

import { setTimeout as sleep } from 'node:timers/promises';

const CLIENTS = 4;
const REQUEST_MS = 3_000;
const PAUSE_MS = 10;

/** Clients that repeat one piece of work until they are stopped. What is not acknowledged is asked for again. */
export class Load {
  #stopped = false;
  #abandoned = new AbortController();
  #acknowledged = [];
  #clients;

  /** `work(ask, name)` is one piece, under a name of its own; `ask` is `fetch` that answers the JSON of a 2xx. */
  constructor(work) {
    const client = async (number) => {
      for (let piece = 0; !this.#stopped; piece += 1) {
        await work((...request) => this.#ask(...request), `c${number}-${piece}`, piece);
        await sleep(PAUSE_MS);
      }
    };
    this.#clients = Promise.all(Array.from({ length: CLIENTS }, (_, number) => client(number)));
    // Thrown again by `stop`.
    this.#clients.catch(() => {});
  }

  /** How long after `moment` the first request that was sent after it was acknowledged. */
  async answeredAfter(moment, longest) {
    for (;;) {
      const first = this.#acknowledged.find(({ sent }) => sent > moment);
      if (first) return first.at - moment;
      if (performance.now() > moment + longest) throw new Error(`nothing was acknowledged for ${longest} ms`);
      await sleep(5);
    }
  }

  /** Lets every client finish its piece of work; answers how many requests were acknowledged. */
  async stop() {
    this.#stopped = true;
    await this.#clients;
    return this.#acknowledged.length;
  }

  /** Ends every client at once, with or without an answer. */
  abandon() {
    this.#stopped = true;
    this.#abandoned.abort();
  }

  async #ask(url, options) {
    for (;;) {
      this.#abandoned.signal.throwIfAborted();
      const sent = performance.now();
      const answer = await exchange(url, options);
      if (answer.ok) {
        this.#acknowledged.push({ sent, at: performance.now() });
        return answer.body;
      }
      // A refusal is an answer; what has no answer, or a fault's, is asked for again, as is what is still being answered.
      if (answer.status < 500 && answer.status !== 409) throw new Error(`${url}: ${answer.status} ${JSON.stringify(answer.body)}`);
      await sleep(PAUSE_MS);
    }
  }
}

/** Status and JSON; status 599 where the answer did not arrive whole. */
async function exchange(url, options) {
  try {
    const answer = await fetch(url, { ...options, signal: AbortSignal.timeout(REQUEST_MS) });
    return { ok: answer.ok, status: answer.status, body: await answer.json() };
  } catch (error) {
    return { ok: false, status: 599, body: String(error) };
  }
}
