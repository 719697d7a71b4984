package charm

import (
	"encoding/json"
	"maps"
	"reflect"
	"strings"
)

// UnmarshalJSON keeps what this version of the charm does not know: after a refresh that is taken back, the newer version
// left it there, and will want it again.
func (s *Shared) UnmarshalJSON(document []byte) error {
	type plain Shared
	if err := json.Unmarshal(document, (*plain)(s)); err != nil {
		return err
	}
	if err := json.Unmarshal(document, &s.unknown); err != nil {
		return err
	}
	for field := range reflect.TypeFor[Shared]().Fields() {
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		delete(s.unknown, name)
	}
	return nil
}

// MarshalJSON writes what is known, and what is not as it was read.
func (s Shared) MarshalJSON() ([]byte, error) {
	type plain Shared
	known, err := json.Marshal(plain(s))
	if err != nil || len(s.unknown) == 0 {
		return known, err
	}
	all := maps.Clone(s.unknown)
	if err := json.Unmarshal(known, &all); err != nil {
		return nil, err
	}
	return json.Marshal(all)
}
