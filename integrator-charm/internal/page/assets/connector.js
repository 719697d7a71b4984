// One connector: its line in the list, and what opens below it.

import { h } from "./dom.js";
import { marks, verbs } from "./model.js";
import { halted, overlaid } from "./overlay.js";
import { button, keys, name, shape, state as stateWord, upcoming } from "./parts.js";
import { cause, className, count, names, upper } from "./words.js";

// row is its line, and its details where it is open.
export function row(connector, by, state, page) {
  const id = encodeURIComponent(connector.connector);
  const open = state.open.has(connector.connector);
  return h(
    "li",
    { class: `row is-${connector.state}`, key: connector.connector },
    h(
      "div",
      { class: "row-line" },
      h(
        "h3",
        { class: "row-name" },
        h(
          "button",
          {
            type: "button",
            class: "row-button",
            id: `row-${id}`,
            "aria-expanded": String(open),
            "aria-controls": open ? `more-${id}` : null,
            onclick: () => page.toggle(connector.connector),
          },
          shape("open"),
          name(connector.name),
        ),
      ),
      h("p", { class: "row-state" }, stateWord(connector.state)),
      h("p", { class: "row-about" }, className(connector.class), by === "state" && [" · ", h("bdi", null, connector.team)]),
      h("p", { class: "row-tasks" }, tasksOf(connector)),
      h("p", { class: "row-marks" }, marksOf(connector, state.now)),
    ),
    !open && connector.state === "failed" && h("p", { class: "row-cause" }, cause(traceOf(connector))),
    open &&
      h(
        "div",
        { class: "details", id: `more-${id}`, role: "group", "aria-labelledby": `row-${id}` },
        details({ ...connector, ...detailOf(connector, state) }, state, page),
      ),
  );
}

// detailOf is what the manager said of this one alone: its traces are whole.
function detailOf(connector, { details: known }) {
  const detail = known.get(connector.connector);
  return detail
    ? {
        trace: detail.trace || connector.trace,
        tasks: connector.tasks.map((task) => ({ ...task, trace: wholeTrace(task, detail) })),
      }
    : {};
}

function wholeTrace(task, detail) {
  return detail.tasks.find(({ id, state }) => id === task.id && state === task.state)?.trace || task.trace;
}

function traceOf(connector) {
  return connector.trace || connector.tasks.find((task) => task.trace)?.trace || "";
}

function tasksOf({ tasks, state, failedTasks }) {
  if (tasks.length === 0) return state === "running" ? h("span", { class: "is-warn" }, "no tasks") : "";
  if (failedTasks === tasks.length) return `${count(failedTasks, "task")} failed`;
  if (failedTasks > 0) return `${failedTasks} of ${count(tasks.length, "task")} failed`;
  const along = tasks.filter((task) => task.state === state).length;
  return along === tasks.length ? count(tasks.length, "task") : `${along} of ${count(tasks.length, "task")} ${state}`;
}

function marksOf(connector, now) {
  const { restarts } = connector;
  return [
    !connector.owned && connector.state !== "missing" && h("span", { class: "mark" }, "not ours"),
    marks.halted(connector) && h("span", { class: "mark is-halted" }, shape("halted"), "does not conform"),
    marks.drift(connector) && h("span", { class: "mark is-drift" }, shape("drift"), "drifted"),
    restarts.givenUp && h("span", { class: "mark is-given-up" }, shape("given-up"), "given up"),
    !restarts.givenUp &&
      restarts.next &&
      h("span", { class: "mark" }, shape("restarting"), h("span", null, "restart ", upcoming(restarts.next, now))),
  ];
}

function details(connector, state, page) {
  return [
    connector.trace && trace(connector.trace, `Why ${connector.name} failed`, "The connector itself failed"),
    failures(connector).map(({ trace: text, which }) => trace(text, `Why ${which} failed`, `${upper(which)} failed`)),
    halted(connector, state.now),
    facts(connector, state.now),
    connector.tasks.length > 0 && tasks(connector),
    connector.drift.length > 0 && [
      h("h4", null, "Drift"),
      keys(connector.drift, `Where ${connector.name} differs from the state file`, {
        from: "In the cluster",
        to: "In the state file",
      }),
    ],
    overlaid(connector, state, page),
    page.may("operator") && actions(connector, state, page),
  ];
}

