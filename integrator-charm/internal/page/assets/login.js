// Where a person says who they are. The token goes to the manager once and is not kept in the browser: a session is.

import { h } from "./dom.js";
import { bar, button, field } from "./parts.js";

// login is the whole page while nobody is logged in.
export function login(state, page) {
  return h(
    "main",
    { id: "main", class: "login", tabindex: "-1" },
    h("h1", { id: "title", tabindex: "-1" }, "Connect Manager"),
    state.notice && h("div", { role: "status" }, bar(state.notice.kind, h("p", null, state.notice.text))),
    h(
      "form",
      { method: "post", onsubmit: (event) => submit(event, page) },
      field(
        "Token",
        h("input", {
          type: "password",
          name: "token",
          required: true,
          autocomplete: "current-password",
          autocapitalize: "off",
          spellcheck: "false",
          "aria-invalid": state.loginError ? "true" : null,
          "aria-errormessage": "login-error",
          inserted: (input) => input.focus(),
        }),
        { id: "token", hint: "Who runs this manager gives tokens out." },
      ),
      h("p", { id: "login-error", class: "field-error", role: "alert" }, state.loginError),
      button("Log in", null, { kind: "main", type: "submit", busy: state.busy.has("login") }),
    ),
  );
}

function submit(event, page) {
  event.preventDefault();
  page.logIn(event.target.elements.token.value);
}

// waiting is the page before it is known who is there.
export function waiting(state, page) {
  return h(
    "main",
    { id: "main", class: "login", tabindex: "-1", "aria-busy": state.notice ? null : "true" },
    h("h1", { id: "title", tabindex: "-1" }, "Connect Manager"),
    state.notice
      ? h("div", { role: "alert" }, bar("bad", h("p", null, state.notice.text), button("Try again", page.session.begin)))
      : h("p", null, "Looking who is there…"),
  );
}
