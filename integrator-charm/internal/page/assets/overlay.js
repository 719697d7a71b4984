// What a connector has changed of its own configuration, by control messages: below its line in the list.

import { h } from "./dom.js";
import { button, name, shape, time } from "./parts.js";

// halted says why a connector is kept stopped.
export function halted({ name: connector, overlay }, now) {
  if (!overlay?.halted) return null;
  const { since, by, problems } = overlay.halted;
  return h(
    "section",
    { class: "trace", "aria-label": `Why ${connector} is kept stopped` },
    h("h4", null, shape("failed"), "Its own configuration does not conform: it is kept stopped"),
    h(
      "ul",
      null,
      problems.map(({ field, reason }) =>
        h("li", { key: field }, field && [h("bdi", { class: "code" }, field), ": "], h("bdi", null, reason)),
      ),
    ),
    h(
      "p",
      { class: "hint" },
      "Since ",
      time(since, now),
      by && [", by ", h("bdi", null, by)],
      ". It goes on with a message that conforms, when it is resumed, or when its entry in the state file changes.",
    ),
  );
}

// overlaid is the table of keys that lie over the state file.
export function overlaid({ connector, name: called, overlay }, { now, busy }, page) {
  if (!overlay?.keys?.length) return null;
  const caption = `What ${called} has changed itself`;
  return [
    h("h4", null, "Changed by itself"),
    overlay.waiting && h("p", { class: "note is-warn" }, shape("restarting"), h("span", null, `Not applied yet: ${overlay.waiting}`)),
    h(
      "div",
      { class: "scroll", role: "region", "aria-label": caption, tabindex: "0" },
      h(
        "table",
        { class: "overlay" },
        h("caption", { class: "unseen" }, caption),
        h(
          "thead",
          null,
          h(
            "tr",
            null,
            ["Key", "Value", "When", "By"].map((head) => h("th", { scope: "col" }, head)),
          ),
        ),
        h(
          "tbody",
          null,
          overlay.keys.map((key) =>
            h(
              "tr",
              { key: key.key },
              h("th", { scope: "row" }, name(key.key)),
              h("td", null, valueOf(key)),
              h("td", null, time(key.emittedAt, now)),
              h("td", null, h("bdi", null, key.by)),
            ),
          ),
        ),
      ),
    ),
    page.may("operator") &&
      h(
        "p",
        null,
        button("Take it back…", () => page.dialog({ kind: "clear", connector, called, version: overlay.version }), {
          busy: busy.has(`clear ${connector}`),
          about: `what ${called} has changed itself`,
        }),
      ),
  ];
}

function valueOf({ value, secret, removed, superseded }) {
  if (superseded) return h("span", { class: "none" }, "the state file has changed since, and wins");
  if (removed) return h("span", { class: "none" }, "removed");
  if (secret) return h("span", { class: "secret" }, "secret");
  return value ? h("bdi", { class: "code" }, value) : h("span", { class: "none" }, "empty");
}
