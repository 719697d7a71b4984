// The page begins: state, what changes it, and the views that are drawn of it.

import { connections } from "./connections.js";
import { connectors } from "./connectors.js";
import { Deeds } from "./deeds.js";
import { showDialog } from "./dialogs.js";
import { h, render } from "./dom.js";
import { Feed } from "./feed.js";
import { frame } from "./frame.js";
import { history as historyView } from "./history.js";
import { login, waiting } from "./login.js";
import { plan } from "./plan.js";
import { address, parse } from "./route.js";
import { Session } from "./session.js";
import { silences } from "./silences.js";
import { Store } from "./store.js";

const views = { connectors, plan, connections, history: historyView, silences };
const [app, said, dialog, skip] = ["app", "said", "dialog", "skip"].map((id) => document.getElementById(id));

const store = new Store(draw);
const over = () => session.over({ kind: "warn", text: "Your session is over: log in again." });
const feed = new Feed(store, say, over);
const deeds = new Deeds(store, feed, over);
const session = new Session(store, feed);

// page is what views may do.
const page = {
  feed,
  deeds,
  session,
  go: (place) => (location.hash = place),
  // ask changes what is looked for, without a step in the browser's history.
  ask: (part) => {
    const { route, clusters, cluster } = store.state;
    const asked = { cluster: clusters.length > 1 ? cluster : "", ...route.asked, ...part };
    history.replaceState(null, "", address(route.view, asked));
    store.change({ route: { ...route, asked }, most: 100 });
  },
  more: (number) => store.change({ most: store.state.most + number }),
  toggle: (key) => {
    const open = new Set(store.state.open);
    if (open.delete(key)) store.change({ open });
    else {
      store.change({ open: open.add(key) });
      if (store.state.connectors.value?.some((connector) => connector.connector === key)) feed.detail(key);
    }
  },
  dialog: (asked) => store.change({ dialog: asked }),
  dismiss: () => store.change({ notice: null }),
  may: (role) => store.state.me?.roles?.includes(role) ?? false,
  logIn: async (token) => {
    store.change({ busy: new Set(["login"]), loginError: "" });
    const loginError = await session.logIn(token);
    store.change({ busy: new Set(), loginError });
    if (!loginError) document.getElementById("title")?.focus();
  },
};

function draw(state) {
  if (state.me) render(app, h("div", { key: "in" }, frame(state, page, views[state.route.view](state, page))));
  else render(app, h("div", { key: "out" }, state.me === null ? login(state, page) : waiting(state, page)));
  showDialog(dialog, state, page);
  document.title = titleOf(state);
}

function titleOf({ me, connectors: { value = [] }, route }) {
  if (!me) return "Connect Manager";
  const failed = value.filter((connector) => connector.state === "failed").length;
  return `${failed > 0 ? `(${failed} failed) ` : ""}${route.view} · Connect Manager`;
}

// say has screen readers read a sentence.
function say(sentence) {
  if (sentence) said.textContent = sentence;
}

skip.onclick = (event) => {
  event.preventDefault();
  document.getElementById("main")?.focus();
};
// Focus comes back to the page's title when what opened a dialog is gone.
dialog.onclose = () => {
  if (document.activeElement === document.body) document.getElementById("title")?.focus();
};
addEventListener("hashchange", () => {
  const route = parse(location.hash);
  const turned = route.view !== store.state.route.view;
  store.change({ route, most: 100, notice: null });
  session.follow();
  if (turned) queueMicrotask(() => document.getElementById("title")?.focus({ preventScroll: true }));
});
addEventListener("online", () => store.change({ online: true }));
addEventListener("offline", () => store.change({ online: false, lostAt: store.state.lostAt ?? Date.now() }));
setInterval(() => store.change({ now: Date.now() }), 10_000);

store.change({ route: parse(location.hash) });
session.begin();
