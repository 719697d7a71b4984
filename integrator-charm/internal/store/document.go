package store

import (
	"database/sql/driver"
	"encoding/json"
	"fmt"
)

// document is JSON in a column; empty text is none.
type document json.RawMessage

// Scan reads it from a column.
func (d *document) Scan(value any) error {
	text, is := value.(string)
	if !is {
		return fmt.Errorf("a document is kept as %T", value)
	}
	*d = nil
	if text != "" {
		*d = document(text)
	}
	return nil
}

// bytes keeps no bytes as no bytes, and not as NULL.
type bytes []byte

// Value gives it to a column.
func (b bytes) Value() (driver.Value, error) {
	if b == nil {
		return []byte{}, nil
	}
	return []byte(b), nil
}
