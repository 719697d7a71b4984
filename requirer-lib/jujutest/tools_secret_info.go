package jujutest

import (
	"errors"
	"fmt"
	"time"
)

func secretIDs(c *toolCall) tool {
	var out toolOutput
	return tool{
		flags: func(f *flagSet) { out.flags(f, "smart") },
		init:  noMore,
		run: func() error {
			var ids []string // nil, which JSON has as null, where there are none
			return out.write(c, append(ids, sortedKeys(c.secretViews())...))
		},
	}
}

// secretView is what secret-info-get prints of a secret.
type secretView struct {
	Revision    int            `yaml:"revision" json:"revision"`
	Label       string         `yaml:"label" json:"label"`
	Owner       string         `yaml:"owner" json:"owner"`
	Description string         `yaml:"description,omitempty" json:"description,omitempty"`
	Rotation    string         `yaml:"rotation,omitempty" json:"rotation,omitempty"`
	Expiry      *time.Time     `yaml:"expiry,omitempty" json:"expiry,omitempty"`
	Rotates     *time.Time     `yaml:"rotates,omitempty" json:"rotates,omitempty"`
	Access      []accessTarget `yaml:"access,omitempty" json:"access,omitempty"`
}

// secretViews are the secrets that the unit manages as the hook has left them, by id.
func (c *hookContext) secretViews() map[string]*secretView {
	views := map[string]*secretView{}
	for id, s := range c.ownSecrets() {
		views[id] = &secretView{
			Revision: s.latest, Label: s.label, Owner: s.ownerKind, Description: s.description, Rotation: s.rotate,
			Rotates: s.nextRotate, Access: s.access(),
		}
		if latest := s.revisions[s.latest]; latest != nil {
			views[id].Expiry = latest.expire
		}
	}
	for _, change := range c.secrets.creates {
		views[change.id] = &secretView{Revision: 1, Owner: change.ownerKind}
		views[change.id].update(change)
	}
	for _, change := range c.secrets.updates {
		if views[change.id] != nil {
			views[change.id].update(change)
		}
	}
	for _, d := range c.secrets.deletes {
		delete(views, d.id)
	}
	return views
}

func (v *secretView) update(change *secretChange) {
	if change.label != nil {
		v.Label = *change.label
	}
	if change.description != nil {
		v.Description = *change.description
	}
	if change.rotate != nil {
		v.Rotation = *change.rotate
	}
	if change.expire != nil {
		v.Expiry = change.expire
	}
}

func secretInfoGet(c *toolCall) tool {
	var (
		out   toolOutput
		uri   *secretURI
		label string
	)
	return tool{
		flags: func(f *flagSet) {
			out.flags(f, "yaml")
			f.text(&label, "label")
		},
		init: func(args []string) error {
			if len(args) > 0 {
				parsed, err := parseSecretURI(args[0])
				if err != nil {
					return fmt.Errorf("secret URI %q not valid", args[0])
				}
				uri, args = &parsed, args[1:]
			}
			switch {
			case uri == nil && label == "":
				return errors.New("require either a secret URI or label")
			case uri != nil && label != "":
				return errors.New("specify either a secret URI or label but not both")
			}
			return noMore(args)
		},
		run: func() error {
			want := label
			if uri != nil {
				want = uri.id
			}
			views := c.secretViews()
			for _, id := range sortedKeys(views) {
				if uri != nil && id == uri.id || uri == nil && views[id].Label == label {
					return out.write(c, map[string]*secretView{id: views[id]})
				}
			}
			return fmt.Errorf("secret %q not found", want)
		},
	}
}
