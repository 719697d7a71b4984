package connect

import (
	"errors"
	"fmt"
	"net/url"
	"strings"
)

// checkEndpoints refuses what would be sent to the wrong place, or in clear. No
// error repeats an endpoint: it may carry a password.
func checkEndpoints(endpoints []string) ([]string, error) {
	if len(endpoints) == 0 {
		return nil, errors.New("no Kafka Connect endpoint: want at least one http:// or https:// URL")
	}
	var checked []string
	schemes := map[string]bool{}
	for i, endpoint := range endpoints {
		parsed, err := parseEndpoint(endpoint)
		if err != nil {
			return nil, fmt.Errorf("endpoint %d of %d: %w", i+1, len(endpoints), err)
		}
		schemes[parsed.Scheme] = true
		checked = append(checked, strings.TrimRight(parsed.String(), "/"))
	}
	if len(schemes) > 1 {
		return nil, errors.New("endpoints: some are http and some https; " +
			"the password would go in clear when the next one is tried, use one scheme")
	}
	return checked, nil
}

func parseEndpoint(endpoint string) (*url.URL, error) {
	parsed, err := url.Parse(endpoint)
	switch {
	case err != nil:
		return nil, errors.New("is not a URL")
	case parsed.Scheme != "http" && parsed.Scheme != "https":
		return nil, errors.New("must begin with http:// or https://")
	case parsed.User != nil:
		return nil, errors.New("must not carry a user or a password")
	case parsed.Hostname() == "":
		return nil, errors.New("names no host")
	case parsed.RawQuery != "" || parsed.ForceQuery || parsed.Fragment != "":
		return nil, errors.New("must not have a query or a fragment")
	}
	return parsed, nil
}
