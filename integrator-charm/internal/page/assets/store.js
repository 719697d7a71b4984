// What the page knows. Views are functions of it; whoever changes it does so by change, and the page is drawn again.

// A part is what one request answers: value is undefined until it has come once, and stays when a later request fails.
const unasked = { value: undefined, error: "" };

export function emptyCluster() {
  return {
    status: unasked,
    connectors: unasked,
    plan: unasked,
    connections: unasked,
    history: unasked,
    silences: unasked,
    details: new Map(), // by connector
  };
}

const begin = {
  me: undefined, // null: nobody has logged in
  clusters: [],
  cluster: "",
  route: { view: "connectors", asked: {} },
  live: "connecting", // live, lost
  lostAt: null,
  online: navigator.onLine,
  open: new Set(), // names of connectors, and of runs, whose details show
  most: 100, // connectors that are drawn
  busy: new Set(), // what has been asked of the manager and is not done yet
  notice: null, // {kind, text}: what came of something
  dialog: null, // {kind, …}
  now: Date.now(),
  ...emptyCluster(),
};

export class Store {
  #state = begin;
  #draw;
  #due = false;

  constructor(draw) {
    this.#draw = draw;
  }

  get state() {
    return this.#state;
  }

  change(part) {
    this.#state = { ...this.#state, ...part };
    if (this.#due) return;
    this.#due = true;
    queueMicrotask(() => {
      this.#due = false;
      this.#draw(this.#state);
    });
  }
}
