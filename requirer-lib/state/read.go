package state

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"unicode/utf8"
)

// What is read at most.
const (
	MaxSize = 8 << 20 // bytes: about 10,000 connectors

	// maxMarks is how many characters there may be that can begin a node: a node takes hundreds of bytes of memory, and a
	// text of commas alone would have as many as it has bytes.
	maxMarks = 1 << 20
	maxDepth = 32 // nested mappings and lists; offsets may be nested as their plugin likes
)

// tooDeep tells of maxDepth.
var tooDeep = fmt.Sprintf("mappings and lists are nested more than %d deep", maxDepth)

const marks = ",:-?[{\n"

var byteOrderMark = []byte("\ufeff")

// document reads the one document of a text; nil where that cannot be done, or where there is nothing in it.
func (f *findings) document(data []byte) *node {
	data = bytes.TrimPrefix(data, byteOrderMark)
	if problem := unreadable(data); problem != nil {
		f.add(*problem)
		return nil
	}
	if json.Valid(data) {
		return f.readJSON(data)
	}
	return f.readYAML(data)
}

// unreadable says why a text is not read at all.
func unreadable(data []byte) *Problem {
	if len(data) > MaxSize {
		return &Problem{Message: fmt.Sprintf("the file has %d bytes: %d at most are read", len(data), MaxSize)}
	}
	begins := 0
	for _, mark := range []byte(marks) {
		begins += bytes.Count(data, []byte{mark})
	}
	if begins > maxMarks {
		return &Problem{Message: "the file has too many entries to be read"}
	}
	for at := 0; at < len(data); {
		letter, size := utf8.DecodeRune(data[at:])
		where := func(message string) *Problem {
			place := placeOf(data, at)
			return &Problem{Line: place.line, Column: place.column, Message: message}
		}
		switch {
		case letter == utf8.RuneError && size == 1:
			return where("the file is not UTF-8 text")
		case letter < ' ' && letter != '\t' && letter != '\n' && letter != '\r', letter == 0x7f:
			return where("the file has a control character: in a quoted text, write it as an escape such as \\u0001")
		}
		at += size
	}
	return nil
}

// placeOf counts lines and characters up to an offset.
func placeOf(data []byte, offset int) place {
	before := data[:offset]
	start := bytes.LastIndexByte(before, '\n') + 1
	return place{bytes.Count(before, []byte{'\n'}) + 1, utf8.RuneCount(before[start:]) + 1}
}

// enter adds an entry to a mapping. Lines are where its keys are that it has by now.
func (f *findings) enter(n *node, added entry, lines map[string]int) {
	switch line, twice := lines[added.key]; {
	case added.key == "":
		f.at(added.place, "a key must not be empty")
	case twice:
		f.at(added.place, "the key %s is there already, in line %d", shown(added.key), line)
	default:
		lines[added.key] = added.line
		n.entries = append(n.entries, added)
	}
}

// longestShown is how much of a name a message has, in bytes.
const longestShown = 100

// shown makes a name fit for a message: one line, and not too long a one.
func shown(name string) string {
	quoted := strconv.QuoteToGraphic(name[:min(len(name), longestShown)])
	return quoted[1 : len(quoted)-1]
}

// at finds fault with the text itself.
func (f *findings) at(at place, format string, args ...any) {
	f.add(Problem{Line: at.line, Column: at.column, Message: fmt.Sprintf(format, args...)})
}
