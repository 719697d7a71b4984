// Logging in and out, and which cluster is looked at: what has to happen before there is anything to show.

import { api, Refused } from "./api.js";
import { emptyCluster } from "./store.js";

// A manager that cannot be reached is asked again after this many milliseconds.
const patience = 5_000;

export class Session {
  #store;
  #feed;
  #again = null;

  constructor(store, feed) {
    this.#store = store;
    this.#feed = feed;
  }

  // begin finds out who is here; a browser may have a session from before.
  begin = async () => {
    clearTimeout(this.#again);
    try {
      await this.#enter(await api.me());
    } catch (error) {
      if (error instanceof Refused && error.status === 401) {
        this.#store.change({ me: null, notice: null });
        return;
      }
      this.#store.change({ me: undefined, notice: { kind: "bad", text: error.message } });
      this.#again = setTimeout(this.begin, patience);
    }
  };

  // logIn answers what is wrong with the token, or nothing.
  logIn = async (token) => {
    try {
      await api.logIn(token);
      this.#store.change({ notice: null });
      await this.#enter(await api.me());
      return "";
    } catch (error) {
      return error.message;
    }
  };

  logOut = async () => {
    try {
      await api.logOut();
    } catch (error) {
      if (error.status !== 401) {
        this.#store.change({ notice: { kind: "bad", text: `Not logged out: ${error.message}` } });
        return;
      }
    }
    this.over(null);
  };

  // over shows the login, without anything of what was there.
  over = (notice) => {
    this.#feed.end();
    this.#store.change({
      me: null,
      notice,
      dialog: null,
      clusters: [],
      cluster: "",
      open: new Set(),
      busy: new Set(),
      ...emptyCluster(),
    });
  };

  // follow looks at the cluster that the address names, or else at the first.
  follow = () => {
    const { me, clusters, cluster, route } = this.#store.state;
    if (!me) return;
    const wanted = clusters.find(({ name }) => name === route.asked.cluster)?.name ?? clusters[0]?.name ?? "";
    if (wanted === cluster) return;
    this.#store.change({ cluster: wanted, open: new Set(), busy: new Set(), dialog: null, notice: null, ...emptyCluster() });
    this.#feed.begin(wanted);
  };

  async #enter(me) {
    const clusters = await api.clusters();
    this.#store.change({ me, clusters, cluster: "", notice: null });
    this.follow();
    if (clusters.length === 0) this.#feed.begin("");
  }
}
