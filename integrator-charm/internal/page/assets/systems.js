// What is shown of connections: pure functions of what the manager answers.

import { compare, entry } from "./words.js";

// systems are what a connection may lead to: the status has an object for each, by this name.
const systems = {
  kafka_connect: "Kafka Connect",
  kafka_cluster: "Kafka",
  schema_registry: "Schema Registry",
  ccloud: "Confluent Cloud",
  local: "Confluent Local",
};

// pictures are the shapes and colours of states, the ones that need somebody first.
const pictures = { failed: "failed", expired: "expired", attempting: "restarting", none: "unassigned", success: "running" };

const order = Object.keys(pictures);

// readConnections makes the manager's answer a list of what the view works with, what is not well first.
export function readConnections(answer) {
  return (Array.isArray(answer) ? answer : []).map(readConnection).sort((a, b) => rank(a) - rank(b) || compare(a.id, b.id));
}

function readConnection({ spec, status, metadata }) {
  const parts = Object.keys(systems)
    .filter((part) => status?.[part])
    .map((part) => readPart(part, status[part]));
  const worst = parts.toSorted((a, b) => rank(a) - rank(b))[0];
  return {
    id: spec.id,
    title: spec.name || spec.id,
    type: spec.type ?? "",
    origin: metadata?.origin ?? "",
    parts,
    state: worst?.state ?? "none",
    cause: worst && isTrouble(worst) ? whyOf(worst) : "",
  };
}

function readPart(part, status) {
  return {
    part,
    title: systems[part],
    state: String(status.state ?? "none").toLowerCase(),
    user: status.user?.username || status.user?.id || "",
    errors: Object.entries(status.errors ?? {}).map(([phase, error]) => ({ phase, ...error })),
    details: Object.entries(status.details ?? {}),
    since: status.last_transition_time,
    wellAt: status.last_success_time,
    endsAt: status.requires_authentication_at,
  };
}

function whyOf({ title, errors }) {
  return `${title}: ${errors.map(({ phase, message }) => `${phase}: ${message}`).join("; ") || "no reason is told"}`;
}

// picture is the shape and colour of a state.
export function picture(state) {
  return entry(pictures, state, "unassigned");
}

// isTrouble says whether what needs the connection, or the system, will not do.
export function isTrouble({ state }) {
  return state === "failed" || state === "expired";
}

function rank({ state }) {
  const at = order.indexOf(state);
  return at < 0 ? order.length : at;
}
