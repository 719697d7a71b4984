// What keeps the page's knowledge of one cluster fresh: all of it when the page begins to listen, and then what the manager says
// has changed.

import { api } from "./api.js";
import { Live } from "./live.js";
import { news, read, readOne } from "./model.js";
import { readConnections } from "./systems.js";

const pageOfHistory = 30;

export class Feed {
  #store;
  #say;
  #over;
  #live = null;
  #cluster = "";
  #underWay = new Map(); // part: whether it is due once more

  // say is for those who do not see the page; over is called when the session is over.
  constructor(store, say, over) {
    this.#store = store;
    this.#say = say;
    this.#over = over;
  }

  begin(cluster) {
    this.end();
    this.#cluster = cluster;
    this.#live = new Live(cluster, this.#heard, this.#turned);
  }

  end() {
    this.#live?.end();
    this.#live = null;
    this.#underWay = new Map();
    this.#store.change({ live: "connecting", lostAt: null });
  }

  // reload asks for parts anew, all if none is named.
  reload = (...parts) => Promise.all((parts.length > 0 ? parts : everything).map((part) => this.#load(part)));

  // older brings the next page of the history.
  older = () => this.#load("older");

  // detail brings what the list leaves out of a connector.
  detail = async (name) => {
    const live = this.#live;
    try {
      const connector = readOne(await api.connector(this.#cluster, name));
      if (live === this.#live) this.#store.change({ details: new Map(this.#store.state.details).set(name, connector) });
    } catch (error) {
      if (error.status === 401 && live === this.#live) this.#over();
    }
  };

  #turned = (live) => {
    const { live: was, lostAt } = this.#store.state;
    this.#store.change({ live: live ? "live" : "lost", lostAt: live ? null : (lostAt ?? Date.now()) });
    if (live && was === "lost") this.#say("Live again.");
    if (!live && was === "live") this.#say("Not live: what you see may be out of date.");
    if (live || was === "connecting") this.reload();
    else this.#stillIn();
  };

  async #stillIn() {
    const live = this.#live;
    try {
      await api.me();
    } catch (error) {
      if (error.status === 401 && live === this.#live) this.#over();
    }
  }

  #heard = ({ what }) => {
    const told = what?.map?.((part) => shownIn[part] ?? part) ?? everything;
    const parts = [...new Set(told)].filter((part) => everything.includes(part));
    if (parts.length > 0) this.reload(...parts);
  };

  // A part that is under way is asked for once more afterwards, for the answer may be older than the news.
  async #load(part) {
    const underWay = this.#underWay;
    if (underWay.has(part)) {
      underWay.set(part, true);
      return;
    }
    do {
      underWay.set(part, false);
      await this.#bring(part);
    } while (underWay.get(part) && underWay === this.#underWay);
    underWay.delete(part);
  }

  async #bring(part) {
    const live = this.#live;
    const { name, load } = this.#loaders[part];
    try {
      const value = await load(this.#cluster);
      if (live !== this.#live) return;
      if (name === "connectors") this.#tell(value);
      this.#store.change({ [name]: { value, error: "" } });
    } catch (error) {
      if (live !== this.#live) return;
      if (error.status === 401) this.#over();
      else this.#store.change({ [name]: { ...this.#store.state[name], error: error.message } });
    }
  }

  #loaders = {
    status: { name: "status", load: api.status },
    connectors: { name: "connectors", load: async (cluster) => read(await api.connectors(cluster)) },
    plan: { name: "plan", load: api.plan },
    connections: { name: "connections", load: async () => readConnections(await api.connections()) },
    history: { name: "history", load: (cluster) => this.#newest(cluster) },
    older: { name: "history", load: (cluster) => this.#further(cluster) },
    silences: { name: "silences", load: async () => (await api.silences()) ?? [] },
  };

  // newest keeps the older runs that are shown already, where nothing is missing in between.
  async #newest(cluster) {
    const runs = (await api.history(cluster, pageOfHistory)) ?? [];
    const shown = this.#store.state.history.value;
    const ids = new Set(runs.map((run) => run.id));
    if (!shown || !shown.runs.some((run) => ids.has(run.id))) return { runs, more: runs.length === pageOfHistory };
    return { runs: [...runs, ...shown.runs.filter((run) => !ids.has(run.id))], more: shown.more };
  }

  async #further(cluster) {
    const { runs } = this.#store.state.history.value;
    const more = (await api.history(cluster, pageOfHistory, runs.at(-1)?.id)) ?? [];
    const ids = new Set(runs.map((run) => run.id));
    return { runs: [...runs, ...more.filter((run) => !ids.has(run.id))], more: more.length === pageOfHistory };
  }

  #tell(connectors) {
    const { connectors: before, open } = this.#store.state;
    if (before.value) this.#say(news(before.value, connectors));
    for (const { connector } of connectors) if (open.has(connector)) this.detail(connector);
  }
}

// shownIn says which part shows what has none of its own.
const shownIn = { overlays: "connectors" };

const everything = ["status", "connectors", "plan", "connections", "history", "silences"];
