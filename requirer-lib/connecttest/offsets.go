package connecttest

import (
	"encoding/json"
	"net/http"
	"reflect"
	"slices"

	"connectcharms/requirer-lib/connect"
)

// Offsets are those that a connector was given; they outlive it, as a source's do. What tasks read moves them not: there
// is nothing behind the connectors here.
func (s *Server) Offsets(name string) []connect.Offset {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.offsets[name])
}

// offsets is the shape in which they travel.
type offsets struct {
	Offsets []connect.Offset `json:"offsets"`
}

func (s *Server) getOffsets(name string, _ *connector, _ *http.Request) answer {
	return answer{http.StatusOK, offsets{append([]connect.Offset{}, s.offsets[name]...)}}
}

func (s *Server) alterOffsets(name string, c *connector, r *http.Request) answer {
	var asked offsets
	if err := json.NewDecoder(r.Body).Decode(&asked); err != nil {
		return wrong(http.StatusInternalServerError, "Unexpected end-of-input or other: %v", err)
	}
	switch {
	case len(asked.Offsets) == 0:
		return wrong(http.StatusBadRequest, "Partitions / offsets need to be provided for an alter offsets request")
	case c.state != connect.Stopped:
		return notStopped()
	}
	for _, one := range asked.Offsets {
		s.offsets[name] = slices.DeleteFunc(s.offsets[name], func(known connect.Offset) bool {
			return reflect.DeepEqual(known.Partition, one.Partition)
		})
		if one.Offset != nil {
			s.offsets[name] = append(s.offsets[name], one)
		}
	}
	return answer{http.StatusOK, map[string]string{"message": "The offsets for this connector have been altered successfully"}}
}

func (s *Server) resetOffsets(name string, c *connector, _ *http.Request) answer {
	if c.state != connect.Stopped {
		return notStopped()
	}
	delete(s.offsets, name)
	return answer{http.StatusOK, map[string]string{"message": "The offsets for this connector have been reset successfully"}}
}

func notStopped() answer {
	return wrong(http.StatusBadRequest, "Connectors must be in the STOPPED state before their offsets can be modified. "+
		"This can be done for the specified connector by issuing a 'PUT' request to the '/connectors/{connector}/stop' endpoint")
}
