// What is shown of connectors: pure functions of what the manager answers.

import { compare, count, entry, names } from "./words.js";

// states are those a connector is in, the ones that need somebody first.
export const states = ["failed", "missing", "unassigned", "restarting", "running", "paused", "stopped"];

// noOwner groups connectors that name nobody.
export const noOwner = "No owner";

// read makes the manager's answer a list of what the page works with, in the order of names.
export function read(answer) {
  return (Array.isArray(answer) ? answer : []).map(readOne).sort((a, b) => compare(a.name, b.name));
}

// readOne reads one connector. State is what needs somebody: failed as soon as one task is.
export function readOne(answer) {
  const tasks = (answer.tasks ?? []).map((task) => ({ ...task, state: stateOf(task.state) }));
  const own = stateOf(answer.state);
  const failedTasks = tasks.filter((task) => task.state === "failed").length;
  const connector = {
    ...answer,
    connector: answer.connector ?? answer.name,
    team: answer.owner?.team || noOwner,
    labels: answer.labels ?? {},
    wanted: answer.wanted?.toLowerCase() ?? "",
    own,
    state: failedTasks > 0 && own === "running" ? "failed" : own,
    tasks,
    failedTasks,
    drift: Array.isArray(answer.drift) ? answer.drift : [],
    restarts: { attempts: 0, givenUp: false, ...answer.restarts },
  };
  connector.text = searchable(connector);
  return connector;
}

function stateOf(text) {
  return String(text ?? "unassigned").toLowerCase();
}

function searchable(connector) {
  const labels = Object.entries(connector.labels).map(([key, value]) => `${key}=${value}`);
  return [
    connector.name,
    connector.connector,
    connector.team,
    connector.class,
    connector.owner?.email,
    connector.worker,
    ...labels,
  ]
    .filter(Boolean)
    .join("\n")
    .toLowerCase();
}

// marks are what a connector has beside its state, by the names that the filter knows.
export const marks = {
  halted: (connector) => Boolean(connector.overlay?.halted),
  drift: (connector) => connector.drift.length > 0,
  "given-up": (connector) => connector.restarts.givenUp,
};

// matches says whether a connector is among those asked for: {state, owner, q}. Each word of q is found somewhere in it.
export function matches(connector, asked) {
  if (asked.state && !inState(connector, asked.state)) return false;
  if (asked.owner && connector.team !== asked.owner) return false;
  return words(asked.q).every((word) => connector.text.includes(word));
}

function inState(connector, state) {
  return entry(marks, state, () => connector.state === state)(connector);
}

function words(text) {
  return (text ?? "").toLowerCase().split(/\s+/).filter(Boolean);
}

// counts says how many connectors are in each state and have each mark, of those that match all but the state asked for.
export function counts(connectors, asked) {
  const among = connectors.filter((connector) => matches(connector, { ...asked, state: "" }));
  const counted = { all: among.length };
  for (const state of [...states, ...Object.keys(marks)]) {
    counted[state] = among.filter((connector) => inState(connector, state)).length;
  }
  return counted;
}

// owners are the teams there are, in order, those without one last.
export function owners(connectors) {
  return [...new Set(connectors.map((connector) => connector.team))].sort(lastOf(noOwner));
}

// grouped gathers connectors by "owner" or by "state": [{name, connectors}], in order.
export function grouped(connectors, by) {
  const groups = new Map();
  for (const connector of connectors) {
    const name = by === "state" ? connector.state : connector.team;
    if (!groups.has(name)) groups.set(name, []);
    groups.get(name).push(connector);
  }
  const order = by === "state" ? (a, b) => states.indexOf(a) - states.indexOf(b) : lastOf(noOwner);
  return [...groups.keys()].sort(order).map((name) => ({ name, connectors: groups.get(name) }));
}

function lastOf(last) {
  return (a, b) => (a === last) - (b === last) || compare(a, b);
}

// slice is the first connectors of the groups, as many as are to be shown; groups keep how many they have in all.
export function slice(groups, most) {
  const shown = [];
  for (const group of groups) {
    if (most <= 0) break;
    shown.push({ ...group, shown: group.connectors.slice(0, most) });
    most -= group.connectors.length;
  }
  return shown;
}

// news says in one sentence what is different in later, for those who do not see it; empty where nothing is worth a sentence.
export function news(earlier, later) {
  const was = new Map(earlier.map((connector) => [connector.connector, connector]));
  const is = new Set(later.map((connector) => connector.connector));
  const turned = later.filter(
    (connector) => was.has(connector.connector) && was.get(connector.connector).state !== connector.state,
  );
  const said = [];
  if (turned.length > 3) said.push(`${count(turned.length, "connector")} changed state`);
  else said.push(...turned.map((connector) => `${connector.name} is ${connector.state}`));
  const come = later.filter((connector) => !was.has(connector.connector)).map((connector) => connector.name);
  const gone = earlier.filter((connector) => !is.has(connector.connector)).map((connector) => connector.name);
  if (come.length > 0) said.push(`${names(come)} ${come.length === 1 ? "is" : "are"} new`);
  if (gone.length > 0) said.push(`${names(gone)} ${gone.length === 1 ? "is" : "are"} gone`);
  return said.length > 0 ? `${said.join("; ")}.` : "";
}

// verbs are what may be asked of a connector in its state: nothing of one that is another's, or not there.
export function verbs(connector) {
  if (!connector.owned) return [];
  const possible = {
    running: ["restart", "pause", "stop"],
    failed: connector.own === "failed" ? ["restart", "stop"] : ["restart", "pause", "stop"],
    paused: ["resume", "stop"],
    stopped: ["resume"],
    unassigned: ["restart", "pause", "stop"],
    restarting: ["pause", "stop"],
  };
  const some = entry(possible, connector.state, []);
  return some.length > 0 ? [...some, "delete"] : [];
}
