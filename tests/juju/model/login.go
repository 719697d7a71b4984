package model

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"github.com/juju/juju/api"
	"github.com/juju/names/v6"
	"go.yaml.in/yaml/v4"
)

// login is what the juju command keeps of a controller: where it is and how it proves itself, and who logs in there.
// (Juju's package for these files takes JUJU_DATA from a package variable, and brings five hundred packages along.)
type login struct {
	Addresses     []string `yaml:"api-endpoints"`
	CACertificate string   `yaml:"ca-cert"`
	account       account
}

type account struct {
	User     string `yaml:"user"`
	Password string `yaml:"password"`
}

// readLogin reads controllers.yaml and accounts.yaml of a JUJU_DATA directory.
func readLogin(directory, controller string) (login, error) {
	found, err := entry[login](directory, "controllers.yaml", controller)
	if err != nil {
		return login{}, err
	}
	found.account, err = entry[account](directory, "accounts.yaml", controller)
	return found, err
}

// entry reads what one of the files says about a controller.
func entry[T any](directory, file, controller string) (T, error) {
	var none T
	path := filepath.Join(directory, file)
	content, err := os.ReadFile(path)
	if err != nil {
		return none, fmt.Errorf("reading what juju knows of the controller %q: %w", controller, err)
	}
	var document struct {
		Controllers map[string]T `yaml:"controllers"`
	}
	if err := yaml.Unmarshal(content, &document); err != nil {
		return none, fmt.Errorf("parsing %s: %w", path, err)
	}
	value, known := document.Controllers[controller]
	if !known {
		return none, fmt.Errorf("%s has no controller %q, only %v: was the local controller started anew?", path, controller, slices.Sorted(maps.Keys(document.Controllers)))
	}
	return value, nil
}

// info is the login in the form that Juju's API takes.
func (l login) info(modelUUID string) *api.Info {
	return &api.Info{
		Addrs:    l.Addresses,
		CACert:   l.CACertificate,
		Tag:      names.NewUserTag(l.account.User),
		Password: l.account.Password,
		ModelTag: names.NewModelTag(modelUUID),
	}
}
