package jujutest

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// portRange is a range of ports of one protocol; icmp has -1 to -1.
type portRange struct {
	from, to int
	protocol string
}

// portSet are a unit's open ports: the endpoints that a range is open for, "" being all.
type portSet map[portRange]map[string]bool

// portChanges are what a hook opens and closes.
type portChanges struct{ open, close []endpointPorts }

type endpointPorts struct {
	endpoint string
	ports    portRange
}

// parsePortRange reads <port>[/<protocol>], <from>-<to>[/<protocol>] or icmp.
func parsePortRange(text string) (portRange, error) {
	ports, protocol, ok := strings.Cut(strings.ToLower(text), "/")
	if !ok {
		protocol = "tcp"
	}
	r := portRange{protocol: protocol}
	if ports == "icmp" {
		return portRange{from: -1, to: -1, protocol: "icmp"}, nil
	}
	parts := strings.Split(ports, "-")
	if len(parts) > 2 {
		return r, fmt.Errorf("invalid port range %q", ports)
	}
	var err error
	if r.from, err = strconv.Atoi(parts[0]); err != nil {
		return r, fmt.Errorf("invalid port %q: %w", parts[0], err)
	}
	if r.to, err = strconv.Atoi(parts[len(parts)-1]); err != nil {
		return r, fmt.Errorf("invalid port %q: %w", parts[len(parts)-1], err)
	}
	return r, r.validate()
}

func (r portRange) validate() error {
	switch {
	case r.protocol == "icmp":
		return fmt.Errorf(`protocol "icmp" doesn't support any ports; got "%v"`, r.from)
	case r.protocol != "tcp" && r.protocol != "udp":
		return fmt.Errorf(`invalid protocol %q, expected "tcp", "udp", or "icmp"`, r.protocol)
	case r.from > r.to:
		return fmt.Errorf("invalid port range %s", r)
	case r.from < 0 || r.to > 65535:
		return fmt.Errorf("port range bounds must be between 0 and 65535, got %d-%d", r.from, r.to)
	}
	return nil
}

func (r portRange) String() string {
	switch {
	case r.protocol == "icmp":
		return "icmp"
	case r.from == r.to:
		return fmt.Sprintf("%d/%s", r.from, r.protocol)
	}
	return fmt.Sprintf("%d-%d/%s", r.from, r.to, r.protocol)
}

func (r portRange) overlaps(other portRange) bool {
	return r.protocol == other.protocol && r.to >= other.from && other.to >= r.from
}

// sorted lists the open ranges by protocol and port.
func (p portSet) sorted() []portRange {
	all := make([]portRange, 0, len(p))
	for r := range p {
		all = append(all, r)
	}
	slices.SortFunc(all, func(a, b portRange) int {
		return cmp.Or(strings.Compare(a.protocol, b.protocol), cmp.Compare(a.from, b.from), cmp.Compare(a.to, b.to))
	})
	return all
}

func (p portSet) list() []string {
	all := []string{}
	for _, r := range p.sorted() {
		all = append(all, r.String())
	}
	return all
}

// listEndpoints adds to each range the endpoints that it is open for.
func (p portSet) listEndpoints() []string {
	all := []string{}
	for _, r := range p.sorted() {
		names := strings.Join(sortedKeys(p[r]), ", ")
		if p[r][""] {
			names = "*"
		}
		all = append(all, fmt.Sprintf("%s (%s)", r, names))
	}
	return all
}

func (p portSet) apply(changes portChanges) {
	for _, o := range changes.open {
		if p[o.ports] == nil {
			p[o.ports] = map[string]bool{}
		}
		p[o.ports][o.endpoint] = true
	}
	for _, c := range changes.close {
		delete(p[c.ports], c.endpoint)
		if c.endpoint == "" || len(p[c.ports]) == 0 {
			delete(p, c.ports)
		}
	}
}

func openPort(c *toolCall) tool  { return portTool(c, c.openPorts) }
func closePort(c *toolCall) tool { return portTool(c, c.closePorts) }

func portTool(c *toolCall, action func(endpointPorts) error) tool {
	var (
		format, endpoints string
		ports             portRange
	)
	return tool{
		flags: func(f *flagSet) {
			f.text(&format, "format")
			f.text(&endpoints, "endpoints")
		},
		init: func(args []string) (err error) {
			if len(args) == 0 {
				return errors.New("no port or range specified")
			}
			if ports, err = parsePortRange(args[0]); err != nil {
				return err
			}
			return noMore(args[1:])
		},
		run: func() error {
			for _, endpoint := range strings.Split(endpoints, ",") {
				if err := action(endpointPorts{strings.TrimSpace(endpoint), ports}); err != nil {
					return err
				}
			}
			return nil
		},
	}
}

func (c *toolCall) openPorts(open endpointPorts) error {
	c.ports.close = slices.DeleteFunc(c.ports.close, func(p endpointPorts) bool { return p == open })
	if c.unit.ports[open.ports][open.endpoint] || slices.Contains(c.ports.open, open) {
		return nil
	}
	for other := range c.unit.ports {
		if other != open.ports && other.overlaps(open.ports) {
			return fmt.Errorf("cannot open %v (unit %q): port range conflicts with %v (unit %q)", open.ports, c.unit.name, other, c.unit.name)
		}
	}
	for _, other := range c.ports.open {
		if other.ports != open.ports && other.ports.overlaps(open.ports) {
			return fmt.Errorf("cannot open %v (unit %q): port range conflicts with %v (unit %q) requested earlier",
				open.ports, c.unit.name, other.ports, c.unit.name)
		}
	}
	c.ports.open = append(c.ports.open, open)
	return nil
}

func (c *toolCall) closePorts(closed endpointPorts) error {
	c.ports.open = slices.DeleteFunc(c.ports.open, func(p endpointPorts) bool { return p == closed })
	for other := range c.unit.ports {
		if other != closed.ports && other.overlaps(closed.ports) {
			return fmt.Errorf("cannot close %v (unit %q): port range conflicts with %v (unit %q)", closed.ports, c.unit.name, other, c.unit.name)
		}
	}
	if !slices.Contains(c.ports.close, closed) {
		c.ports.close = append(c.ports.close, closed)
	}
	return nil
}

// openedPorts prints what is open with the hook's own changes.
func openedPorts(c *toolCall) tool {
	var (
		out       toolOutput
		endpoints bool
	)
	return tool{
		flags: func(f *flagSet) {
			out.flags(f, "smart")
			f.truth(&endpoints, "endpoints")
		},
		init: noMore,
		run: func() error {
			merged := portSet{}
			for r, names := range c.unit.ports {
				for name := range names {
					merged.apply(portChanges{open: []endpointPorts{{name, r}}})
				}
			}
			merged.apply(c.ports)
			if endpoints {
				return out.write(c, merged.listEndpoints())
			}
			return out.write(c, merged.list())
		},
	}
}
