package jujutest

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

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
