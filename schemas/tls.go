package schemas

import "strings"

// IsTLS reads the words by which providers of connect_client and of kafka_client say whether their TLS is on; none says that
// it is not.
func IsTLS(word string) (is, known bool) {
	switch strings.ToLower(strings.TrimSpace(word)) {
	case "enabled", "true":
		return true, true
	case "disabled", "false", "":
		return false, true
	}
	return false, false
}
