package hook

import (
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"
)

// yamlDocument writes texts by key as JSON that Juju's YAML reader takes, too: it refuses some characters that JSON has raw.
func yamlDocument(texts map[string]string) ([]byte, error) {
	if err := checkText(texts); err != nil {
		return nil, err
	}
	document, err := json.Marshal(texts)
	if err != nil {
		return nil, err
	}
	var safe strings.Builder
	for _, r := range string(document) {
		if isPrintable(r) {
			safe.WriteRune(r)
		} else {
			fmt.Fprintf(&safe, `\u%04x`, r)
		}
	}
	return []byte(safe.String()), nil
}

// isPrintable says whether a character may stand in YAML as it is (YAML 1.2, 5.1). JSON has escaped those below the space.
func isPrintable(r rune) bool {
	return r < 0x7f || r >= 0xa0 && r != 0xfeff && r != 0xfffe && r != 0xffff
}

// checkText refuses what would not come back as it was: Juju hands values out as JSON. The error shows no value.
func checkText(texts map[string]string) error {
	for key, text := range texts {
		if !utf8.ValidString(key) || !utf8.ValidString(text) {
			return fmt.Errorf("the value of %q is not UTF-8 text: encode it, for example as base64", key)
		}
	}
	return nil
}
