// Where the page is, in the address: #/connectors?cluster=main&state=failed&owner=data&q=irc. So it can be kept, sent and gone
// back to.

export const views = ["connectors", "plan", "connections", "history", "silences"];

// parse reads the address; what it does not know is the list of connectors.
export function parse(hash) {
  const [path, query = ""] = hash.replace(/^#\/?/, "").split("?");
  const asked = Object.fromEntries(new URLSearchParams(query));
  return { view: views.includes(path) ? path : "connectors", asked };
}

// address is what parse reads. What is empty is left out.
export function address(view, asked = {}) {
  const kept = Object.entries(asked).filter(([, value]) => value);
  const query = new URLSearchParams(kept).toString();
  return `#/${view}${query ? `?${query}` : ""}`;
}
