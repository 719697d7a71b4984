// Connections: the systems that the manager and its connectors depend on, how each is, and why.

import { h } from "./dom.js";
import { button, empty, name, section, shape, state as stateWord, time, upcoming } from "./parts.js";
import { isTrouble, picture } from "./systems.js";
import { count, entry, upper } from "./words.js";

// connections is the view.
export function connections(state, page) {
  return section(
    "the connections",
    state.connections,
    () => page.feed.reload("connections"),
    (all) => {
      if (all.length === 0) return none();
      return [
        h("p", { class: "lead" }, summed(all)),
        h(
          "ul",
          { class: "rows" },
          all.slice(0, state.most).map((connection) => row(connection, state, page)),
        ),
        all.length > state.most &&
          h("p", { class: "more" }, button(`Show more of ${count(all.length - state.most, "other")}`, () => page.more(200))),
      ];
    },
  );
}

function none() {
  return empty(
    "No connections",
    "Kafka Connect of each cluster shows here by itself. Others are declared in the manager's configuration, or made with:",
    h("p", null, h("code", null, "connect-manager connections add")),
  );
}

function summed(all) {
  const well = all.filter(({ state }) => state === "success").length;
  const ill = all.filter(isTrouble).length;
  return `${count(all.length, "connection")}: ${well} well${ill > 0 ? `, ${ill} not` : ""}.`;
}

function word(state) {
  return stateWord(picture(state), upper(state));
}

function row(connection, state, page) {
  const key = `connection ${connection.id}`;
  const id = encodeURIComponent(connection.id);
  const open = state.open.has(key);
  return h(
    "li",
    { class: `row is-${picture(connection.state)}`, key: connection.id },
    h(
      "div",
      { class: "row-line is-connection" },
      h(
        "h2",
        { class: "row-name" },
        h(
          "button",
          {
            type: "button",
            class: "row-button",
            id: `connection-${id}`,
            "aria-expanded": String(open),
            "aria-controls": open ? `systems-${id}` : null,
            onclick: () => page.toggle(key),
          },
          shape("open"),
          name(connection.title),
        ),
      ),
      h("p", { class: "row-state" }, word(connection.state)),
      h("p", { class: "row-about" }, connection.parts.map(({ title }) => title).join(", ")),
    ),
    !open && connection.cause && h("p", { class: "row-cause" }, connection.cause),
    open &&
      h(
        "div",
        { class: "details", id: `systems-${id}`, role: "group", "aria-labelledby": `connection-${id}` },
        connection.parts.map((part) => system(part, state.now)),
        facts(connection),
        page.may("operator") && actions(connection, state, page),
      ),
  );
}

// system is how one of a connection's systems is.
function system(part, now) {
  return h(
    "section",
    { class: "system", key: part.part, "aria-label": part.title },
    h("h3", null, part.title, word(part.state), h("span", { class: "since" }, "since ", time(part.since, now))),
    part.errors.map(({ phase, message, is_transient: passes }) =>
      h(
        "p",
        { class: "note is-bad", key: phase },
        shape("failed"),
        h("span", null, `${upper(phase)}: ${message}`, passes && h("span", { class: "hint" }, " It may pass by itself.")),
      ),
    ),
    part.user && h("p", null, "As ", h("bdi", null, part.user)),
    part.details.length > 0 &&
      h(
        "ul",
        { class: "labels", "aria-label": `What ${part.title} says of itself` },
        part.details.map(([key, value]) => h("li", { key }, h("bdi", null, `${key.replaceAll("_", " ")} ${value}`))),
      ),
    part.endsAt && h("p", null, "The token ends ", upcoming(part.endsAt, now)),
    part.wellAt && part.state !== "success" && h("p", null, "It was well ", time(part.wellAt, now)),
  );
}

const origins = {
  API: "made by a person",
  SETTINGS: "declared in the manager's configuration",
  CONTEXT: "a cluster that this manager keeps",
  CHARM: "told by another charm",
};

function facts({ id, type, origin }) {
  const entries = [
    ["ID", h("bdi", { class: "code" }, id)],
    ["Type", type],
    ["From", entry(origins, origin, origin)],
  ];
  return h(
    "dl",
    { class: "facts" },
    entries.map(([term, text]) => h("div", { key: term }, h("dt", null, term), h("dd", null, text))),
  );
}

function actions(connection, { busy }, page) {
  return h(
    "div",
    { class: "actions", role: "group", "aria-label": `What to do with ${connection.title}` },
    connection.origin !== "CHARM" &&
      button("Try now", () => page.deeds.probe(connection), { busy: busy.has(`probe ${connection.id}`), about: connection.title }),
    connection.origin === "API" &&
      button("Delete", () => page.dialog({ kind: "disconnect", connection }), {
        kind: "danger",
        busy: busy.has(`disconnect ${connection.id}`),
        about: connection.title,
      }),
  );
}
