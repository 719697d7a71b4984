package gateway

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"os"
	"strings"

	"connectcharms/provider-charm/internal/accounts"
)

// mayUse says no to what an account must not do, as far as method and path tell.
func mayUse(account accounts.Account, to route) *refusal {
	switch {
	case to.access == operatorsOnly && !account.Operator:
		return refuse(http.StatusForbidden, "only an operator's account may use "+to.path)
	case to.connector == "" || !hidden(account, to.connector): // within reach
	case to.access == replacement:
		return foreign(to.connector)
	default: // just what the worker says of a connector that is not there
		return refuse(http.StatusNotFound, "Connector "+to.connector+" not found")
	}
	if to.access == workersOnly {
		return refuse(http.StatusForbidden, "only workers may use "+to.path)
	}
	return nil
}

func foreign(connector string) *refusal {
	return refuse(http.StatusForbidden, "connector name "+connector+" carries the mark of another relation: choose another name")
}

// checkBody applies the rules for connectors' names to the body.
func (v *visit) checkBody(header http.Header) *refusal {
	switch v.route.access {
	case creation, replacement, amendment, validation:
	default:
		return nil
	}
	if refused := checkMediaType(header); refused != nil {
		return refused
	}
	name, config, refused := v.readConfig()
	switch {
	case refused != nil:
		return refused
	case v.hides(name):
		return foreign(name)
	}
	if refused := v.checkGroup(config); refused != nil {
		return refused
	}
	return v.checkReferences(config)
}

// readConfig gives the name of the connector that the body is about ("" where it says none) and its configuration.
func (v *visit) readConfig() (name string, config map[string]json.RawMessage, refused *refusal) {
	switch v.route.access {
	case creation:
		return connectorToCreate(v.body)
	case validation:
		return connectorToValidate(v.body)
	}
	config, refused = readConfig(v.body, v.route.connector)
	return v.route.connector, config, refused
}

// groupOverride is the one key of a connector's configuration by which a sink takes another's place, and its offsets.
const groupOverride = "consumer.override.group.id"

func (v *visit) checkGroup(config map[string]json.RawMessage) *refusal {
	group, isText := text(config[groupOverride])
	group = strings.TrimFunc(group, func(letter rune) bool { return letter <= ' ' }) // as Kafka does (Java's String.trim)
	switch {
	case !isText:
		return nil
	case v.hides(group): // a sink's own is connect- and its name, which ends in the mark
		return refuse(http.StatusForbidden, groupOverride+" "+group+" is the group of another relation's connector: choose another")
	case v.kind == kindClient && strings.Contains(group, "${"): // the worker would see what is not seen here
		return refuse(http.StatusForbidden, groupOverride+" must say the group itself, and refer to no value elsewhere")
	}
	return nil
}

// readRequest takes the query and the whole body, so that a slow sender holds up nothing but itself. A body where
// none belongs is read and dropped.
func (g *gateway) readRequest(w *recorder, r *http.Request, v *visit, limit int64) *refusal {
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return refuse(http.StatusBadRequest, "the query cannot be read")
	}
	v.query = query.Encode()
	if r.ContentLength == 0 {
		return nil
	}
	body, refused := readBody(w, r, limit)
	if refused != nil {
		return refused
	}
	if r.Method != http.MethodGet && r.Method != http.MethodDelete {
		v.body = body
	}
	return nil
}

func readBody(w *recorder, r *http.Request, limit int64) ([]byte, *refusal) {
	tooLarge := refuse(http.StatusRequestEntityTooLarge, "the body is too large")
	if r.ContentLength > limit {
		return nil, tooLarge
	}
	body, err := io.ReadAll(http.MaxBytesReader(w.ResponseWriter, r.Body, limit))
	var overLimit *http.MaxBytesError
	switch {
	case errors.As(err, &overLimit):
		return nil, tooLarge
	case errors.Is(err, os.ErrDeadlineExceeded):
		return nil, refuse(http.StatusRequestTimeout, "the body did not come in time")
	case err != nil:
		return nil, refuse(http.StatusBadRequest, "the body could not be read to its end")
	}
	return body, nil
}
