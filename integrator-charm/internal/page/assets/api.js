// The manager's API.

const patience = 20_000;
// A sync answers when it is through.
const patienceOfSync = 600_000;

// Refused is an answer that is not the one that was asked for. Its status is 0 where there was no answer at all.
export class Refused extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

async function ask(method, path, body, wait = patience, more = {}) {
  const options = {
    method,
    headers: { Accept: "application/json", ...more },
    credentials: "same-origin",
    signal: AbortSignal.timeout(wait),
  };
  if (body !== undefined) {
    options.body = JSON.stringify(body);
    options.headers["Content-Type"] = "application/json";
  }
  let answer;
  let text;
  try {
    answer = await fetch(path, options);
    text = await answer.text();
  } catch (error) {
    throw new Refused(0, error.name === "TimeoutError" ? "The manager does not answer." : "The manager cannot be reached.");
  }
  const value = parsed(text);
  if (!answer.ok) throw new Refused(answer.status, messageOf(value, text, answer));
  return value;
}

// parsed is the value of a JSON text, and null where it is none.
export function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function messageOf(value, text, answer) {
  if (typeof value?.message === "string" && value.message) return value.message;
  return text.trim().slice(0, 500) || `The manager answered ${answer.status}.`;
}

const segment = encodeURIComponent;

// inCluster is an address of the API for one cluster.
export function inCluster(path, cluster, more = {}) {
  const query = new URLSearchParams({ ...(cluster ? { cluster } : {}), ...more }).toString();
  return query ? `${path}?${query}` : path;
}

export const api = {
  me: () => ask("GET", "/api/v1/me"),
  logIn: (token) => ask("POST", "/api/v1/session", { token }),
  logOut: () => ask("DELETE", "/api/v1/session"),
  clusters: () => ask("GET", "/api/v1/clusters"),
  status: (cluster) => ask("GET", inCluster("/api/v1/status", cluster)),
  connectors: (cluster) => ask("GET", inCluster("/api/v1/connectors", cluster)),
  connector: (cluster, name) => ask("GET", inCluster(`/api/v1/connectors/${segment(name)}`, cluster)),
  act: (cluster, name, verb) => ask("POST", inCluster(`/api/v1/connectors/${segment(name)}/${verb}`, cluster)),
  remove: (cluster, name) => ask("DELETE", inCluster(`/api/v1/connectors/${segment(name)}`, cluster)),
  sync: (cluster) => ask("POST", inCluster("/connectors/sync", cluster), undefined, patienceOfSync),
  plan: (cluster) => ask("GET", inCluster("/api/v1/plan", cluster)),
  judge: (id, verdict, comment) => ask("POST", `/api/v1/plans/${segment(id)}/${verdict}`, { comment }),
  reportAddress: (id, format) => `/api/v1/plans/${segment(id)}/report?format=${format}`,
  history: (cluster, limit, before) =>
    ask("GET", inCluster("/api/v1/history", cluster, { limit, ...(before ? { before } : {}) })),
  connections: () => ask("GET", "/api/v1/connections"),
  probe: (id) => ask("POST", `/api/v1/connections/${segment(id)}/probe`),
  disconnect: (id) => ask("DELETE", `/api/v1/connections/${segment(id)}`),
  clearOverlay: (cluster, name, version) =>
    ask("DELETE", inCluster(`/api/v1/overlays/${segment(name)}`, cluster), undefined, patience, { "If-Match": `"${version}"` }),
  silences: () => ask("GET", "/api/v1/silences"),
  silence: (silence) => ask("POST", "/api/v1/silences", silence),
  endSilence: (id) => ask("DELETE", `/api/v1/silences/${segment(id)}`),
};
