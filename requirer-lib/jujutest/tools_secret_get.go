package jujutest

import (
	"encoding/base64"
	"errors"
	"fmt"
	"strings"
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
