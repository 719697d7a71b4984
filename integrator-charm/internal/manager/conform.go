package manager

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"connectcharms/integrator-charm/internal/overlay"
	"connectcharms/requirer-lib/connect"
)

// classKey is the key of a configuration that says what a connector is.
const classKey = "connector.class"

// conform has the cluster judge what a message makes of a connector's configuration, and lays it. The error is
// *overlay.Nonconforming where that is no good one, and else why nobody can tell now.
func (k *keeper) conform(ctx context.Context, t target, before overlay.Overlay, m overlay.Message) (overlay.Overlay, []string, error) {
	inForce := before.InForce(t.declared, &k.layers.bases)
	permit := overlay.Permit{Patterns: t.control.Keys, Connector: t.full, Declares: func(string) bool { return true }}
	m = permit.Trim(before.Newer(m), inForce)
	refuse := func(problems []overlay.Problem) error { return overlay.NewNonconforming(t.name, problems) }
	if problems := permit.Check(m, inForce); len(problems) > 0 {
		return before, nil, refuse(problems) // the cluster need not see it
	}
	judged, err := k.judge(ctx, t, inForce, m)
	if err != nil {
		return before, nil, err
	}
	permit.Declares = func(key string) bool { _, is := judged.definitions[key]; return is }
	if problems := append(permit.Check(m, inForce), judged.problems...); len(problems) > 0 {
		return before, nil, refuse(problems)
	}
	after, keys := before.Take(m, k.terms(t, before, judged))
	if problems := after.IsTooMuch(); len(problems) > 0 {
		return before, nil, refuse(problems)
	}
	for _, key := range keys {
		if after.Keys[key].File != "" && k.cluster.Vault == nil {
			return before, nil, fmt.Errorf("connector %s, key %s: %w", t.name, key, overlay.ErrNoWay)
		}
	}
	return after, keys, nil
}

func (k *keeper) terms(t target, before overlay.Overlay, judged judgement) overlay.Terms {
	secret := slices.Concat(t.declared.Secret, t.control.Secret)
	for name, key := range before.Keys {
		if key.IsSecret() {
			secret = append(secret, name)
		}
	}
	terms := overlay.Terms{
		Cluster: k.cluster.Name, Declared: t.declared, Bases: &k.layers.bases, IsSecret: overlay.IsSecret(judged.definitions, secret),
		Reference: func(string) string { return "" },
	}
	if k.cluster.Vault != nil {
		terms.Reference = k.cluster.Vault.Reference
	}
	return terms
}

// judgement is what a plugin says of a configuration.
type judgement struct {
	definitions map[string]connect.FieldDefinition
	problems    []overlay.Problem // that a message is to blame for
}

// judge asks the cluster. What it finds wrong with the configuration in force as well is nothing that the message has done.
func (k *keeper) judge(ctx context.Context, t target, inForce map[string]string, m overlay.Message) (judgement, error) {
	hide := hiding(inForce, t, m)
	after, err := k.validated(ctx, t, m.Merge(inForce))
	refused, isRefusal := errors.AsType[*connect.APIError](err)
	if err != nil && !isRefusal {
		return judgement{}, err
	}
	if !isRefusal && len(after.Errors()) == 0 {
		return judgement{definitions: definitionsOf(after)}, nil
	}
	before, err := k.validated(ctx, t, inForce)
	if err != nil {
		return judgement{}, unanswered(err)
	}
	if isRefusal {
		problem := overlay.Problem{Reason: "makes a configuration that the cluster cannot judge: " + hide(refused.Message)}
		return judgement{problems: []overlay.Problem{problem}}, nil
	}
	return judgement{definitionsOf(after), overlay.Blame(m.Keys(), after.Errors(), before.Errors(), hide)}, nil
}

// validated gives an *connect.APIError for a refusal that may be about the configuration, and else ErrCluster.
func (k *keeper) validated(ctx context.Context, t target, config map[string]string) (connect.Validation, error) {
	limited, cancel := context.WithTimeout(ctx, lookPatience)
	defer cancel()
	whole := maps.Clone(config)
	whole["name"] = t.full
	validation, err := k.cluster.client().Validate(limited, config[classKey], whole)
	refused, isRefusal := errors.AsType[*connect.APIError](err)
	if err == nil || isRefusal && isAboutIt(refused) {
		return validation, err
	}
	return validation, fmt.Errorf("%w: it cannot judge the configuration of connector %s: %w", ErrCluster, t.name, err)
}

// isAboutIt says whether a refusal may be about the configuration, and not about who asked, the time, or the worker.
func isAboutIt(refused *connect.APIError) bool {
	for _, other := range []error{
		connect.ErrUnauthorized, connect.ErrForbidden, connect.ErrRebalancing, connect.ErrUnavailable, connect.ErrNotFound, connect.ErrUnknownPlugin,
	} {
		if refused.Is(other) {
			return false
		}
	}
	return true
}

func definitionsOf(validation connect.Validation) map[string]connect.FieldDefinition {
	all := map[string]connect.FieldDefinition{}
	for _, field := range validation.Configs {
		all[field.Definition.Name] = field.Definition
	}
	return all
}

// hiding takes out of a text all values of a message, for anyone may be a secret, and the secrets in force.
func hiding(inForce map[string]string, t target, m overlay.Message) func(string) string {
	var hide []string
	for _, value := range m.Set {
		hide = append(hide, value.Reveal())
	}
	for _, key := range t.declared.Secret {
		hide = append(hide, inForce[key])
	}
	return func(text string) string {
		return firstLine(connect.RedactTexts(connect.Redact(text, inForce), hide...))
	}
}
