package page

import (
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
)

// cases of the page's modules: an expression, and what it is.
var cases = map[string]struct{ expression, want string }{
	"a page is found by its address":        {`route.parse("#/plan?cluster=a%20b")`, `{"view":"plan","asked":{"cluster":"a b"}}`},
	"an unknown address is the connectors":  {`route.parse("#/../etc?x=1")`, `{"view":"connectors","asked":{"x":"1"}}`},
	"an address leaves out what is empty":   {`route.address("connectors", { q: "a&b", state: "" })`, `"#/connectors?q=a%26b"`},
	"the last cause of a trace tells most":  {`words.cause("a.b.X: 1\n\tat y\nCaused by: c.D: 2\n\tat z\nCaused by: e.f.G: 3")`, `"G: 3"`},
	"a trace without a cause is its begin":  {`words.cause("\n  org.x.E: broke\n\tat y")`, `"E: broke"`},
	"a trace may be none":                   {`[words.cause(null), words.cause(""), words.cause(undefined)]`, `["","",""]`},
	"times are said from now":               {`words.ago("2026-01-01T00:00:00Z", Date.parse("2026-01-01T00:03:10Z"))`, `"3 minutes ago"`},
	"times to come are said, too":           {`words.ago("2026-01-01T02:00:30Z", Date.parse("2026-01-01T00:00:00Z"))`, `"in 2 hours"`},
	"what is no time is said as it is":      {`words.ago("<soon>", 0)`, `"<soon>"`},
	"commits are short":                     {`words.revision("9d1c3bb5f0e2a7716d5b4a5f3e2d1c0b9a887766")`, `"9d1c3bb5f0"`},
	"other revisions are whole":             {`words.revision("v1.2.3 of main")`, `"v1.2.3 of main"`},
	"numbers have their nouns":              {`[words.count(1, "task"), words.count(5000, "task")]`, `["1 task","5,000 tasks"]`},
	"one failed task makes a connector so":  {`model.readOne({ name: "a", state: "RUNNING", tasks: [{ id: 0, state: "FAILED" }] }).state`, `"failed"`},
	"a paused connector's task may not":     {`model.readOne({ name: "a", state: "PAUSED", tasks: [{ id: 0, state: "FAILED" }] }).state`, `"paused"`},
	"an answer of nothing is no connectors": {`[model.read(null), model.read([])]`, `[[],[]]`},
	"all words have to be found": {
		`["gold a", "gold b", "GOLD"].map((q) => model.matches(model.readOne({ name: "a", labels: { tier: "gold" } }), { q }))`, `[true,false,true]`,
	},
	"numbers in names count": {`model.read([{ name: "a10" }, { name: "a9" }]).map((one) => one.name)`, `["a9","a10"]`},
	"those without an owner come last": {
		`model.grouped(model.read([{ name: "a" }, { name: "b", owner: { team: "zoo" } }]), "owner").map((group) => group.name)`, `["zoo","No owner"]`,
	},
	"a slice cuts the last group": {
		`model.slice([{ name: "a", connectors: [1, 2] }, { name: "b", connectors: [3, 4] }, { name: "c", connectors: [5] }], 3).map((group) => group.shown)`,
		`[[1,2],[3]]`,
	},
	"news are few words": {
		`model.news(model.read([{ name: "a", state: "RUNNING" }, { name: "b" }]), model.read([{ name: "a", state: "FAILED" }, { name: "c" }]))`,
		`"a is failed; c is new; b is gone."`,
	},
	"nothing new is nothing said":     {`model.news(model.read([{ name: "a" }]), model.read([{ name: "a" }]))`, `""`},
	"another's connector has no verb": {`model.verbs(model.readOne({ name: "a", state: "RUNNING", owned: false }))`, `[]`},
	"a paused one is resumed":         {`model.verbs(model.readOne({ name: "a", state: "PAUSED", owned: true }))`, `["resume","stop","delete"]`},
	"a sync is summed up":             {`deeds.summed({ added: ["a"], failed: ["b", "c", "d", "e"], unchanged: [] })`, `"1 added (a), 4 failed (b, c, d and 1 other)"`},
	"a sync of nothing, too":          {`deeds.summed({ unchanged: ["a"] })`, `"nothing to do, 1 connector as wanted"`},
	"what is not well comes first": {
		`systems.readConnections([
			{ spec: { id: "a10" }, status: { kafka_cluster: { state: "SUCCESS" } } }, { spec: { id: "a9" }, status: { ccloud: { state: "EXPIRED" } } },
			{ spec: { id: "b" }, status: { local: { state: "SUCCESS" }, kafka_connect: { state: "FAILED", errors: { tls: { message: "<old>" } } } } },
		]).map((one) => [one.id, one.state, one.cause])`,
		`[["b","failed","Kafka Connect: tls: <old>"],["a9","expired","Confluent Cloud: no reason is told"],["a10","success",""]]`,
	},
	"a connection that nothing is known of is none": {
		`systems.readConnections([{ spec: { id: "a" } }]).map((one) => [one.state, one.parts])`, `[["none",[]]]`,
	},
	"an answer of nothing is no connections": {`systems.readConnections(null)`, `[]`},
	"elements that stay are the same": {
		`(() => {
			const at = document.createElement("ul");
			const row = (key) => dom.h("li", { key }, key);
			dom.render(at, ["a", "b", "c"].map(row));
			const [a, , c] = at.children;
			dom.render(at, ["c", "x", "a"].map(row));
			return [at.textContent, at.children[0] === c, at.children[2] === a];
		})()`, `["cxa",true,true]`,
	},
	"two with one key are two, and both go": {
		`(() => {
			const at = document.createElement("ul");
			const row = (key) => dom.h("li", { key }, key);
			for (const keys of [["a", "a"], ["a", "a"], ["a", "a", "b"]]) dom.render(at, keys.map(row));
			const [first, second] = at.children;
			const full = at.textContent;
			dom.render(at, ["b", "a"].map(row));
			return [full, at.textContent, at.children[1] === first, second.isConnected];
		})()`, `["aab","ba",true,false]`,
	},
	"what every object has is in no table": {
		`[
			parts.state("constructor").properties.class, model.verbs(model.readOne({ name: "a", state: "CONSTRUCTOR", owned: true })),
			model.matches(model.readOne({ name: "a" }), { state: "__proto__" }), systems.picture("constructor"),
		]`, `["state is-unassigned",[],false,"unassigned"]`,
	},
	"markup is text": {
		`(() => {
			const at = document.createElement("div");
			dom.render(at, dom.h("p", { title: "\"><b>" }, "<b>", 0, null, false, [["x"]]));
			return [at.firstChild.innerHTML, at.firstChild.title];
		})()`, `["&lt;b&gt;0x","\"><b>"]`,
	},
	"what a description leaves out goes": {
		`(() => {
			const at = document.createElement("div");
			dom.render(at, dom.h("p", { class: "a", hidden: true }, "x"));
			dom.render(at, dom.h("p", { class: null }));
			return at.innerHTML;
		})()`, `"<p></p>"`,
	},
}

func TestTheModulesOfThePage(t *testing.T) {
	t.Parallel()
	s := newStage(t, "", map[string]string{"main": some})
	page := newTab(t, desktop)
	page.open("http://" + s.address)
	value[chromedp.Void](page, `Promise.all(["dom", "model", "words", "route", "deeds", "systems", "parts"].map(async (name) => {
		const main = document.querySelector("script[type=module]").src;
		window[name] = await import(new URL(name + ".js", main));
	})).then(() => undefined)`)
	for rule, c := range cases {
		assert.Equal(t, c.want, value[string](page, "JSON.stringify("+c.expression+")"), rule)
	}
}
