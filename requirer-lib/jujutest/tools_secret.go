package jujutest

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"
)

// secretUpsert is the command line that secret-add and secret-set share.
type secretUpsert struct {
	expire, rotate, description, label, file, owner string

	expireTime time.Time
	content    secretContent
}

func (s *secretUpsert) flags(f *flagSet) {
	s.owner = ownerApplication
	f.text(&s.expire, "expire")
	f.text(&s.rotate, "rotate")
	f.text(&s.description, "description")
	f.text(&s.label, "label")
	f.text(&s.file, "file")
	f.text(&s.owner, "owner")
}

func (s *secretUpsert) init(args []string) (err error) {
	if s.expireTime, err = parseExpiry(s.expire); err != nil {
		return err
	}
	if _, ok := rotation[s.rotate]; !ok && s.rotate != "" {
		return fmt.Errorf("rotate policy %q not valid", s.rotate)
	}
	if s.owner != ownerApplication && s.owner != ownerUnit {
		return fmt.Errorf("secret owner %q not valid", s.owner)
	}
	if s.content, err = secretArgs(args); err != nil {
		return err
	}
	if s.file == "" {
		return nil
	}
	more, err := secretFile(s.file)
	if err != nil {
		return err
	}
	maps.Copy(s.content, more)
	return nil
}

// parseExpiry reads a point in time or a duration from now on.
func parseExpiry(text string) (time.Time, error) {
	if text == "" {
		return time.Time{}, nil
	}
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05"} {
		if at, err := time.Parse(layout, text); err == nil {
			return at.UTC(), nil
		}
	}
	after, err := time.ParseDuration(text)
	if err != nil {
		return time.Time{}, fmt.Errorf("expire time or duration %q not valid", text)
	}
	if after <= 0 {
		return time.Time{}, fmt.Errorf("negative expire duration %q not valid", text)
	}
	return time.Now().Add(after).UTC(), nil
}

const maxSecretSize = 1000 * 1000 // bytes, of each value and of all, in base64

// secretArgs reads words of the form key=value, key#base64=value and key#file=path.
func secretArgs(args []string) (secretContent, error) {
	plain := map[string]string{}
	for _, word := range args {
		at := strings.Index(strings.TrimRight(word, "="), "=")
		if at < 1 {
			return nil, fmt.Errorf("key value %q not valid", word)
		}
		key, value := word[:at], word[at+1:]
		name, isFile := strings.CutSuffix(key, "#file")
		if !isFile {
			plain[key] = value
			continue
		}
		text, err := readSecretFile(value)
		if err != nil {
			return nil, fmt.Errorf("reading content for secret key %q: %w", name, err)
		}
		plain[name] = string(text)
	}
	return encodeContent(plain)
}

// readSecretFile reads a file as Juju's agent does, which works in "/": a relative path does not lead to the hook's directory.
func readSecretFile(path string) ([]byte, error) {
	if !filepath.IsAbs(path) {
		path = filepath.Join("/", path)
	}
	if info, err := os.Stat(path); err == nil && info.Size() > maxSecretSize {
		return nil, fmt.Errorf("secret content in file %q too large: %d bytes", path, info.Size())
	}
	return os.ReadFile(path)
}

// secretFile reads a JSON or YAML map.
func secretFile(path string) (secretContent, error) {
	text, err := readSecretFile(path)
	if err != nil {
		return nil, err
	}
	plain := map[string]string{}
	if json.Unmarshal(text, &plain) != nil {
		plain = map[string]string{}
		if err := yaml.Unmarshal(text, &plain); err != nil {
			return nil, err
		}
	}
	return encodeContent(plain)
}

