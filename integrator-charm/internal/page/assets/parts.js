// Small pieces that several views are made of.

import { h } from "./dom.js";
import { ago, entry, exact, upper } from "./words.js";

// Each state has a shape of its own, in a square of 16: colour is never all that tells them apart.
const shapes = {
  running: ["path", { d: "M8 1.5a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13Zm-1 9.6L3.9 8l1.2-1.2L7 8.7l3.9-3.9 1.2 1.2Z" }],
  failed: ["path", { d: "M8 1 .8 14.5h14.4ZM7.2 5.8h1.6v4.4H7.2Zm0 5.4h1.6v1.6H7.2Z", "fill-rule": "evenodd" }],
  paused: ["path", { d: "M3.5 2h3v12h-3Zm6 0h3v12h-3Z" }],
  stopped: ["path", { d: "M2.5 2.5h11v11h-11Z" }],
  missing: [
    "path",
    { d: "M2 2h3v2H4v1H2Zm9 0h3v3h-2V4h-1ZM2 11h2v1h1v2H2Zm10 0h2v3h-3v-2h1ZM7.2 4h1.6v5H7.2Zm0 6h1.6v1.6H7.2Z" },
  ],
  unassigned: [
    "circle",
    { cx: 8, cy: 8, r: 5.5, fill: "none", stroke: "currentColor", "stroke-width": 2, "stroke-dasharray": "2.4 2" },
  ],
  restarting: ["path", { d: "M8 2a6 6 0 1 0 6 6h-2a4 4 0 1 1-4-4v2.5L12 3.2 8 0Z" }],
  expired: [
    "path",
    { d: "M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1Zm0 2a5 5 0 1 1 0 10A5 5 0 0 1 8 3ZM7.2 4.5v4.2l3 2 .9-1.3-2.3-1.5V4.5Z", "fill-rule": "evenodd" },
  ],
  halted: ["path", { d: "M5 1h6l4 4v6l-4 4H5l-4-4V5Zm2.2 2.8v5h1.6v-5Zm0 6.4v1.6h1.6v-1.6Z", "fill-rule": "evenodd" }],
  drift: ["path", { d: "M1 5h9V2l5 4-5 4V7H1Zm0 7h14v2H1Z" }],
  "given-up": ["path", { d: "M8 1a7 7 0 1 0 0 14A7 7 0 0 0 8 1ZM3.8 5.2l1.4-1.4 7 7-1.4 1.4Z", "fill-rule": "evenodd" }],
  add: ["path", { d: "M7 2h2v5h5v2H9v5H7V9H2V7h5Z" }],
  remove: ["path", { d: "M2 7h12v2H2Z" }],
  change: ["path", { d: "M11.2 1.5 14.5 4.8 5.3 14H2v-3.3Z" }],
  open: ["path", { d: "m4 6 4 4 4-4", fill: "none", stroke: "currentColor", "stroke-width": 2 }],
};

// shape is a small picture that says nothing to a screen reader: a word stands beside it.
export function shape(name) {
  const [tag, properties] = entry(shapes, name, shapes.unassigned);
  return h("svg", { class: "shape", viewBox: "0 0 16 16", "aria-hidden": "true", focusable: "false" }, h(tag, properties));
}

// state is a state in shape and word.
export function state(name, word = upper(name)) {
  return h("span", { class: `state is-${known(name)}` }, shape(name), h("span", null, word));
}

function known(name) {
  return Object.hasOwn(shapes, name) ? name : "unassigned";
}

// name is a name that others chose: whatever it is made of, it stays in its place.
export function name(text) {
  return h("bdi", { class: "name" }, text);
}

// time is a time as seen from now; its exact form shows when it is pointed at.
export function time(at, now) {
  return h("time", { datetime: at, title: exact(at) }, ago(at, now));
}

// upcoming is a time that is to come. One that should have come is due.
export function upcoming(at, now) {
  return Date.parse(at) > now ? time(at, now) : "due";
}

