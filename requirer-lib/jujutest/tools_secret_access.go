package jujutest

import (
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// secretGetTool is secret-get's command line.
type secretGetTool struct {
	*toolCall
	out           toolOutput
	uri           *secretURI
	label, key    string
	peek, refresh bool
}

func secretGet(c *toolCall) tool {
	t := &secretGetTool{toolCall: c}
	return tool{
		flags: func(f *flagSet) {
			t.out.flags(f, "yaml")
			f.text(&t.label, "label")
			f.truth(&t.peek, "peek")
			f.truth(&t.refresh, "refresh")
		},
		init: t.init,
		run:  t.get,
	}
}

func (t *secretGetTool) init(args []string) error {
	if len(args) > 0 {
		uri, err := parseSecretURI(args[0])
		if err != nil {
			return fmt.Errorf("secret URI %q not valid", args[0])
		}
		t.uri, args = &uri, args[1:]
	}
	if t.uri == nil && t.label == "" {
		return errors.New("require either a secret URI or label")
	}
	if t.peek && t.refresh {
		return errors.New("specify one of --peek or --refresh but not both")
	}
	if len(args) > 0 {
		t.key, args = args[0], args[1:]
	}
	return noMore(args)
}

func (t *secretGetTool) get() error {
	content, err := t.content()
	if err != nil {
		return err
	}
	if t.key == "" {
		values, err := content.decode()
		if err != nil {
			return err
		}
		return t.out.write(t.toolCall, values)
	}
	key, encoded := strings.CutSuffix(t.key, "#base64")
	value, ok := content[key]
	if !ok {
		return fmt.Errorf("secret key value %q not found", key)
	}
	if !encoded {
		plain, err := base64.StdEncoding.DecodeString(value)
		if err != nil {
			return err
		}
		value = string(plain)
	}
	return t.out.write(t.toolCall, value)
}

// content finds the secret by URI or label, and the revision that the unit is to see.
func (t *secretGetTool) content() (secretContent, error) {
	id := ""
	label := t.label
	if t.uri != nil {
		id = t.uri.id
	} else if own := t.ownLabel(label); own != "" {
		id, label = own, ""
	}
	if content := t.pending(id, label); content != nil {
		return content, nil
	}
	if id == "" {
		for other, s := range t.model.secrets {
			if c := s.consumers[t.unit.name]; c != nil && c.label == label {
				id = other
			}
		}
		if id == "" {
			return nil, fmt.Errorf("secret URI for consumer label %q not found", label)
		}
		label = ""
	}
	uri := secretURI{id: id}
	if t.uri != nil {
		uri = *t.uri
	}
	s, err := t.model.findSecret(uri)
	if err != nil {
		return nil, err
	}
	return t.revision(s, label)
}

// ownLabel finds a secret that the unit manages, or reads as its application's, by the owner's label.
func (t *secretGetTool) ownLabel(label string) string {
	for id, s := range t.ownSecrets() {
		if s.label == label {
			return id
		}
	}
	for _, pending := range [][]*secretChange{t.secrets.creates, t.secrets.updates} {
		for _, change := range pending {
			if change.label != nil && *change.label == label {
				return change.id
			}
		}
	}
	for id, s := range t.model.secrets {
		if s.label == label && s.owner == t.unit.app.name {
			return id
		}
	}
	return ""
}

// pending is content that this hook itself has written: always of a new secret, of a new revision with --peek or --refresh.
func (t *secretGetTool) pending(id, label string) secretContent {
	if change := t.secrets.create(id); change != nil {
		if label != "" {
			change.label = &label
		}
		return change.content
	}
	change := t.secrets.update(id)
	if change == nil || !t.refresh && !t.peek || len(change.content) == 0 {
		return nil
	}
	if t.refresh {
		t.secrets.trackLatest = append(t.secrets.trackLatest, id)
	}
	return change.content
}

// revision is the content that the unit sees, and notes which one it keeps seeing. As in Juju that counts at once, and also
// when the unit may not read the secret (yet).
func (t *secretGetTool) revision(s *secret, label string) (secretContent, error) {
	c, known := s.consumers[t.unit.name]
	if !known {
		c = s.consume(t.unit.name)
	}
	if !known || t.refresh {
		c.current = s.latest
		s.markObsolete()
	}
	if label != "" {
		t.relabel(s, c, label)
	}
	if !s.readableBy(t.unit) {
		return nil, fmt.Errorf("%q is not allowed to read this secret", t.unit.name)
	}
	want := c.current
	if t.peek {
		want = s.latest
	}
	revision := s.revisions[want]
	if revision == nil {
		return nil, fmt.Errorf("secret value ref for %q revision %d not found", s.uri(), want)
	}
	return revision.content, nil
}

// relabel takes a label that came with the URI: the owner's label from the owner, the consumer's own from others.
func (t *secretGetTool) relabel(s *secret, c *consumer, label string) {
	switch {
	case s.ownedBy(t.unit):
		s.label = label
	case s.owner != t.unit.app.name:
		c.label = label
	}
}

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

func secretGrantTool(c *toolCall) tool {
	var (
		uri  secretURI
		unit string
		cr   *contextRelation
	)
	id := c.presetRelation()
	return tool{
		flags: func(f *flagSet) {
			f.text(&unit, "unit")
			c.relationFlag(f, &id)
		},
		init: func(args []string) (err error) {
			if uri, args, err = secretArg(args); err != nil {
				return err
			}
			if id == -1 {
				return errNoRelation
			}
			if cr, err = c.relation(id); err != nil {
				return err
			}
			other := cr.relation.other(c.unit.app.name).app.name
			if unit != "" && !isUnitName(unit) {
				return fmt.Errorf("unit %q not valid", unit)
			}
			if unit != "" && appOf(unit) != other {
				return fmt.Errorf("cannot specify unit %q in relation to application %q", unit, other)
			}
			return noMore(args)
		},
		run: func() error {
			subject := cr.relation.other(c.unit.app.name).app.name
			if unit != "" {
				subject = unit
			}
			return c.grantSecret(secretGrant{id: uri.id, subject: subject, relation: cr.relation})
		},
	}
}

func (c *toolCall) grantSecret(g secretGrant) error {
	view := c.secretViews()[g.id]
	if view == nil {
		return fmt.Errorf("secret %q not found", g.id)
	}
	if err := c.mayManage(g.id); err != nil {
		return err
	}
	for _, access := range view.Access {
		if access.Scope != g.relation.tag() {
			continue
		}
		switch {
		case access.Target == subjectTag(g.subject), strings.HasPrefix(access.Target, "application-"):
			return nil
		case !isUnitName(g.subject):
			return errors.New("any unit level grants need to be revoked before granting access to the corresponding application")
		}
	}
	c.secrets.grants = slices.DeleteFunc(c.secrets.grants, func(o secretGrant) bool { return o.id == g.id && o.relation == g.relation })
	c.secrets.grants = append(c.secrets.grants, g)
	return nil
}

func secretRevoke(c *toolCall) tool {
	var (
		uri       secretURI
		app, unit string
	)
	id := c.presetRelation()
	return tool{
		flags: func(f *flagSet) {
			f.text(&app, "app", "application")
			f.text(&unit, "unit")
			c.relationFlag(f, &id)
		},
		init: func(args []string) (err error) {
			if uri, args, err = secretArg(args); err != nil {
				return err
			}
			switch {
			case app != "" && !isApplicationName(app):
				return fmt.Errorf("application %q not valid", app)
			case unit != "" && !isUnitName(unit):
				return fmt.Errorf("unit %q not valid", unit)
			case app != "" && unit != "":
				return errors.New("specify only one of application or unit")
			}
			if id >= 0 {
				cr, err := c.relation(id)
				if err != nil {
					return err
				}
				if app != "" {
					return errors.New("do not specify both relation and app")
				}
				app = cr.relation.other(c.unit.app.name).app.name
			}
			if app == "" && unit == "" {
				return errors.New("missing relation or application or unit")
			}
			return noMore(args)
		},
		run: func() error {
			if err := c.mayManage(uri.id); err != nil {
				return err
			}
			subject := app
			if unit != "" {
				subject = unit
			}
			c.secrets.revokes = append(c.secrets.revokes, secretGrant{id: uri.id, subject: subject})
			return nil
		},
	}
}