// failures are the traces there are, each once, with the tasks that have it.
function failures({ tasks: all }) {
  const having = new Map();
  for (const task of all) if (task.trace) having.set(task.trace, [...(having.get(task.trace) ?? []), task.id]);
  return [...having].map(([text, ids]) => ({
    trace: text,
    which: ids.length === 1 ? `task ${ids[0]}` : `tasks ${names(ids, 8)}`,
  }));
}

function trace(text, label, title) {
  return h(
    "section",
    { class: "trace", "aria-label": label, key: label },
    h("h4", null, shape("failed"), title),
    h("p", { class: "trace-cause" }, cause(text)),
    h(
      "details",
      null,
      h("summary", null, "Whole trace"),
      h("pre", { tabindex: "0", role: "region", "aria-label": `${label}: trace` }, text),
    ),
  );
}

function facts(connector, now) {
  const { owner, restarts, labels } = connector;
  const entries = [
    [
      "Owner",
      [h("bdi", null, owner?.team || "nobody"), owner?.email && [" · ", h("a", { href: mailto(owner.email) }, owner.email)]],
    ],
    owner?.onCall && ["On call", h("bdi", null, owner.onCall)],
    connector.wanted && ["Wanted", wanted(connector)],
    ["Class", h("span", { class: "code" }, connector.class || "unknown", connector.type && ` (${connector.type})`)],
    connector.protected && ["Protected", "A sync does not delete it"],
    connector.worker && ["Worker", h("span", { class: "code" }, connector.worker)],
    connector.connector !== connector.name && ["Name in Kafka Connect", h("bdi", { class: "code" }, connector.connector)],
    (restarts.attempts > 0 || restarts.givenUp) && ["Restarts", restarted(restarts, now)],
    Object.keys(labels).length > 0 && [
      "Labels",
      h(
        "ul",
        { class: "labels" },
        Object.entries(labels).map(([key, value]) => h("li", { key }, h("bdi", null, `${key}=${value}`))),
      ),
    ],
  ];
  return h(
    "dl",
    { class: "facts" },
    entries.filter(Boolean).map(([term, text]) => h("div", { key: term }, h("dt", null, term), h("dd", null, text))),
  );
}

// mailto is a link to one address, whatever else stands in it.
function mailto(email) {
  return `mailto:${email.split("@").map(encodeURIComponent).join("@")}`;
}

function wanted({ wanted: state, own }) {
  if (state === own || own === "failed" || own === "missing") return upper(state);
  return `${upper(state)}, and it is ${own}`;
}

function restarted({ attempts, next, givenUp }, now) {
  if (givenUp) return `Given up after ${count(attempts, "attempt")}: it needs a person`;
  return [count(attempts, "attempt"), next && [", the next is ", upcoming(next, now)]];
}

function tasks(connector) {
  return h(
    "table",
    { class: "tasks" },
    h("caption", { class: "unseen" }, `Tasks of ${connector.name}`),
    h(
      "thead",
      null,
      h(
        "tr",
        null,
        ["Task", "State", "Worker"].map((head) => h("th", { scope: "col" }, head)),
      ),
    ),
    h(
      "tbody",
      null,
      connector.tasks.map((task) =>
        h(
          "tr",
          { key: task.id },
          h("th", { scope: "row" }, task.id),
          h("td", null, stateWord(task.state)),
          h("td", { class: "code" }, task.worker),
        ),
      ),
    ),
  );
}

function actions(connector, { busy }, page) {
  const possible = verbs(connector);
  if (connector.state === "missing") return h("p", { class: "hint" }, "It is not in the cluster: the next sync creates it.");
  if (possible.length === 0)
    return h("p", { class: "hint" }, "It belongs to no state file of this manager, which leaves it alone.");
  return h(
    "div",
    { class: "actions", role: "group", "aria-label": `What to do with ${connector.name}` },
    possible.map((verb) =>
      button(
        upper(verb),
        verb === "delete" ? () => page.dialog({ kind: "delete", connector }) : () => page.deeds.act(verb, connector),
        {
          kind: verb === "delete" ? "danger" : "plain",
          busy: busy.has(`${verb} ${connector.connector}`),
          about: connector.name,
          key: verb,
        },
      ),
    ),
  );
}
