package state

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"sync"

	"connectcharms/requirer-lib/connect"
	"connectcharms/requirer-lib/connectors"
)

// Judgement is what a cluster says of a file's configurations.
type Judgement struct {
	// Problems are what it refuses.
	Problems Problems
	// Hints are keys that it takes, but that are likely slips: their plugins do not know them, and know one much like it that
	// is not set. Kafka Connect says nothing of such keys.
	Hints Problems
}

// Check is Judge, for whoever asks only what is refused.
func (f *File) Check(ctx context.Context, client *connect.Client, desired connectors.Desired) (Problems, error) {
	judged, err := f.Judge(ctx, client, desired)
	return judged.Problems, err
}

// Judge has the cluster judge the configuration of each connector, eight at a time, and finds the places of what it says:
// those of the file, of its defaults or of its environment. Desired is the file's. The error is of a cluster that could not
// be asked about some of them; what it says of the rest is there.
func (f *File) Judge(ctx context.Context, client *connect.Client, desired connectors.Desired) (Judgement, error) {
	check := &check{file: f, client: client, found: findings{file: f.name}, hints: findings{file: f.name}}
	check.plugins = sync.OnceValue(func() []string { return installed(ctx, client) })
	failures := connect.Each(ctx, 0, slices.Collect(maps.Keys(desired)), func(ctx context.Context, name string) error {
		judged, err := check.connector(ctx, name, desired[name])
		check.add(judged)
		return err
	})
	return Judgement{check.found.problems(), check.hints.problems()}, failures.Err()
}

// check is one call of Check.
type check struct {
	file    *File
	client  *connect.Client
	plugins func() []string // classes of connectors, asked for when one is not among them

	mu    sync.Mutex
	found findings
	hints findings
}

func (c *check) add(judged Judgement) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, problem := range judged.Problems {
		c.found.add(problem)
	}
	for _, hint := range judged.Hints {
		c.hints.add(hint)
	}
}

func (c *check) connector(ctx context.Context, name string, desired connectors.Connector) (Judgement, error) {
	config := connect.Settings{"name": name}
	maps.Copy(config, desired.Config)
	validation, err := c.client.Validate(ctx, config[classKey], config)
	refused := new(connect.APIError)
	switch ofClass := (field{inConfig, classKey}); {
	case errors.Is(err, connect.ErrUnknownPlugin):
		problem := c.file.problem(name, ofClass, "the cluster has no such class of connectors")
		problem.Nearest = nearest(config[classKey], called(c.plugins(), config[classKey]))
		return refusal(problem), nil
	case errors.Is(err, connect.ErrIllegalName):
		return refusal(c.file.problem(name, ofClass, "is no name of a class")), nil
	case errors.As(err, &refused) && isAboutThe(refused):
		return refusal(c.file.problem(name, field{section: inConfig}, "the cluster cannot judge it: "+hide(refused.Message, desired))), nil
	case err != nil:
		return Judgement{}, err
	}
	return c.file.judgement(name, desired, validation), nil
}

func refusal(problem Problem) Judgement { return Judgement{Problems: Problems{problem}} }

// isAboutThe says whether a refusal is about what was asked, and not about who asked or the time.
func isAboutThe(refused *connect.APIError) bool {
	for _, other := range []error{connect.ErrUnauthorized, connect.ErrForbidden, connect.ErrRebalancing, connect.ErrUnavailable, connect.ErrNotFound} {
		if refused.Is(other) {
			return false
		}
	}
	return true
}

// hide takes out what is secret, by its key or because it was referred to: a worker's messages quote values.
func hide(message string, desired connectors.Connector) string {
	var secrets []string
	for _, key := range desired.Secret {
		secrets = append(secrets, desired.Config[key])
	}
	message = connect.RedactTexts(connect.Redact(message, desired.Config), secrets...)
	return strings.Join(strings.Fields(message), " ")
}

// called are classes by the short names that Kafka Connect knows too, where class is such a one.
func called(classes []string, class string) (names []string) {
	if strings.Contains(class, ".") {
		return classes
	}
	for _, full := range classes {
		simple := full[strings.LastIndexByte(full, '.')+1:]
		names = append(names, simple, strings.TrimSuffix(simple, "Connector"))
	}
	return names
}

// installed are the classes of connectors that a worker has; none where it does not say.
func installed(ctx context.Context, client *connect.Client) (classes []string) {
	plugins, _ := client.Plugins(ctx, true)
	for _, plugin := range plugins {
		classes = append(classes, plugin.Class)
	}
	slices.Sort(classes)
	return slices.Compact(classes)
}
