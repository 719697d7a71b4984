package cli

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"connectcharms/requirer-lib/connectors"
)

// syncView is what a sync came to. Its JSON is part of what the program promises.
type syncView struct {
	Context string `json:"context"`
	connectors.Summary
}

// toldSyncs writes one summary as an object, and those of --all-contexts as a list; what failed decides the code.
func (s *session) toldSyncs(all []syncView, err error) error {
	if len(all) == 0 {
		return err
	}
	var document any = all
	if !s.flags.allContexts {
		document = all[0]
	}
	writeErr := s.write(document, func() {
		for _, each := range all {
			s.synced(each)
		}
	})
	for _, each := range all {
		err = errors.Join(err, s.unsynced(each))
	}
	return errors.Join(err, writeErr)
}

// synced writes what was done: a line for each connector, and how many were as they should be.
func (s *session) synced(of syncView) {
	s.warned(of.Warnings)
	did := of.did()
	prefix := ""
	if s.flags.allContexts {
		prefix = of.Context + "/"
	}
	for _, name := range slices.Sorted(maps.Keys(did)) {
		line := prefix + name + ": " + strings.Join(did[name], ", ")
		if reason := of.Reasons[name]; reason != "" && !slices.Contains(of.Failed, name) && !slices.Contains(of.Added, name) {
			line += " (" + reason + ")"
		}
		s.printf("%s\n", line)
	}
	if of.Problem == "" {
		s.note("%s: %d changed, %d unchanged", of.Context, len(did), len(of.Unchanged))
	}
}

// did is what was done to each connector, in words.
func (v syncView) did() map[string][]string {
	did := map[string][]string{}
	for _, list := range []struct {
		word  string
		names []string
	}{
		{"added", v.Added},
		{"adopted", v.Adopted},
		{"updated", v.Updated},
		{"paused", v.Paused},
		{"resumed", v.Resumed},
		{"stopped", v.Stopped},
		{"restarted", v.Restarted},
		{"removed", v.Removed},
	} {
		for _, name := range list.names {
			did[name] = append(did[name], list.word)
		}
	}
	return did
}

// unsynced tells what was not done, and gives the code for it.
func (s *session) unsynced(of syncView) error {
	for _, name := range of.Failed {
		s.note("%s: %s", name, of.Reasons[name])
	}
	for _, name := range of.Held {
		s.note("%s: it waits: %s", name, of.Reasons[name])
	}
	switch {
	case of.Problem != "":
		return fmt.Errorf("look at the connectors on %s: %s", of.Context, of.Problem)
	case len(of.Failed) > 0:
		return withCode(exitFailed, fmt.Errorf("%d of the connectors on %s failed", len(of.Failed), of.Context))
	case len(of.Held) > 0:
		return refused("%d of the connectors on %s wait for approval", len(of.Held), of.Context)
	}
	return nil
}
