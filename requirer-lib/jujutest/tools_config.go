package jujutest

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
)

func configGet(c *toolCall) tool {
	var (
		out toolOutput
		all bool
		key string
	)
	return tool{
		flags: func(f *flagSet) {
			out.flags(f, "smart")
			f.truth(&all, "a", "all")
		},
		init: func(args []string) error {
			if len(args) == 0 {
				return nil
			}
			if key = args[0]; key != "" && all {
				return fmt.Errorf("cannot use argument --all together with key %q", key)
			}
			return noMore(args[1:])
		},
		run: func() error {
			settings := c.settingsOfConfig()
			if key != "" {
				return out.write(c, settings[key])
			}
			if !all {
				maps.DeleteFunc(settings, func(_ string, value any) bool { return value == nil })
			}
			return out.write(c, settings)
		},
	}
}

func credentialGet(c *toolCall) tool {
	var out toolOutput
	return tool{
		flags: func(f *flagSet) { out.flags(f, "smart") },
		init:  noMore,
		run: func() error {
			if !c.unit.app.trust {
				return errors.New("cannot access cloud credentials: permission denied")
			}
			return out.write(c, map[string]any{
				"type": "unmanaged", "name": "jujutest", "credential": map[string]any{"auth-type": "empty"},
			})
		},
	}
}

// resourceGet puts the resource where Juju does, below the unit's agent directory, and prints the path.
func resourceGet(c *toolCall) tool {
	name := ""
	return tool{
		init: func(args []string) error {
			if len(args) < 1 {
				return errors.New("missing required resource name")
			}
			name = args[0]
			return noMore(args[1:])
		},
		run: func() error {
			path, err := c.fetchResource(name)
			if err != nil {
				return fmt.Errorf("could not download resource: %w", err)
			}
			c.stdout.WriteString(path)
			return nil
		},
	}
}

func (c *toolCall) fetchResource(name string) (string, error) {
	meta, known := c.unit.app.meta().Resources[name]
	attached, ok := c.unit.app.resources[name]
	if !known || !ok {
		return "", c.noResource(name, known)
	}
	file := meta.Filename
	if file == "" {
		file = filepath.Base(attached.path)
	}
	dir := filepath.Join(c.unit.agentDir(), "resources") // of all: a file that two resources name is the last one's
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	if meta.Type == "oci-image" {
		target := filepath.Join(dir, "content.yaml")
		return target, os.WriteFile(target, []byte("registrypath: "+attached.path+"\n"), 0o600)
	}
	target := filepath.Join(dir, filepath.Base(file))
	info, err := os.Stat(attached.path)
	if err != nil {
		return "", err
	}
	if old, err := os.Stat(target); err == nil && os.SameFile(old, info) {
		return target, nil
	}
	return target, copyFile(attached.path, target, info)
}

// noResource is how Juju's controller answers about a resource that has no file, or that the charm does not have.
func (c *toolCall) noResource(name string, known bool) error {
	problem := fmt.Sprintf("resource %q not found", name)
	if !known {
		problem = fmt.Sprintf("getting UUID of resource %s for application %s: resource not found", name, newUUID())
	}
	return fmt.Errorf("HTTP request failed: Get https://%s/model/%s/units/unit-%s/resources/%s: %s",
		apiAddress, c.model.uuid, strings.ReplaceAll(c.unit.name, "/", "-"), name, problem)
}

func stateGet(c *toolCall) tool {
	var (
		out    toolOutput
		strict bool
		key    string
	)
	return tool{
		flags: func(f *flagSet) {
			out.flags(f, "smart")
			f.truth(&strict, "strict")
		},
		init: func(args []string) error {
			if len(args) == 0 {
				return nil
			}
			if key = args[0]; key == "-" {
				key = ""
			}
			return noMore(args[1:])
		},
		run: func() error {
			state := c.charmState()
			if key == "" {
				return out.write(c, maps.Clone(state))
			}
			value, ok := state[key]
			if !ok && strict {
				return fmt.Errorf("%q not found", key)
			}
			return out.write(c, value)
		},
	}
}

// The most that one entry of the charm's state may hold.
const (
	maxStateKey   = 256
	maxStateValue = 64 << 10
)

func stateSet(c *toolCall) tool {
	var (
		path   string
		values map[string]string
	)
	return tool{
		flags: func(f *flagSet) { f.text(&path, "file") },
		init: func(args []string) (err error) {
			values, err = keyValues(args)
			return err
		},
		run: func() error {
			all, err := c.readSettings(path)
			if err != nil {
				return err
			}
			maps.Copy(all, values)
			for key, value := range all {
				if len(key) > maxStateKey {
					return fmt.Errorf("max allowed key length (%d): quota limit exceeded", maxStateKey)
				}
				if len(value) > maxStateValue {
					return fmt.Errorf("max allowed value length (%d): quota limit exceeded", maxStateValue)
				}
				c.charmState()[key] = value
				c.stateChanged = true
			}
			return nil
		},
	}
}

func stateDelete(c *toolCall) tool {
	key := ""
	return tool{
		init: func(args []string) error {
			if len(args) == 0 {
				return nil
			}
			key = args[0]
			return noMore(args[1:])
		},
		run: func() error {
			if _, ok := c.charmState()[key]; ok {
				delete(c.charmState(), key)
				c.stateChanged = true
			}
			return nil
		},
	}
}

func jujuReboot(c *toolCall) tool {
	now := false
	return tool{
		flags: func(f *flagSet) { f.truth(&now, "now") },
		init:  noMore,
		run: func() error {
			if c.info.kind == kindAction {
				//lint:ignore ST1005 these are Juju's own words
				return errors.New("juju-reboot is not supported when running an action.")
			}
			c.reboot = rebootAfter
			if now {
				c.reboot = rebootNow
				if c.kill != nil {
					c.kill()
				}
			}
			return nil
		},
	}
}
