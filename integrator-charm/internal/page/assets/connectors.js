// The list of connectors: filters with counts, groups, and as many of them as are to be drawn.

import { row } from "./connector.js";
import { h } from "./dom.js";
import { counts, grouped, marks, matches, owners, slice, states } from "./model.js";
import { button, empty, field, section, shape, state as stateWord } from "./parts.js";
import { count, upper } from "./words.js";

const more = 200;

// connectors is the view.
export function connectors(state, page) {
  return section(
    "the connectors",
    state.connectors,
    () => page.feed.reload("connectors"),
    (all) => {
      if (all.length === 0) return none(state);
      const asked = state.route.asked;
      const found = all.filter((connector) => matches(connector, asked));
      return [filters(all, asked, page), found.length > 0 ? list(found, state, page) : unmatched(all, page)];
    },
  );
}

function none({ status }) {
  const source = status.value?.source;
  return empty(
    "No connectors yet",
    "Each connector of the state file shows here once a sync has created it.",
    source && h("p", null, "State file: ", h("bdi", { class: "code" }, source)),
  );
}

function unmatched(all, page) {
  return empty(
    `None of ${count(all.length, "connector")} matches`,
    button("Clear the filters", () => page.ask({ state: "", owner: "", q: "" })),
  );
}

function filters(all, asked, page) {
  const teams = owners(all);
  return h(
    "search",
    { class: "filters", role: "search", "aria-label": "Find connectors" },
    h(
      "div",
      { class: "fields" },
      field(
        "Search",
        h("input", {
          type: "search",
          value: asked.q ?? "",
          placeholder: "Name, class, label…",
          autocomplete: "off",
          spellcheck: "false",
          oninput: (event) => page.ask({ q: event.target.value }),
        }),
        { id: "q" },
      ),
      field(
        "Owner",
        h(
          "select",
          { onchange: (event) => page.ask({ owner: event.target.value }) },
          h("option", { key: "", value: "", selected: !asked.owner }, "All owners"),
          teams.map((team) => h("option", { key: `=${team}`, value: team, selected: asked.owner === team }, team)),
        ),
        { id: "owner" },
      ),
      field(
        "Group by",
        h(
          "select",
          { onchange: (event) => page.ask({ by: event.target.value }) },
          ["owner", "state"].map((by) =>
            h("option", { key: by, value: by === "owner" ? "" : by, selected: (asked.by || "owner") === by }, upper(by)),
          ),
        ),
        { id: "by" },
      ),
    ),
    chips(counts(all, asked), asked, page),
  );
}

const titles = { halted: "Does not conform", drift: "Drifted", "given-up": "Given up" };

// chips choose a state; those that nothing is in are left out.
function chips(counted, asked, page) {
  const shown = [...states, ...Object.keys(marks)].filter((name) => counted[name] > 0 || asked.state === name);
  const chip = (name, label, number) =>
    h(
      "li",
      { key: name },
      h(
        "button",
        {
          type: "button",
          class: `chip is-${name || "all"}`,
          "aria-pressed": String((asked.state ?? "") === name),
          onclick: () => page.ask({ state: name }),
        },
        name && shape(name),
        `${label} `,
        h("span", { class: "number" }, number.toLocaleString("en")),
      ),
    );
  return h(
    "ul",
    { class: "chips", "aria-label": "State" },
    chip("", "All", counted.all),
    shown.map((name) => chip(name, titles[name] ?? upper(name), counted[name])),
  );
}

function list(found, state, page) {
  const by = state.route.asked.by || "owner";
  const groups = slice(grouped(found, by), state.most);
  const left = found.length - Math.min(found.length, state.most);
  return [
    groups.map((group) => groupOf(group, by, state, page)),
    left > 0 &&
      h(
        "p",
        { class: "more" },
        button(`Show ${Math.min(more, left).toLocaleString("en")} more of ${left.toLocaleString("en")}`, () => page.more(more)),
      ),
  ];
}

function groupOf(group, by, state, page) {
  const id = `group-${encodeURIComponent(group.name)}`; // an ID that others refer to has no spaces
  const failed = group.connectors.filter((connector) => connector.state === "failed").length;
  return h(
    "section",
    { class: "group", key: id, "aria-labelledby": id },
    h(
      "header",
      { class: "group-head" },
      h("h2", { id }, by === "state" ? stateWord(group.name) : h("bdi", null, group.name)),
      h(
        "p",
        null,
        count(group.connectors.length, "connector"),
        by === "owner" && failed > 0 && h("span", { class: "is-failed" }, `, ${failed} failed`),
      ),
    ),
    h(
      "ul",
      { class: "rows" },
      group.shown.map((connector) => row(connector, by, state, page)),
    ),
  );
}
