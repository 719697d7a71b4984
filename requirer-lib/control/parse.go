package control

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"connectcharms/requirer-lib/secret"
)

// What a message is held to.
const (
	MaxSize = 1 << 20 // bytes
	// MaxDepth is how deep objects and lists may stand in one another. Nothing that a message is for needs more than four.
	MaxDepth = 32
	// MaxAhead is how far the time of a message may be ahead of this machine's. Later ones are refused: they would have all that
	// comes after them look old.
	MaxAhead = 5 * time.Minute

	latest = 253402300799999 // the end of the year 9999, in milliseconds
)

// Parse reads a control message: alone, in the protocol's envelope, or in the older form of the protocol's example, whose type
// is ORCHESTRATOR and which has the time beside config. The error is ErrOther for another message of the protocol, else
// Problems. A message whose type is not known is read; see Message.IsKnown.
func Parse(data []byte) (Message, error) {
	if kindOf(data[:min(len(data), MaxSize)]) == others {
		return Message{}, ErrOther
	}
	return parse(data)
}

func parse(data []byte) (Message, error) {
	object, problem := document(data)
	if problem != nil {
		return Message{}, Problems{*problem}
	}
	p := &parser{}
	message := p.message(object)
	if err := p.problems.asError(); err != nil {
		return Message{}, err
	}
	return message, nil
}

// parser collects what is wrong in the message's objects.
type parser struct{ problems Problems }

// place is where a parser is: the fields that lead there, each with a dot behind it.
type place string

func (at place) to(field string) place { return at + place(shown(field)) + "." }

func (at place) field(name string) string { return string(at) + shown(name) }

func (p *parser) message(object fields) (m Message) {
	switch textOf(object[fieldType]) {
	case envelopeType:
		inner, is := p.object("", object, fieldControl)
		delete(object, fieldType)
		if m.extra.envelope = hide(object); is {
			p.alone(&m, place("").to(fieldControl), inner)
		}
	case olderType:
		m.form, m.Type = older, ConnectorConfig
		delete(object, fieldType)
		p.update(&m, "", object)
		m.extra.message = hide(object)
	default:
		m.form = alone
		p.alone(&m, "", object)
	}
	return m
}

// alone reads the message itself.
func (p *parser) alone(m *Message, at place, object fields) {
	m.Type = Type(textOf(object[fieldType]))
	if m.Type == "" {
		p.problems.add(at.field(fieldType), "has to be text: %s", ConnectorConfig)
	}
	delete(object, fieldType)
	m.EmittedAt = p.emitted(at, object)
	if m.IsKnown() {
		p.update(m, at, object)
	}
	m.extra.message = hide(object)
}

// update reads connectorConfig out of the object that it is in.
func (p *parser) update(m *Message, at place, object fields) {
	update, is := p.object(at, object, fieldUpdate)
	if !is {
		return
	}
	at = at.to(fieldUpdate)
	if m.form == older {
		m.EmittedAt = p.emitted(at, update)
	}
	if config, is := p.object(at, update, fieldConfig); is {
		p.config(m, at.to(fieldConfig), config)
	}
	m.extra.config = hide(update)
}

// object takes a field out of an object that has to be an object itself.
func (p *parser) object(at place, of fields, name string) (fields, bool) {
	value, is := of[name]
	delete(of, name)
	if !is {
		p.problems.add(at.field(name), "has to be there")
		return nil, false
	}
	inner, twice, is := objectOf(value)
	if !is {
		p.problems.add(at.field(name), "has to be an object")
		return nil, false
	}
	for _, key := range twice {
		p.problems.add(at.to(name).field(key), isTwice)
	}
	return inner, true
}

// emitted takes the time out of an object.
func (p *parser) emitted(at place, of fields) time.Time {
	value, is := of[fieldEmitted]
	delete(of, fieldEmitted)
	if !is {
		p.problems.add(at.field(fieldEmitted), "has to be there: the time in milliseconds since 1970")
		return time.Time{}
	}
	number, err := strconv.ParseFloat(string(value), 64)
	if !isNumber(value) || err != nil || number < 0 || number > latest {
		p.problems.add(at.field(fieldEmitted), "has to be a number of milliseconds since 1970")
		return time.Time{}
	}
	emitted := timeOf(number)
	if time.Until(emitted) > MaxAhead {
		p.problems.add(at.field(fieldEmitted), "is more than %d minutes ahead of this machine's time", int(MaxAhead.Minutes()))
	}
	return emitted
}

// config reads the keys and their values.
func (p *parser) config(m *Message, at place, config fields) {
	m.Config.Set = make(map[string]secret.Value, len(config))
	m.bare = map[string]bool{}
	for _, key := range keysOf(config) {
		switch value := config[key]; {
		case key == "":
			p.problems.add(at.field(key), "is no name of a key")
		case value[0] == '{' || value[0] == '[':
			p.problems.add(at.field(key), "is %s; a connector's configuration has only text, numbers, true and false", nounOf(value))
		case value[0] == 'n':
			m.Config.Remove = append(m.Config.Remove, key)
		case value[0] != '"':
			m.bare[key] = true
			m.Config.Set[key] = secret.New(string(value))
		case isHalved(value):
			p.problems.add(at.field(key), "is text with half a character (an escape such as \\ud800)")
		default:
			m.Config.Set[key] = secret.New(textOf(value))
		}
	}
}

func nounOf(value json.RawMessage) string {
	if value[0] == '{' {
		return "an object"
	}
	return "a list"
}

// isHalved says whether decoding the text would replace something in it without a word. The message is UTF-8 as a whole.
func isHalved(value json.RawMessage) bool {
	const replaced = "\uFFFD"
	written := strings.Count(string(value), replaced) + strings.Count(strings.ToLower(string(value)), `\ufffd`)
	return strings.Count(textOf(value), replaced) > written
}

func isNumber(value json.RawMessage) bool {
	return value[0] == '-' || value[0] >= '0' && value[0] <= '9'
}

// tooLong is said of a message, and of a line that is one.
const tooLong = "is longer than 1 MiB"

// isTwice is said of a key that an object has more than once: readers of JSON differ in which one counts.
const isTwice = "is there twice"

// document reads a whole message within the limits.
func document(data []byte) (fields, *Problem) {
	wrong := func(reason string, args ...any) (fields, *Problem) {
		return nil, &Problem{Reason: fmt.Sprintf(reason, args...)}
	}
	switch {
	case len(data) > MaxSize:
		return nil, &Problem{Reason: tooLong}
	case isDeeperThan(MaxDepth, data):
		return wrong("has objects or lists deeper in one another than %d", MaxDepth)
	}
	if at, is := notText(data); is {
		return wrong("is not UTF-8, from byte %d on", at)
	}
	if at, is := notJSON(data); is {
		return wrong("is not JSON, from byte %d on", at)
	}
	object, twice, is := objectOf(data)
	if !is {
		return wrong("has to be an object")
	}
	for _, key := range twice {
		return nil, &Problem{Field: shown(key), Reason: isTwice}
	}
	return object, nil
}
