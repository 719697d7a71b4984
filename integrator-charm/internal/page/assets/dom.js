// Elements are described by plain objects, and render makes the document like the description. What is the same stays the same
// element, so that focus, selection and scrolling survive a live update. Text only ever becomes a text node.

const svgSpace = "http://www.w3.org/2000/svg";
const described = new WeakMap();

// h describes an element. Children that are null or false are left out. Of the properties, those that begin with "on" are
// handlers, "key" tells the element from its siblings, and "inserted" is called with the element when it is in the document.
export function h(tag, properties, ...children) {
  return { tag, properties: properties ?? {}, children: listed(children) };
}

function listed(children) {
  return children
    .flat(Infinity)
    .filter((child) => child !== null && child !== undefined && child !== false && child !== "")
    .map((child) => (typeof child === "object" ? child : { text: String(child) }));
}

// render makes the children of an element like the descriptions.
export function render(parent, ...children) {
  const places = parent.contains(document.activeElement) ? within(parent, document.activeElement) : [];
  const born = [];
  patchChildren(parent, listed(children), born);
  if (places.length > 0 && places[0] !== document.activeElement) keepFocus(places);
  for (const tell of born) tell();
}

// within lists an element and what it is in, up to but without the parent.
function within(parent, element) {
  const places = [];
  for (let place = element; place !== parent; place = place.parentElement) places.push(place);
  return places;
}

// keepFocus gives the focus back where moving an element has taken it away. Where the element is gone, what is nearest to it gets
// it: who works by keyboard is not thrown to the begin of the page.
function keepFocus(places) {
  for (const place of places.filter((one) => one.isConnected)) {
    const nearest = place === places[0] ? place : place.querySelector("button, a[href], input, select, textarea");
    if (!nearest) continue;
    nearest.focus({ preventScroll: true });
    return;
  }
}

function patchChildren(parent, wanted, born) {
  const kept = new Map();
  for (const node of [...parent.childNodes]) {
    const was = described.get(node);
    if (was) kept.set(was.name, node);
    else node.remove();
  }
  const nodes = named(wanted).map(({ name, child }) => {
    const node = kept.get(name);
    kept.delete(name);
    return { name, child, node };
  });
  for (const node of kept.values()) node.remove();
  let place = parent.firstChild;
  for (const { name, child, node } of nodes) {
    if (node) {
      patch(node, described.get(node).child, child, born);
      described.set(node, { name, child });
      if (node === place) place = place.nextSibling;
      else parent.insertBefore(node, place);
    } else {
      const made = create(child, parent, born);
      described.set(made, { name, child });
      parent.insertBefore(made, place);
      if (child.properties?.inserted) born.push(() => child.properties.inserted(made));
    }
  }
}

// named gives each child a name among its siblings: its kind, its key, and how many such came before. Keys are often others' words, and
// two may have the same: an element whose name is another's would never be removed.
function named(children) {
  const counts = new Map();
  return children.map((child) => {
    const kind = child.tag ?? "#text";
    const key = child.properties?.key;
    const called = key === undefined ? kind : `${kind} key ${key}`;
    const count = counts.get(called) ?? 0;
    counts.set(called, count + 1);
    return { name: `${called} ${count}`, child };
  });
}

function create(child, parent, born) {
  if (child.tag === undefined) return document.createTextNode(child.text);
  const inSVG = child.tag === "svg" || parent.namespaceURI === svgSpace;
  const node = inSVG ? document.createElementNS(svgSpace, child.tag) : document.createElement(child.tag);
  patchChildren(node, child.children, born);
  patchProperties(node, {}, child.properties);
  return node;
}

function patch(node, was, child, born) {
  if (child.tag === undefined) {
    if (was.text !== child.text) node.data = child.text;
    return;
  }
  patchChildren(node, child.children, born);
  patchProperties(node, was.properties, child.properties);
}

// What a person changes in a field is not in its attributes.
const livesInTheField = new Set(["value", "checked", "selected"]);

function patchProperties(node, was, wanted) {
  for (const name of Object.keys(was)) {
    if (!(name in wanted)) setProperty(node, name, null);
  }
  for (const [name, value] of Object.entries(wanted)) {
    if (livesInTheField.has(name) ? node[name] !== value : was[name] !== value) setProperty(node, name, value);
  }
}

function setProperty(node, name, value) {
  if (name === "key" || name === "inserted") return;
  if (name.startsWith("on") || livesInTheField.has(name)) node[name] = value;
  else if (value === null || value === undefined || value === false) node.removeAttribute(name);
  else node.setAttribute(name, value === true ? "" : String(value));
}
