// What is around every view: who is here, which cluster, how live it is, and what concerns all of it.

import { h } from "./dom.js";
import { bar, button, time, upcoming } from "./parts.js";
import { address } from "./route.js";
import { isTrouble } from "./systems.js";
import { count, exact, revision } from "./words.js";

const titles = { connectors: "Connectors", plan: "Plan", connections: "Connections", history: "History", silences: "Silences" };

// frame is the whole page around a view.
export function frame(state, page, view) {
  return [
    h(
      "header",
      { class: "top" },
      h(
        "div",
        { class: "wide top-row" },
        h("p", { class: "product" }, "Connect Manager"),
        cluster(state, page),
        line(state),
        who(state, page),
      ),
    ),
    navigation(state),
    h(
      "main",
      { id: "main", class: "wide", tabindex: "-1" },
      h("div", { class: "bars" }, outage(state, page)),
      h("div", { class: "bars", role: "status" }, notice(state, page)),
      lastSync(state, page),
      h("h1", { id: "title", tabindex: "-1" }, titles[state.route.view]),
      view,
    ),
  ];
}

function cluster({ clusters, cluster: current, route }, page) {
  if (clusters.length < 2)
    return h("p", { class: "cluster" }, h("span", { class: "unseen" }, "Cluster "), h("bdi", null, current));
  return h(
    "div",
    { class: "cluster" },
    h("label", { for: "cluster", class: "unseen" }, "Cluster"),
    h(
      "select",
      { id: "cluster", onchange: (event) => page.go(address(route.view, { cluster: event.target.value })) },
      clusters.map(({ name, reachable }) =>
        h(
          "option",
          { key: name, value: name, selected: name === current },
          reachable === false ? `${name} (not reachable)` : name,
        ),
      ),
    ),
  );
}

const lines = { connecting: "Connecting", live: "Live", lost: "Not live" };

function line({ live, online }) {
  const how = online ? live : "lost";
  return h(
    "p",
    { class: `line is-${how}` },
    h("span", { class: "line-dot", "aria-hidden": "true" }),
    online ? lines[live] : "Offline",
  );
}

function who({ me }, page) {
  const roles = me.roles?.length > 0 ? me.roles.join(", ") : "viewer";
  return h(
    "div",
    { class: "who" },
    h("p", { title: roles }, h("bdi", null, me.name)),
    button("Log out", page.session.logOut, { kind: "quiet" }),
  );
}

function navigation({ route, plan, connections, cluster: current, clusters }) {
  const badges = {
    plan: [plan.value?.changes?.length ?? 0, (number) => count(number, "change")],
    connections: [connections.value?.filter(isTrouble).length ?? 0, (number) => `${number} not well`],
  };
  const asked = clusters.length > 1 ? { cluster: current } : {};
  return h(
    "nav",
    { class: "tabs", "aria-label": "Views" },
    h(
      "ul",
      { class: "wide" },
      Object.entries(titles).map(([view, title]) =>
        h(
          "li",
          null,
          h(
            "a",
            { href: address(view, asked), "aria-current": route.view === view ? "page" : null },
            title,
            badge(...(badges[view] ?? [0])),
          ),
        ),
      ),
    ),
  );
}

function badge(number, said) {
  if (number === 0) return null;
  return [h("span", { class: "badge", "aria-hidden": "true" }, number), h("span", { class: "unseen" }, `, ${said(number)}`)];
}

// outage says that what is shown may be old.
function outage({ online, live, lostAt, now }, page) {
  const since = lostAt
    ? [" since ", h("time", { datetime: new Date(lostAt).toISOString() }, exact(lostAt && new Date(lostAt).toISOString()))]
    : null;
  if (!online)
    return bar(
      "warn",
      h(
        "p",
        null,
        h("strong", null, "Offline"),
        since,
        ". This is what was last heard; it goes on by itself when the network is back.",
      ),
    );
  if (live !== "lost" || now - lostAt < 2_000) return null;
  return bar(
    "warn",
    h("p", null, h("strong", null, "Not live"), since, ". What you see may be out of date; the page keeps trying."),
    button("Load now", () => page.feed.reload()),
  );
}

function notice({ notice: said }, page) {
  if (!said) return null;
  return bar(said.kind, h("p", null, said.text), button("Dismiss", page.dismiss, { kind: "quiet" }));
}

// lastSync says how the cluster stands to the state file.
function lastSync({ status, now, me, busy }, page) {
  const value = status.value;
  if (!value && !status.error) return h("div", { class: "sync", "aria-busy": "true" }, h("div", { class: "ghost" }));
  return [
    status.error &&
      bar(
        "bad",
        h("p", null, `Could not load the status: ${status.error}`),
        button("Try again", () => page.feed.reload("status")),
      ),
    value?.reachable === false && bar("bad", h("p", null, h("strong", null, "The cluster is not reachable."), " ", value.error)),
    value?.sourceError && bar("bad", h("p", null, h("strong", null, "The state file cannot be read."), " ", value.sourceError)),
    value?.active === false &&
      bar("warn", h("p", null, h("strong", null, "Standby."), " Another manager works on this cluster; this one only watches.")),
    value?.problems?.length > 0 && problems(value.problems),
    value &&
      h(
        "section",
        { class: "sync", "aria-label": "Last sync" },
        h("p", null, told(value, now)),
        page.may("operator") && value.active !== false && syncButton(value, busy, page),
      ),
  ];
}

function syncButton(status, busy, page) {
  const under = busy.has("sync") || status.syncing;
  return button(under ? "Syncing…" : "Sync now", page.deeds.sync, { busy: under });
}

const results = { ok: "succeeded", failed: "failed", held: "waits for approval" };

function told({ lastSync: last, source, nextSync }, now) {
  const from = source && [" from ", h("bdi", { class: "code" }, source)];
  if (!last) return ["No sync has run yet", from, "."];
  return [
    h("span", { class: `result is-${last.result}` }, `Last sync ${results[last.result] ?? last.result ?? ""} `),
    time(last.at, now),
    last.by && [", by ", h("bdi", null, last.by)],
    last.revision && [", revision ", h("bdi", { class: "code", title: last.revision }, revision(last.revision))],
    from,
    last.error && h("span", { class: "sync-error" }, `: ${last.error}`),
    ".",
    nextSync && [" The next is ", upcoming(nextSync, now), "."],
  ];
}

function problems(list) {
  return h(
    "section",
    { class: "bar is-bad is-tall", "aria-labelledby": "problems" },
    h("h2", { id: "problems" }, "The state file is wrong; nothing is changed until it is mended"),
    h(
      "ul",
      null,
      list
        .slice(0, 50)
        .map((problem) =>
          h(
            "li",
            null,
            problem.line > 0 && h("span", { class: "code" }, `line ${problem.line}: `),
            problem.connector && [h("bdi", null, problem.connector), ": "],
            problem.message,
          ),
        ),
    ),
    list.length > 50 && h("p", null, `and ${count(list.length - 50, "more problem")}`),
  );
}
