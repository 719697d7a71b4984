package state

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"connectcharms/requirer-lib/connect"
)

// file merges what the parts say, for one environment; empty: for none. What is said of one connector goes before what
// is said of all, and where both are, what the environment says before what the file says:
//
//	defaults ◄ the environment's defaults ◄ the connector's entry ◄ the environment's part of it
func (p *parts) file(environment string) *File {
	of := p.environments[environment]
	file := &File{Manager: p.manager, name: p.name, wrote: make(map[string]whole, len(p.connectors))}
	defaults := p.merge("", p.defaults, of.defaults)
	for _, entry := range p.connectors {
		if of.without[entry.name] {
			continue
		}
		overlay := of.connectors[entry.name]
		said := whole{entry, environment, overlay, p.merge(entry.name, p.merge(entry.name, defaults, entry.layer), overlay)}
		connector := said.connector()
		p.checkWhole(said, connector)
		file.Connectors = append(file.Connectors, connector)
		file.wrote[entry.name] = said
	}
	return file
}

// maxMerged is how many fields all connectors may have together, in all environments: thousands of defaults for thousands
// of connectors would be millions.
const maxMerged = 4_000_000

func (p *parts) isTooMuch() bool {
	own := 0
	for _, entry := range p.connectors {
		own += len(entry.layer) + 1
	}
	count := own + len(p.connectors)*len(p.defaults)
	for _, of := range p.environments {
		count += own + len(p.connectors)*(len(p.defaults)+len(of.defaults))
	}
	if count > maxMerged {
		p.add(Problem{Message: "the file comes to too much: its connectors, with their defaults, in all its environments"})
	}
	return count > maxMerged
}

// merge has one layer say what it says over another.
func (p *parts) merge(connector string, below, above layer) layer {
	if len(above) == 0 {
		return below
	}
	merged := make(layer, len(below)+len(above))
	maps.Copy(merged, below)
	var idle []field
	for of, says := range above {
		if says.value != nil {
			merged[of] = says
			continue
		}
		if _, is := below[of]; !is {
			idle = append(idle, of)
		}
		delete(merged, of)
	}
	slices.SortFunc(idle, func(a, b field) int { return above[a].compare(above[b].place) })
	for _, of := range idle {
		var keys []string
		if p.mayGuess() {
			keys = below.keys(of.section)
		}
		p.add(Problem{
			Line: above[of].line, Column: above[of].column, Connector: connector, Field: shown(of.String()),
			Message: shown(of.String()) + " is not set: there is nothing that null takes away",
			Nearest: p.nearest(of.key, keys),
		})
	}
	return merged
}

// keys are those of one section, sorted; none of more than can be looked through for each problem.
func (l layer) keys(section string) (keys []string) {
	if len(l) > mostCandidates {
		return nil
	}
	for of := range l {
		if of.section == section {
			keys = append(keys, of.key)
		}
	}
	slices.Sort(keys)
	return keys
}

// whole is what is said of a connector, in one environment.
type whole struct {
	written
	environment string
	overlay     layer // the environment's part of it
	merged      layer // all that holds for it
}

func (w whole) connector() Connector {
	connector := Connector{Name: w.name, State: connect.Running, Config: map[string]Value{}, Restart: DefaultRestart}
	for of, said := range w.merged {
		if _, is := said.value.(faulty); is {
			continue
		}
		switch of.section {
		case inState:
			connector.State = said.value.(connect.State)
		case inConfig:
			connector.Config[of.key] = said.value.(Value)
		case inLabels:
			if connector.Labels == nil {
				connector.Labels = map[string]string{}
			}
			connector.Labels[of.key] = said.value.(Value).text
		case inOwner:
			connector.Owner.set(of.key, said.value.(Value))
		case inRestart:
			connector.Restart.set(of.key, said.value)
		case inOffsets:
			if offsets := said.value.([]connect.Offset); len(offsets) > 0 {
				connector.Offsets = offsets
			}
		case inConnections:
			if ids := said.value.([]string); len(ids) > 0 {
				connector.Connections = ids
			}
		case inControl:
			connector.Control.set(of.key, said.value.([]string))
		case inProtected:
			connector.Protected = said.value.(bool)
		}
	}
	return connector
}

func (o *Owner) set(key string, value Value) {
	switch key {
	case "team":
		o.Team = value.text
	case "email":
		o.Email = value.text
	case "on-call":
		o.OnCall = value.text
	case "webhook":
		o.Webhook = value
	case "chat":
		o.Chat = value
	}
}

func (r *Restart) set(key string, value any) {
	switch key {
	case "attempts":
		r.Attempts = value.(int)
	case "backoff":
		r.Backoff = value.(time.Duration)
	case "max-backoff":
		r.MaxBackoff = value.(time.Duration)
	case "reset-after":
		r.ResetAfter = value.(time.Duration)
	}
}

// classKey is the one key that every configuration must have.
const classKey = "connector.class"

// checkWhole judges what only the whole of a connector shows.
func (p *parts) checkWhole(said whole, c Connector) {
	ofClass := field{inConfig, classKey}
	_, isFaulty := said.merged[field{section: inConfig}]
	if class, is := c.Config[classKey]; !isFaulty && (!is || class.IsZero()) {
		at, own := said.own(ofClass)
		if !own {
			at = said.place
		}
		p.wrong(said, c.Name, at, ofClass, "connector "+c.Name+": config has no "+classKey)
	}
	if c.Restart.Backoff > c.Restart.MaxBackoff {
		p.checkBackoff(said)
	}
}

// checkBackoff tells of a wait that is longer than the longest: once, where it is the defaults that say so.
func (p *parts) checkBackoff(said whole) {
	const message = "restart.backoff is longer than max-backoff"
	fields := []field{{inRestart, "backoff"}, {inRestart, "max-backoff"}}
	for _, of := range fields {
		if at, own := said.own(of); own {
			p.wrong(said, said.name, at, of, "connector "+said.name+": "+message)
			return
		}
	}
	p.wrong(said, "", cmp.Or(said.merged[fields[0]].place, said.merged[fields[1]].place), fields[0], "defaults: "+message)
}

// own is where the connector itself says something, and not the defaults.
func (w whole) own(of field) (place, bool) {
	for _, layer := range []layer{w.overlay, w.layer} {
		if says, is := layer[of]; is {
			return says.place, true
		}
	}
	return place{}, false
}

func (p *parts) wrong(said whole, connector string, at place, of field, message string) {
	problem := Problem{File: p.name, Line: at.line, Column: at.column, Connector: connector, Field: of.String(), Message: message}
	if said.environment != "" && !p.seen[problem] {
		problem.Message += ", in environment " + shown(said.environment)
	}
	p.add(problem)
}
