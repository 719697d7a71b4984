package conformance

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// writeHooks writes what a unit recorded in a step.
func writeHooks(out *strings.Builder, unit, recording string, unordered bool) {
	if recording == "" {
		return
	}
	fmt.Fprintf(out, "-- %s\n", unit)
	hooks := placeReady(placeAttached(dropRepeats(splitHooks(recording))))
	if unordered {
		slices.Sort(hooks)
	}
	sortCreated(hooks)
	out.WriteString(strings.Join(hooks, ""))
}

// dropRepeats leaves out each config-changed that has nothing to do after an earlier one in the same step: Juju's agent learns
// of one change by two watchers, and runs one hook or two, as it happens.
func dropRepeats(hooks []string) []string {
	const configChanged = "hooks/config-changed\n"
	told := false
	return slices.DeleteFunc(hooks, func(hook string) bool {
		repeated := told && hook == configChanged
		told = told || strings.HasPrefix(hook, configChanged)
		return repeated
	})
}

// placeAttached puts the storage-attached that a pod's unit runs before the config-changed that it may follow: Juju notices
// the volume of a pod, which is mounted from the start, at any time after install.
func placeAttached(hooks []string) []string {
	at := slices.IndexFunc(hooks, func(hook string) bool {
		name, _, _ := strings.Cut(hook, " ")
		return strings.HasSuffix(name, "-storage-attached")
	})
	configured := slices.IndexFunc(hooks, func(hook string) bool { return strings.HasPrefix(hook, "hooks/config-changed\n") })
	if configured < 0 || at < configured {
		return hooks
	}
	attached := hooks[at]
	return slices.Insert(slices.Delete(hooks, at, at+1), configured, attached)
}

// placeReady puts each pebble-ready at the end: a pod's agent looks at its containers every 5 s, whatever else it has to do.
func placeReady(hooks []string) []string {
	isReady := func(hook string) bool {
		name, _, _ := strings.Cut(hook, " ")
		return strings.HasSuffix(name, "-pebble-ready")
	}
	var ready []string
	for _, hook := range hooks {
		if isReady(hook) {
			ready = append(ready, hook)
		}
	}
	return append(slices.DeleteFunc(hooks, isReady), ready...)
}

// sortCreated sorts the relation-created hooks that follow one another: Juju takes a new unit's relations in no order.
func sortCreated(hooks []string) {
	isCreated := func(hook string) bool {
		name, _, _ := strings.Cut(hook, " ")
		return strings.HasSuffix(name, "-relation-created")
	}
	for from := 0; from < len(hooks); from++ {
		to := from
		for to < len(hooks) && isCreated(hooks[to]) {
			to++
		}
		slices.Sort(hooks[from:to])
		from = max(from, to)
	}
}

// splitHooks cuts a recording before each hook: the lines that are not indented.
func splitHooks(recording string) []string {
	var hooks []string
	for _, line := range strings.SplitAfter(recording, "\n") {
		if line != "" && (len(hooks) == 0 || !strings.HasPrefix(line, " ")) {
			hooks = append(hooks, "")
		}
		if len(hooks) > 0 {
			hooks[len(hooks)-1] += line
		}
	}
	return hooks
}

// WithoutRaces leaves out of a transcript what is one way or the other in Juju on Kubernetes, when a unit goes: the remote
// application of its relation-broken, and relation-broken of peers. docs/conformance.md has the reason.
func (s *Scenario) WithoutRaces(transcript string) string {
	if s.Substrate != Kubernetes {
		return transcript
	}
	return withoutHooks(brokenOf.ReplaceAllString(transcript, "$1"), "hooks/ring-relation-broken ")
}

// WithoutKnownDifferences leaves out of a transcript what jujutest is not held to: races, what commands marked as facts
// print, which are of a real pod, and relation-departed of peers. docs/conformance.md has the reasons.
func (s *Scenario) WithoutKnownDifferences(transcript string) string {
	return withoutHooks(withoutFacts(s.WithoutRaces(transcript)), "hooks/ring-relation-departed ")
}

// withoutHooks leaves out the hooks whose recording begins so, and units that then have recorded nothing in a step.
func withoutHooks(transcript, begin string) string {
	hooks := splitHooks(transcript)
	hooks = slices.DeleteFunc(hooks, func(hook string) bool { return strings.HasPrefix(hook, begin) })
	for i, line := range hooks {
		unitOnly := strings.HasPrefix(line, "-- ") && !strings.Contains(line, " is ") && !strings.HasPrefix(line, "-- result")
		if unitOnly && (i+1 == len(hooks) || !isHook(hooks[i+1])) {
			hooks[i] = ""
		}
	}
	return strings.Join(hooks, "")
}

var brokenOf = regexp.MustCompile(`(?m)^(hooks/\S+-relation-broken .* REMOTE_APP=)\w+`)

// withoutFacts leaves out what commands that begin with the word "fact" have printed.
func withoutFacts(transcript string) string {
	var kept strings.Builder
	fact := false
	for line := range strings.Lines(transcript) {
		if !strings.HasPrefix(line, "    ") {
			fact = strings.HasPrefix(line, "  $ fact ")
			kept.WriteString(line)
		} else if !fact {
			kept.WriteString(line)
		}
	}
	return kept.String()
}

func isHook(text string) bool {
	return strings.HasPrefix(text, "hooks/") || strings.HasPrefix(text, "actions/")
}
