package gateway

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"mime"
	"net/http"
	"strings"
	"unicode/utf8"
)

// checkMediaType refuses a body that the worker could read with other eyes than the gateway: another character set,
// compressed, or not JSON.
func checkMediaType(header http.Header) *refusal {
	if len(header.Values("Content-Encoding")) > 0 {
		return refuse(http.StatusUnsupportedMediaType, "a compressed body is not accepted")
	}
	types := header.Values("Content-Type")
	if len(types) == 1 {
		media, parameters, err := mime.ParseMediaType(types[0])
		charset, given := parameters["charset"]
		if err == nil && media == "application/json" && (!given || strings.EqualFold(charset, "utf-8")) {
			return nil
		}
	}
	return refuse(http.StatusUnsupportedMediaType, "the body must have one Content-Type, and it must be application/json")
}

// connectorToCreate reads the name and the configuration from the body of POST /connectors.
func connectorToCreate(body []byte) (name string, config map[string]json.RawMessage, refused *refusal) {
	request, err := parseObject(body)
	if err != nil {
		return "", nil, badBody(err)
	}
	name, isText := text(request["name"])
	if !isText || !plainName(name) {
		return "", nil, badBody(errors.New(`"name" must be a text of A-Z a-z 0-9 . _ -`))
	}
	if raw, given := request["config"]; given && raw[0] == '{' {
		config, refused = readConfig(raw, name)
		return name, config, refused
	}
	return name, nil, nil // without a configuration it is the worker that refuses it
}

// connectorToValidate reads the body of PUT …/validate, which is a configuration with or without a name.
func connectorToValidate(body []byte) (name string, config map[string]json.RawMessage, refused *refusal) {
	config, err := parseObject(body)
	if err != nil {
		return "", nil, badBody(err)
	}
	name, _ = text(config["name"])
	return name, config, nil
}

// readConfig reads a configuration, and refuses one that says it is another connector's.
func readConfig(body []byte, connector string) (map[string]json.RawMessage, *refusal) {
	config, err := parseObject(body)
	if err != nil {
		return nil, badBody(err)
	}
	if raw, given := config["name"]; given {
		if name, isText := text(raw); !isText || name != connector {
			return nil, badBody(fmt.Errorf(`"name" in the configuration must be left out or be %q`, connector))
		}
	}
	return config, nil
}

func badBody(err error) *refusal {
	return refuse(http.StatusBadRequest, "the body was not accepted: "+err.Error())
}

// maxDepth is how deep a body may be nested. Kafka Connect needs 2.
const maxDepth = 16

// parseObject reads exactly one JSON object in UTF-8. Of a key that is there twice the worker takes the last, and it
// does not look behind the end: neither is accepted, so that gateway and worker cannot see two different requests.
func parseObject(data []byte) (map[string]json.RawMessage, error) {
	if !utf8.Valid(data) || !json.Valid(data) {
		return nil, errors.New("it is not one JSON document in UTF-8")
	}
	var object map[string]json.RawMessage
	if err := json.Unmarshal(data, &object); err != nil || object == nil {
		return nil, errors.New("it is not a JSON object")
	}
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.UseNumber()
	return object, findRepeatedKey(decoder, 0)
}

// findRepeatedKey walks over the next value of a valid document.
func findRepeatedKey(decoder *json.Decoder, depth int) error {
	if depth > maxDepth {
		return fmt.Errorf("it is nested more than %d deep", maxDepth)
	}
	token, err := decoder.Token()
	if err != nil {
		return err
	}
	opened, isDelimiter := token.(json.Delim)
	if !isDelimiter {
		return nil
	}
	keys := map[string]bool{}
	for decoder.More() {
		if opened == '{' {
			key, err := decoder.Token()
			if err != nil {
				return err
			}
			name, _ := key.(string)
			if keys[name] {
				return fmt.Errorf("it has the key %q twice", name)
			}
			keys[name] = true
		}
		if err := findRepeatedKey(decoder, depth+1); err != nil {
			return err
		}
	}
	_, err = decoder.Token() // the closing one
	return err
}

// text reads a JSON string; the worker would also make texts of numbers, the gateway does not.
func text(raw json.RawMessage) (string, bool) {
	if len(raw) == 0 || raw[0] != '"' {
		return "", false
	}
	var value string
	err := json.Unmarshal(raw, &value)
	return value, err == nil
}
