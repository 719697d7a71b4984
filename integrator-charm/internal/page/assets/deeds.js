// What a person has the manager do, and what is said of it afterwards.

import { api } from "./api.js";
import { count, names } from "./words.js";

const done = {
  pause: "is being paused",
  resume: "is being resumed",
  stop: "is being stopped",
  restart: "is being restarted",
};

const leadsTo = { pause: "paused", resume: "running", stop: "stopped" };

export class Deeds {
  #store;
  #feed;
  #over;

  constructor(store, feed, over) {
    this.#store = store;
    this.#feed = feed;
    this.#over = over;
  }

  act = (verb, connector) =>
    this.#do(`${verb} ${connector.connector}`, `${connector.name} is not changed`, async (cluster) => {
      await api.act(cluster, connector.connector, verb);
      this.#feed.reload("connectors", "status");
      return `${connector.name} ${done[verb]}.${this.#untilNextSync(verb, connector)}`;
    });

  remove = (connector) =>
    this.#do(`delete ${connector.connector}`, `${connector.name} is not deleted`, async (cluster) => {
      await api.remove(cluster, connector.connector);
      this.#feed.reload("connectors", "status");
      return `${connector.name} is deleted.`;
    });

  sync = () =>
    this.#do("sync", "The sync failed", async (cluster) => {
      const summary = await api.sync(cluster);
      this.#feed.reload();
      return `Synced: ${summed(summary)}.`;
    });

  // judge approves or rejects a plan.
  judge = (verdict, plan, comment) =>
    this.#do(verdict, `The plan is not ${verdict === "approve" ? "approved" : "rejected"}`, async () => {
      await api.judge(plan.id, verdict, comment);
      this.#feed.reload();
      return verdict === "approve" ? "The plan is approved." : "The plan is rejected.";
    });

  silence = (silence) =>
    this.#do("silence", "Nothing is silenced", async (cluster) => {
      await api.silence({ ...silence, cluster });
      this.#feed.reload("silences");
      return `${silence.connector} is silenced.`;
    });

  endSilence = (silence) =>
    this.#do(`end ${silence.id}`, "The silence goes on", async () => {
      await api.endSilence(silence.id);
      this.#feed.reload("silences");
      return `Owners of ${silence.connector} are told again.`;
    });

  // clear takes back what a connector has changed itself, if it is still what was looked at.
  clear = ({ connector, called, version }) =>
    this.#do(`clear ${connector}`, `${called} keeps what it has changed`, async (cluster) => {
      await api.clearOverlay(cluster, connector, version);
      this.#feed.reload("connectors", "status");
      return `${called} has its configuration from the state file again.`;
    });

  probe = (connection) =>
    this.#do(`probe ${connection.id}`, `${connection.title} is not tried`, async () => {
      const { status } = await api.probe(connection.id);
      this.#feed.reload("connections");
      const states = Object.values(status).map(({ state }) => state);
      return `${connection.title} was tried: ${states.filter(Boolean).join(", ").toLowerCase()}.`;
    });

  disconnect = (connection) =>
    this.#do(`disconnect ${connection.id}`, `${connection.title} is not deleted`, async () => {
      await api.disconnect(connection.id);
      this.#feed.reload("connections");
      return `${connection.title} is deleted.`;
    });

  // untilNextSync says that what was done does not last: the state file is followed.
  #untilNextSync(verb, { wanted }) {
    const follows = this.#store.state.status.value?.drift === "repair";
    if (!follows || !wanted || !leadsTo[verb] || leadsTo[verb] === wanted) return "";
    return ` The state file says ${wanted}: the next sync makes it so again.`;
  }

  // do has one thing done, not twice at a time, and says how it went.
  async #do(key, otherwise, deed) {
    const { busy, cluster } = this.#store.state;
    if (busy.has(key)) return;
    this.#store.change({ busy: new Set([...busy, key]), notice: null, dialog: null });
    let notice;
    try {
      notice = { kind: "good", text: await deed(cluster) };
    } catch (error) {
      if (error.status === 401) {
        this.#over();
        return;
      }
      notice = { kind: "bad", text: `${otherwise}: ${error.message}` };
      this.#feed.reload();
    }
    const now = this.#store.state;
    this.#store.change({
      busy: new Set([...now.busy].filter((other) => other !== key)),
      ...(now.cluster === cluster ? { notice } : {}),
    });
  }
}

const lists = ["added", "adopted", "updated", "removed", "paused", "resumed", "stopped", "restarted", "failed", "held"];

// summed says what a sync did: "2 added (a, b), 1 failed (c)".
export function summed(summary) {
  const said = lists
    .filter((list) => summary?.[list]?.length > 0)
    .map((list) => `${summary[list].length} ${list} (${names(summary[list])})`);
  if (said.length > 0) return said.join(", ");
  return summary?.unchanged ? `nothing to do, ${count(summary.unchanged.length, "connector")} as wanted` : "nothing to do";
}
