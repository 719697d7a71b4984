package state

import (
	"context"
	"errors"
	"sync"

	"connectcharms/requirer-lib/connect"
	"connectcharms/requirer-lib/connectors"
)

// typePassword is how Kafka Connect calls a field that its plugin declares to be a password.
const typePassword = "PASSWORD"

// DeclaredPasswords asks a worker which fields the plugins of some connectors declare to be passwords, one request for each
// class: for ExistingOptions.IsPassword. A class that the worker does not have, or does not know of, declares none.
func DeclaredPasswords(ctx context.Context, client *connect.Client, there map[string]connectors.Found) (func(class, key string) bool, error) {
	var classes []string
	for _, found := range there {
		classes = append(classes, found.Config[classKey])
	}
	var mu sync.Mutex
	declared := map[[2]string]bool{}
	failures := connect.Each(ctx, 0, classes, func(ctx context.Context, class string) error {
		fields, err := client.PluginConfig(ctx, class, "")
		refused := new(connect.APIError)
		if errors.Is(err, connect.ErrIllegalName) || errors.Is(err, connect.ErrNotFound) || errors.As(err, &refused) && isAboutThe(refused) {
			return nil
		}
		mu.Lock()
		defer mu.Unlock()
		for _, field := range fields {
			declared[[2]string{class, field.Name}] = field.Type == typePassword
		}
		return err
	})
	return func(class, key string) bool { return declared[[2]string{class, key}] }, failures.Err()
}
