package schemas_test

import (
	"fmt"

	"connectcharms/schemas"
)

// A provider reads what a requirer asks for.
func ExampleDecodeRequirer() {
	databag := map[string]string{
		"plugin-url":        "https://artifacts.example/plugin.tar.gz",
		"requested-secrets": `["username", "password", "tls", "tls-ca"]`,
	}
	requirer, err := schemas.DecodeRequirer(databag)
	switch {
	case schemas.IsMissing(err): // not complete yet: wait
		fmt.Println("waiting")
	case err != nil: // wrong: say so, err names each key and the rule that it breaks
		fmt.Println(err)
	default:
		fmt.Println(requirer.Requests[0].PluginURL)
	}
	// Output: https://artifacts.example/plugin.tar.gz
}
