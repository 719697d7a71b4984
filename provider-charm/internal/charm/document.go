package charm

import (
	"encoding/json"
	"maps"
	"reflect"
	"strings"

	"connectcharms/requirer-lib/connectprovider"
)

// In the documents of the peer relation, what belongs to a request of contract v1 stands apart, under "requests": an earlier
// version of this charm, which knows relations only, then still reads the rest.

// byRequest is those of all that belong to requests of contract v1; byRelation the others.
func byRequest[T any](all map[connectprovider.Key]T) map[connectprovider.Key]T {
	return selected(all, func(key connectprovider.Key) bool { return key.Request != "" })
}

func byRelation[T any](all map[connectprovider.Key]T) map[connectprovider.Key]T {
	return selected(all, func(key connectprovider.Key) bool { return key.Request == "" })
}

func selected[T any](all map[connectprovider.Key]T, is func(connectprovider.Key) bool) map[connectprovider.Key]T {
	some := map[connectprovider.Key]T{}
	for key, value := range all {
		if is(key) {
			some[key] = value
		}
	}
	return some
}

// addRequests reads what stands apart.
func addRequests[T any](document []byte, all *map[connectprovider.Key]T) error {
	var apart struct {
		Requests map[connectprovider.Key]T `json:"requests"`
	}
	if err := json.Unmarshal(document, &apart); err != nil || len(apart.Requests) == 0 {
		return err
	}
	if *all == nil {
		*all = map[connectprovider.Key]T{}
	}
	maps.Copy(*all, apart.Requests)
	return nil
}

// UnmarshalJSON reads a unit's report.
func (r *Report) UnmarshalJSON(document []byte) error {
	type plain Report
	if err := json.Unmarshal(document, (*plain)(r)); err != nil {
		return err
	}
	return addRequests(document, &r.Plugins)
}

// MarshalJSON writes a unit's report.
func (r Report) MarshalJSON() ([]byte, error) {
	type plain Report
	apart := struct {
		plain
		Requests map[connectprovider.Key]PluginReport `json:"requests,omitempty"`
	}{plain(r), byRequest(r.Plugins)}
	apart.Plugins = byRelation(r.Plugins)
	return json.Marshal(apart)
}

// UnmarshalJSON keeps what this version of the charm does not know: after a refresh that is taken back, the newer version
// left it there, and will want it again.
func (s *Shared) UnmarshalJSON(document []byte) error {
	type plain Shared
	if err := json.Unmarshal(document, (*plain)(s)); err != nil {
		return err
	}
	if err := addRequests(document, &s.Clients); err != nil {
		return err
	}
	if err := json.Unmarshal(document, &s.unknown); err != nil {
		return err
	}
	delete(s.unknown, "requests")
	for field := range reflect.TypeFor[Shared]().Fields() {
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		delete(s.unknown, name)
	}
	return nil
}

// MarshalJSON writes what is known, and what is not as it was read.
func (s Shared) MarshalJSON() ([]byte, error) {
	type plain Shared
	apart := struct {
		plain
		Requests map[connectprovider.Key]ClientRecord `json:"requests,omitempty"`
	}{plain(s), byRequest(s.Clients)}
	apart.Clients = byRelation(s.Clients)
	known, err := json.Marshal(apart)
	if err != nil || len(s.unknown) == 0 {
		return known, err
	}
	all := maps.Clone(s.unknown)
	if err := json.Unmarshal(known, &all); err != nil {
		return nil, err
	}
	return json.Marshal(all)
}