// button does something. Where it is busy it says so, and keeps the focus.
export function button(label, onclick, { kind = "plain", busy = false, about = "", ...more } = {}) {
  return h(
    "button",
    {
      type: "button",
      class: `button is-${kind}`,
      onclick: busy ? null : onclick,
      "aria-disabled": busy ? "true" : null,
      ...more,
    },
    label,
    about && h("span", { class: "unseen" }, ` ${about}`),
    busy && h("span", { class: "unseen" }, " (under way)"),
  );
}

// field is a labelled input.
export function field(label, input, { id, hint = "", unseen = false }) {
  return h(
    "div",
    { class: "field" },
    h("label", { for: id, class: unseen ? "unseen" : null }, label),
    h(input.tag, { ...input.properties, id, "aria-describedby": hint ? `${id}-hint` : null }, ...input.children),
    hint && h("p", { class: "hint", id: `${id}-hint` }, hint),
  );
}

// bar tells of something that concerns the whole page or view.
export function bar(kind, ...content) {
  return h("div", { class: `bar is-${kind}` }, ...content);
}

// empty stands where a list would, and says why there is none.
export function empty(title, ...content) {
  return h(
    "div",
    { class: "empty" },
    h("p", { class: "empty-title" }, title),
    content.map((line) => (typeof line === "string" ? h("p", null, line) : line)),
  );
}

// loading stands where something comes.
export function loading(what) {
  return h(
    "div",
    { class: "loading", "aria-busy": "true" },
    h("p", { class: "unseen" }, `Loading ${what}`),
    [1, 2, 3, 4].map(() => h("div", { class: "ghost" })),
  );
}

// section is what view makes of what was asked for, or what stands in its place: {value, error} of the store.
export function section(what, part, again, view) {
  const failed =
    part.error &&
    h(
      "div",
      { class: "bar is-bad", role: "alert" },
      h("p", null, `Could not load ${what}: ${part.error}`),
      button("Try again", again),
    );
  if (part.value === undefined) return [failed || loading(what)];
  return [failed, view(part.value)];
}

// keys is the table of what is different, key by key: as it is in the cluster, and as the state file wants it. What is new has no
// before.
export function keys(changes, caption, { from = "Now", to = "Then", isNew = false } = {}) {
  return h(
    "div",
    { class: "scroll", role: "region", "aria-label": caption, tabindex: "0" },
    // On a phone its cells are one below the other: the roles keep it a table for screen readers.
    h(
      "table",
      { class: "keys", role: "table" },
      h("caption", { class: "unseen" }, caption),
      h(
        "thead",
        { role: "rowgroup" },
        h(
          "tr",
          { role: "row" },
          ["Key", ...(isNew ? ["Value"] : [from, to])].map((head) => h("th", { scope: "col", role: "columnheader" }, head)),
        ),
      ),
      h(
        "tbody",
        { role: "rowgroup" },
        changes.map((change) =>
          h(
            "tr",
            { key: change.key, role: "row" },
            h(
              "th",
              { scope: "row", role: "rowheader" },
              name(change.key),
              change.overlay && h("p", { class: "hint" }, "changed by the connector itself"),
            ),
            values(change, isNew),
          ),
        ),
      ),
    ),
  );
}

function values({ old, new: next, secret }, isNew) {
  const cell = (content, properties) => h("td", { role: "cell", ...properties }, content);
  if (secret) return cell(h("span", { class: "secret" }, isNew ? "secret" : "secret, changed"), { colspan: isNew ? null : "2" });
  if (isNew) return cell(value(next, "ins"));
  return [cell(value(old, "del")), cell(value(next, "ins"))];
}

function value(text, tag) {
  if (text === null || text === undefined) return h("span", { class: "none" }, "not set");
  return h(tag, null, text === "" ? h("span", { class: "none" }, "empty") : text);
}
