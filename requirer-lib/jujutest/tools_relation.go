package jujutest

import (
	"errors"
	"fmt"
	"maps"
	"sort"
)

var errNoRelation = errors.New("no relation id specified")

func relationIDs(c *toolCall) tool {
	var out toolOutput
	name := ""
	if r := c.hookRelation(); r != nil {
		name = r.relation.endpointOf(c.unit).name
	}
	return tool{
		flags: func(f *flagSet) { out.flags(f, "smart") },
		init: func(args []string) error {
			if len(args) > 0 {
				name, args = args[0], args[1:]
			} else if name == "" {
				return errors.New("no endpoint name specified")
			}
			return noMore(args)
		},
		run: func() error {
			ids := []string{}
			for _, cr := range c.relations {
				if cr.relation.endpointOf(c.unit).name == name {
					ids = append(ids, cr.relation.longID(c.unit))
				}
			}
			sort.Strings(ids)
			return out.write(c, ids)
		},
	}
}

func relationList(c *toolCall) tool {
	var out toolOutput
	id, app := c.presetRelation(), false
	return tool{
		flags: func(f *flagSet) {
			out.flags(f, "smart")
			c.relationFlag(f, &id)
			f.truth(&app, "app")
		},
		init: func(args []string) error {
			if id == -1 {
				return errNoRelation
			}
			return noMore(args)
		},
		run: func() error {
			cr, err := c.relation(id)
			if err != nil {
				return err
			}
			if app {
				return out.write(c, cr.relation.other(c.unit.app.name).app.name)
			}
			return out.write(c, append([]string{}, cr.members...))
		},
	}
}

func relationModelGet(c *toolCall) tool {
	var out toolOutput
	id := c.presetRelation()
	return tool{
		flags: func(f *flagSet) {
			out.flags(f, "smart")
			c.relationFlag(f, &id)
		},
		init: func(args []string) error {
			if id == -1 {
				return errNoRelation
			}
			return noMore(args)
		},
		run: func() error {
			return out.write(c, struct {
				UUID string `json:"uuid" yaml:"uuid"`
			}{c.model.uuid})
		},
	}
}

// relationGetTool is relation-get's command line.
type relationGetTool struct {
	*toolCall
	out  toolOutput
	id   int
	app  bool
	key  string
	name string // whose databag: a unit or an application
}

func relationGet(c *toolCall) tool {
	t := &relationGetTool{toolCall: c, id: c.presetRelation()}
	return tool{
		flags: func(f *flagSet) {
			t.out.flags(f, "smart")
			c.relationFlag(f, &t.id)
			f.truth(&t.app, "app")
		},
		init: t.init,
		run:  t.get,
	}
}

func (t *relationGetTool) init(args []string) error {
	if t.id == -1 {
		return errNoRelation
	}
	if len(args) > 0 {
		if t.key = args[0]; t.key == "-" {
			t.key = ""
		}
		args = args[1:]
	}
	if len(args) > 0 {
		if err := t.named(args[0]); err != nil {
			return err
		}
		return noMore(args[1:])
	}
	return t.preset()
}

// named takes the unit or application from the command line.
func (t *relationGetTool) named(name string) error {
	switch {
	case t.app && isApplicationName(name):
		t.name = name
	case t.app && isUnitName(name):
		t.name = appOf(name)
	case t.app:
	case isUnitName(name):
		t.name = name
	case isApplicationName(name):
		return fmt.Errorf("expected unit name, got application name %q", name)
	default:
		return fmt.Errorf("invalid unit name %q", name)
	}
	return nil
}

// preset takes the unit or application that the hook is about.
func (t *relationGetTool) preset() error {
	switch {
	case t.app && t.info.remoteApp != "":
		t.name = t.info.remoteApp
	case !t.app && t.info.remoteUnit != "":
		t.name = t.info.remoteUnit
	case !t.app && t.info.remoteApp != "":
		t.name, t.app = t.info.remoteApp, true
	default:
		return errors.New("no unit or application specified")
	}
	return nil
}

func (t *relationGetTool) get() error {
	cr, err := t.relation(t.id)
	if err != nil {
		return err
	}
	bag, err := t.read(cr)
	if err != nil {
		return err
	}
	if t.key == "" {
		return t.out.write(t.toolCall, map[string]string(bag))
	}
	if value, ok := bag[t.key]; ok {
		return t.out.write(t.toolCall, value)
	}
	return t.out.write(t.toolCall, nil)
}

// read reads what the unit itself may write as the hook has left it, all else as the model has it.
func (t *relationGetTool) read(cr *contextRelation) (databag, error) {
	switch {
	case !t.app && t.name == t.unit.name:
		return maps.Clone(t.unitSettings(cr).values), nil
	case t.app && t.name == t.unit.app.name && t.isLeader():
		return maps.Clone(t.appSettings(cr).values), nil
	case t.name == "":
		return nil, errors.New(`"" is not a valid unit or application`)
	case t.app:
		return t.readApp(cr, t.name)
	}
	return t.readUnit(cr, t.name)
}

func relationSet(c *toolCall) tool {
	var (
		path, format string
		app          bool
		values       map[string]string
	)
	id := c.presetRelation()
	return tool{
		flags: func(f *flagSet) {
			c.relationFlag(f, &id)
			f.text(&path, "file")
			f.truth(&app, "app")
			f.text(&format, "format")
		},
		init: func(args []string) (err error) {
			if id == -1 {
				return errNoRelation
			}
			values, err = keyValues(args)
			return err
		},
		run: func() error {
			if format != "" {
				fmt.Fprintf(&c.stderr, "--format flag deprecated for command %q", c.tool)
			}
			all, err := c.readSettings(path)
			if err != nil {
				return err
			}
			maps.Copy(all, values)
			return c.setRelation(id, app, all)
		},
	}
}

// setRelation notes new values of the unit's or its application's databag.
func (c *toolCall) setRelation(id int, app bool, values map[string]string) error {
	cr, err := c.relation(id)
	if err != nil {
		return err
	}
	target := c.unitSettings
	if app {
		if !c.isLeader() {
			return errors.New("cannot write relation settings")
		}
		target = c.appSettings
	}
	bag := target(cr)
	for key, value := range values {
		bag.set(key, value)
	}
	return nil
}
