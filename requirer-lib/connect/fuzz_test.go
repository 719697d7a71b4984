package connect_test

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"connectcharms/requirer-lib/connect"
)

// FuzzAnswers: nothing a worker answers ends the program, and no error about it is long, has several lines, or repeats
// what is to be hidden.
func FuzzAnswers(f *testing.F) {
	for _, seed := range []string{
		"", "null", `["a"]`, `{"a":{"info":{"name":"a","config":{"x":null},"tasks":[{"connector":"a","task":0}]},"status":{"tasks":[{"id":0}]}}}`,
		`{"error_code":409,"message":"Connector a already exists"}`, `{"message":"` + expected + `"}`, `{"message":"` + forwardFail + `"}`,
		`{"offsets":[{"partition":{"a":1e999},"offset":null}]}`, `{"root":{"level":"INFO","last_modified":-9223372036854775808}}`,
		`{"status":"healthy","message":"hunter2"}`, "hunter2\x00http://u:hunter2@h/\u2028", `{"message":"Connectors must be in the STOPPED state"}`,
	} {
		for _, status := range []int{200, 204, 404, 409, 500} {
			f.Add(status, []byte(seed))
		}
	}
	f.Fuzz(func(t *testing.T, status int, body []byte) {
		for _, err := range connect.ReadAnswer(status, body, "hunter2") {
			if err == nil {
				continue
			}
			text := err.Error()
			if strings.Contains(text, "hunter2") {
				t.Errorf("not hidden: %s", text)
			}
			if strings.ContainsFunc(text, unicode.IsControl) || utf8.RuneCountInString(text) > 600 {
				t.Errorf("not fit for a log: %q", text)
			}
		}
	})
}

// FuzzRedact: no value of a secret's name is left, whatever is around it.
func FuzzRedact(f *testing.F) {
	f.Add("login of joe with hunter2 at jdbc:x://joe:pass@db failed", "hunter2", "hunter2-more")
	f.Add("abcabcab", "abcab", "bca")
	f.Fuzz(func(t *testing.T, text, one, two string) {
		got := connect.Redact(text, map[string]string{"db.password": one, "oauth.token": two})
		for _, value := range []string{one, two} {
			// A value of signs that also stand for what is hidden may come about by hiding.
			if len(value) >= 3 && !strings.ContainsAny(value, "*:/@") && strings.Contains(got, value) {
				t.Errorf("%q is left in %q", value, got)
			}
		}
	})
}
