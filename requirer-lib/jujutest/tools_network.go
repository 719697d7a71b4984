package jujutest

import (
	"errors"
	"fmt"
)

// networkView is what network-get prints; its YAML repeats some fields under the names that old agents used.
type networkView struct {
	Bind    []networkDevice `json:"bind-addresses,omitempty" yaml:"bind-addresses,omitempty"`
	Egress  []string        `json:"egress-subnets,omitempty" yaml:"egress-subnets,omitempty"`
	Ingress []string        `json:"ingress-addresses,omitempty" yaml:"ingress-addresses,omitempty"`
}

type networkDevice struct {
	MAC       string           `json:"mac-address" yaml:"mac-address"`
	Interface string           `json:"interface-name" yaml:"interface-name"`
	Addresses []networkAddress `json:"addresses" yaml:"addresses"`
	OldMAC    string           `json:"-" yaml:"macaddress"`
	OldName   string           `json:"-" yaml:"interfacename"`
}

type networkAddress struct {
	Hostname string `json:"hostname" yaml:"hostname"`
	Value    string `json:"value" yaml:"value"`
	CIDR     string `json:"cidr" yaml:"cidr"`
	Address  string `json:"-" yaml:"address"`
}

// network is the unit's address, the same for every binding, and where others are told that it is.
func (u *unit) network() networkView {
	ip := u.address.ip
	return networkView{
		Bind: []networkDevice{{
			Interface: "lo", OldName: "lo",
			Addresses: []networkAddress{{Value: ip, CIDR: "127.0.0.0/8", Address: ip}},
		}},
		Egress:  []string{u.ingress + "/32"},
		Ingress: []string{u.ingress},
	}
}

func networkGet(c *toolCall) tool {
	var (
		out                            toolOutput
		binding                        string
		primary, bind, ingress, egress bool
	)
	id := c.presetRelation()
	return tool{
		flags: func(f *flagSet) {
			out.flags(f, "smart")
			f.truth(&primary, "primary-address")
			f.truth(&bind, "bind-address")
			f.truth(&ingress, "ingress-address")
			f.truth(&egress, "egress-subnets")
			c.relationFlag(f, &id)
		},
		init: func(args []string) error {
			if len(args) < 1 {
				return errors.New("no arguments specified")
			}
			if binding = args[0]; binding == "" {
				return errors.New("no binding name specified")
			}
			return noMore(args[1:])
		},
		run: func() error {
			if _, ok := c.unit.app.meta().endpoint(binding); !ok && binding != "juju-info" {
				return fmt.Errorf("no network config found for binding %q", binding)
			}
			view := c.unit.network()
			picked := map[string]any{}
			if egress {
				picked["egress-subnets"] = view.Egress
			}
			if ingress {
				picked["ingress-address"] = view.Ingress[0]
			}
			if bind {
				picked["bind-address"] = c.unit.address.ip
			}
			switch {
			case primary && len(picked) > 0:
				return errors.New("--primary-address must be the only flag specified")
			case primary:
				return out.write(c, c.unit.address.ip)
			case len(picked) == 0:
				return out.write(c, view)
			case len(picked) > 1:
				return out.write(c, picked)
			}
			for _, value := range picked {
				return out.write(c, value)
			}
			return nil
		},
	}
}

// unitGet knows no private address of a pod, as Juju's does not.
func unitGet(c *toolCall) tool {
	var (
		out     toolOutput
		private bool
	)
	return tool{
		flags: func(f *flagSet) { out.flags(f, "smart") },
		init: func(args []string) error {
			if len(args) == 0 {
				return errors.New("no setting specified")
			}
			if args[0] != "private-address" && args[0] != "public-address" {
				return fmt.Errorf("unknown setting %q", args[0])
			}
			private = args[0] == "private-address"
			return noMore(args[1:])
		},
		run: func() error {
			if private && c.unit.isPod() {
				return errors.New("private address not found")
			}
			return out.write(c, c.unit.ingress)
		},
	}
}
