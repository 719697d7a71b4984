package schemas

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
)

// items reads a list of objects that the schema has found to be one. What is in an object is read as in a databag: text as
// it is, nothing for null, anything else as its JSON text.
func items(text string) []map[string]string {
	var list []map[string]json.RawMessage
	_ = json.Unmarshal([]byte(text), &list)
	var read []map[string]string
	for _, object := range list {
		item := map[string]string{}
		for key, value := range object {
			item[key] = plainText(value)
		}
		read = append(read, item)
	}
	return read
}

func plainText(value json.RawMessage) string {
	var text string
	if json.Unmarshal(value, &text) == nil {
		return text // of null, too: empty
	}
	var compact bytes.Buffer
	if json.Compact(&compact, value) != nil {
		return ""
	}
	return compact.String()
}

// within says of the errors of an item where in the list it is.
func within(err error, at int) error {
	var problems []error
	for _, problem := range Problems(err) {
		placed := *problem
		placed.Key = fmt.Sprintf("%s[%d].%s", keyRequests, at, problem.Key)
		problems = append(problems, &placed)
	}
	return errors.Join(problems...)
}

func twice(doc *document, at int, id string) error {
	return &FieldError{
		Document: doc.name, Key: fmt.Sprintf("%s[%d].%s", keyRequests, at, keyRequestID), Value: id,
		Rule: "must not be that of another request",
	}
}
