package state

import (
	"bytes"
	"encoding/json"
	"errors"
	"unicode/utf8"
)

// readJSON reads JSON by its own rules: as YAML, escapes of what is beyond 16 bits would be refused. The text is valid.
func (f *findings) readJSON(data []byte) *node {
	reader := jsonReader{findings: f, data: data, decoder: json.NewDecoder(bytes.NewReader(data)), here: place{1, 1}}
	reader.decoder.UseNumber()
	return reader.value(0)
}

// jsonSyntaxProblem is for a text that was to be JSON.
func jsonSyntaxProblem(data []byte) Problem {
	problem := Problem{Message: "not JSON"}
	if told := new(json.SyntaxError); errors.As(json.Unmarshal(data, new(any)), &told) {
		at := placeOf(data, min(max(int(told.Offset)-1, 0), len(data)))
		problem.Line, problem.Column = at.line, at.column
		problem.Message += ": " + told.Error()
	}
	return problem
}

// jsonReader makes nodes of tokens, and counts along where it is.
type jsonReader struct {
	*findings
	data    []byte
	decoder *json.Decoder
	counted int // bytes, up to here
	here    place
}

// token gives the next token and where it begins.
func (r *jsonReader) token() (json.Token, place) {
	end := int(r.decoder.InputOffset())
	token, err := r.decoder.Token()
	if err != nil {
		return nil, r.here // not reached: the text is valid
	}
	start := len(r.data) - len(bytes.TrimLeft(r.data[end:], " \t\r\n,:"))
	for r.counted < start {
		letter, size := utf8.DecodeRune(r.data[r.counted:])
		r.counted += size
		r.here.column++
		if letter == '\n' {
			r.here = place{r.here.line + 1, 1}
		}
	}
	return token, r.here
}

func (r *jsonReader) value(depth int) *node {
	token, at := r.token()
	n := &node{place: at}
	switch token := token.(type) {
	case json.Delim:
		if depth == maxDepth {
			r.at(at, "%s", tooDeep)
		}
		if token == '{' {
			n.kind = mapping
			r.entriesOf(n, depth)
		} else {
			n.kind = list
			for r.decoder.More() {
				n.items = append(n.items, r.value(depth+1))
			}
		}
		r.token() // the end
	case string:
		n.kind, n.value = text, token
	case json.Number:
		n.kind, n.value = number, token.String()
	case bool:
		n.kind, n.value = boolean, map[bool]string{true: "true", false: "false"}[token]
	default:
		n.kind = null
	}
	return n
}

func (r *jsonReader) entriesOf(n *node, depth int) {
	lines := map[string]int{}
	for r.decoder.More() {
		key, at := r.token()
		name, _ := key.(string)
		r.enter(n, entry{at, name, r.value(depth + 1)}, lines)
	}
}
