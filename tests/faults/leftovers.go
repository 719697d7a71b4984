package faults

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"

	"connectcharms/tests/pair"
)

// leftovers are what a pair at rest still has of relations that have ended: accounts, secrets, files, what units told each
// other. Passwords that have ended may stand nowhere at all.
func (s *Stage) leftovers(context.Context) (problems []string) {
	living := map[string]bool{}
	for _, app := range s.clients() {
		if id := s.relation(app); id != 0 {
			living[strconv.Itoa(id)] = true
		}
	}
	for _, found := range s.traces() {
		if !living[found.relation] {
			problems = append(problems, fmt.Sprintf("relation %s has ended, and there is %s", found.relation, found.where))
		}
	}
	return append(problems, s.passwords()...)
}

// trace is something that belongs to a relation.
type trace struct{ relation, where string }

var (
	labelOfClient = regexp.MustCompile(`^connect-client\.(\d+)\.`)
	userName      = regexp.MustCompile(`"username": ?"relation-(\d+)`)
	ofOverlays    = regexp.MustCompile(`^overlays-(\d+)$`)
)

// traces are what there is of each relation.
func (s *Stage) traces() (all []trace) {
	for _, secret := range s.Secrets() {
		for _, pattern := range []*regexp.Regexp{labelOfClient, ofOverlays} {
			if found := pattern.FindStringSubmatch(secret.Label); found != nil {
				all = append(all, trace{found[1], "the secret " + secret.Label})
			}
		}
	}
	for _, unit := range s.Units(pair.Provider) {
		for _, found := range userName.FindAllStringSubmatch(s.read(unit, "gateway/accounts.json"), -1) {
			all = append(all, trace{found[1], "an account of " + unit})
		}
		dirs, _ := filepath.Glob(filepath.Join(s.data(unit), "worker/secrets/relation-*")) // the pattern is right
		for _, dir := range dirs {
			all = append(all, trace{strings.TrimPrefix(filepath.Base(dir), "relation-"), "the directory " + dir})
		}
	}
	clusters := "var/lib/*/manager/clusters/*"
	for _, unit := range s.Units(linesApp) {
		if info, err := s.Unit(unit); err == nil {
			dirs, _ := filepath.Glob(filepath.Join(info.Root, clusters))
			for _, dir := range dirs {
				all = append(all, trace{filepath.Base(dir), "the directory " + dir})
			}
		}
	}
	return append(all, s.shared()...)
}

// shared is what the provider's units keep of relations in their peer databags.
func (s *Stage) shared() (all []trace) {
	for _, relation := range s.Relations() {
		if len(relation.Endpoints) != 1 || relation.Endpoints[0] != pair.Provider+":cluster" {
			continue
		}
		var shared struct{ Clients map[string]any }
		bag, _ := s.RelationData(relation.ID, pair.Provider)
		_ = json.Unmarshal([]byte(bag["shared"]), &shared) // what is not there holds nothing
		for key := range shared.Clients {
			all = append(all, trace{strings.Split(key, "/")[0], "a record of the leader's"})
		}
		for _, unit := range s.Units(pair.Provider) {
			var report struct{ Plugins, Secrets map[string]any }
			bag, _ := s.RelationData(relation.ID, unit)
			_ = json.Unmarshal([]byte(bag["report"]), &report)
			for key := range report.Plugins {
				all = append(all, trace{strings.Split(key, "/")[0], "a plugin in the report of " + unit})
			}
			for key := range report.Secrets {
				all = append(all, trace{key, "a secret in the report of " + unit})
			}
		}
	}
	return all
}

// passwords are those that stand in files in clear: the manager has its own, and nobody has another.
func (s *Stage) passwords() (problems []string) {
	accounts := s.Ledger.all()
	now, _ := s.published(linesApp)
	_ = filepath.WalkDir(s.Dir(), func(path string, entry fs.DirEntry, err error) error { // what is gone holds nothing
		if err != nil || !entry.Type().IsRegular() || tooLarge(entry) {
			return nil //nolint:nilerr // see above
		}
		content, _ := os.ReadFile(path)
		for _, account := range accounts {
			its := account.password == now.Password && strings.Contains(path, "/manager/clusters/")
			if !its && strings.Contains(string(content), account.password) {
				problems = append(problems, fmt.Sprintf("a password of %s stands in %s", account.username, path))
			}
		}
		return nil
	})
	return problems
}

// tooLarge says of a file that it is a program or a library.
func tooLarge(entry fs.DirEntry) bool {
	info, err := entry.Info()
	return err != nil || info.Size() > 1<<20 || strings.HasSuffix(entry.Name(), ".jar")
}