func encodeContent(plain map[string]string) (secretContent, error) {
	content, total := secretContent{}, 0
	for key, value := range plain {
		name, encoded := strings.CutSuffix(key, "#base64")
		if !encoded {
			value = base64.StdEncoding.EncodeToString([]byte(value))
		}
		if !secretKeyPattern.MatchString(name) {
			return nil, fmt.Errorf("key %q not valid", name)
		}
		if len(value) > maxSecretSize {
			return nil, fmt.Errorf("base64 encoded secret content for key %q too large: %d bytes", name, len(value))
		}
		content[name] = value
		total += len(value)
	}
	if total > maxSecretSize {
		return nil, fmt.Errorf("base64 encoded secret content too large: %d bytes", total)
	}
	return content, nil
}

// change is what the command line asks for.
func (s *secretUpsert) change(id string) *secretChange {
	change := &secretChange{id: id, content: s.content}
	if s.rotate != "" {
		change.rotate = &s.rotate
	}
	if !s.expireTime.IsZero() {
		change.expire = &s.expireTime
	}
	if s.description != "" {
		change.description = &s.description
	}
	if s.label != "" {
		change.label = &s.label
	}
	return change
}

func secretAdd(c *toolCall) tool {
	s := &secretUpsert{}
	return tool{
		flags: s.flags,
		init: func(args []string) error {
			if len(args) < 1 && s.file == "" {
				return errors.New("missing secret value or filename")
			}
			return s.init(args)
		},
		run: func() error {
			if len(s.content) == 0 {
				return errors.New("empty secret value not valid")
			}
			change := s.change(newSecretID())
			change.ownerKind, change.owner = ownerUnit, c.unit.name
			if s.owner == ownerApplication {
				if !c.isLeader() {
					return errNotLeader
				}
				change.ownerKind, change.owner = ownerApplication, c.unit.app.name
			}
			if err := c.secrets.add(change); err != nil {
				return err
			}
			fmt.Fprintf(&c.stdout, "secret://%s/%s\n", c.model.uuid, change.id)
			return nil
		},
	}
}

func secretSet(c *toolCall) tool {
	s := &secretUpsert{}
	var uri secretURI
	return tool{
		flags: s.flags,
		init: func(args []string) (err error) {
			if uri, args, err = secretArg(args); err != nil {
				return err
			}
			return s.init(args)
		},
		run: func() error {
			if err := c.mayManage(uri.id); err != nil {
				return err
			}
			change := s.change(uri.id)
			if own := c.ownSecrets()[uri.id]; own != nil && own.revisions[own.latest].content.checksum() == change.content.checksum() {
				change.content = nil
			}
			if len(change.content) > 0 || change.rotate != nil || change.expire != nil || change.description != nil || change.label != nil {
				c.secrets.set(change)
			}
			return nil
		},
	}
}

// secretArg takes a secret's URI from the front of a command line.
func secretArg(args []string) (secretURI, []string, error) {
	if len(args) < 1 {
		return secretURI{}, nil, errors.New("missing secret URI")
	}
	uri, err := parseSecretURI(args[0])
	return uri, args[1:], err
}

// ownSecrets are the secrets that the unit manages, as of the hook's first look.
func (c *hookContext) ownSecrets() map[string]*secret {
	if c.owned == nil {
		c.owned = c.model.secretsOwnedBy(c.unit)
	}
	return c.owned
}

// mayManage refuses changes to the application's secret by a unit that has lost the lead. Secrets that the unit does not
// own are refused when the hook ends.
func (c *hookContext) mayManage(id string) error {
	if s := c.ownSecrets()[id]; s != nil && s.ownerKind == ownerApplication && !c.isLeader() {
		return errNotLeader
	}
	return nil
}

func secretRemove(c *toolCall) tool {
	var (
		uri      secretURI
		revision int
	)
	return tool{
		flags: func(f *flagSet) { f.number(&revision, "revision") },
		init: func(args []string) (err error) {
			if uri, args, err = secretArg(args); err != nil {
				return err
			}
			return noMore(args)
		},
		run: func() error {
			if err := c.mayManage(uri.id); err != nil {
				return err
			}
			c.secrets.remove(uri.id, revision)
			return nil
		},
	}
}
