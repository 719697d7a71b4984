package approval

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v4"

	"connectcharms/integrator-charm/internal/pattern"
	"connectcharms/requirer-lib/connectors"
)

// Config is the section approvals of the settings.
type Config struct {
	// Expires is how long a plan waits, and what was agreed to holds. 0: 7 days.
	Expires time.Duration `yaml:"expires,omitempty"`
	// Teams are groups of people, for the rules: team to the names of tokens.
	Teams map[string][]string `yaml:"teams,omitempty"`
	Rules []Rule              `yaml:"rules,omitempty"`
}

// Rule has changes wait for approval.
type Rule struct {
	Name  string `yaml:"name"`
	Match Match  `yaml:"match,omitempty"`
	// Approvers is how many people have to agree. 0: one.
	Approvers int `yaml:"approvers,omitempty"`
	// Who may agree; neither users nor teams: whoever has the role.
	Who Who `yaml:"who,omitempty"`
	// Author says that whoever asked for the change may be one of those who agree.
	Author bool `yaml:"author-may-approve,omitempty"`
}

// Who are people by the names of their tokens, and by teams.
type Who struct {
	Users []string `yaml:"users,omitempty"`
	Teams []string `yaml:"teams,omitempty"`
}

// Match says which changes a rule is for: those that fit all that is said. Nothing said: every change. In a list, one is enough. Names
// are patterns: * is any text, ? one character, [ab] one of these.
type Match struct {
	Connectors []string            `yaml:"connectors,omitempty"`
	Owners     []string            `yaml:"owners,omitempty"` // the teams that connectors belong to
	Labels     map[string]string   `yaml:"labels,omitempty"` // all of them; values are patterns
	Changes    []connectors.Action `yaml:"changes,omitempty"`
	Keys       []string            `yaml:"keys,omitempty"` // of the configuration: one that is changed
}

const usualExpiry = 7 * 24 * time.Hour

// Decode reads the section; the zero node is no rules. Unknown keys are errors.
func Decode(node yaml.Node) (Config, error) {
	var config Config
	if !node.IsZero() {
		if err := node.Load(&config, yaml.WithKnownFields(), yaml.WithUniqueKeys()); err != nil {
			return Config{}, fmt.Errorf("approvals: %w", err)
		}
	}
	if config.Expires == 0 {
		config.Expires = usualExpiry
	}
	if err := config.check(); err != nil {
		return Config{}, fmt.Errorf("approvals: %w", err)
	}
	return config, nil
}

func (c Config) check() error {
	var all []error
	if c.Expires < 0 {
		all = append(all, errors.New("expires: want a time such as 72h"))
	}
	names := map[string]bool{}
	for i, rule := range c.Rules {
		if rule.Name == "" {
			all = append(all, fmt.Errorf("rule %d has no name", i+1))
		} else if names[rule.Name] {
			all = append(all, fmt.Errorf("two rules have the name %q", rule.Name))
		}
		names[rule.Name] = true
		if err := c.checkRule(rule); err != nil {
			all = append(all, fmt.Errorf("rule %q: %w", rule.Name, err))
		}
	}
	return errors.Join(all...)
}

// checkRule also finds what could never be fulfilled.
func (c Config) checkRule(rule Rule) error {
	var all []error
	if rule.Approvers < 0 {
		all = append(all, errors.New("approvers: want a number from 1"))
	}
	for _, team := range rule.Who.Teams {
		if _, is := c.Teams[team]; !is {
			all = append(all, fmt.Errorf("there is no team %q in approvals.teams", team))
		}
	}
	if who := c.people(rule.Who); rule.restricts() && len(who) < rule.approvers() {
		all = append(all, fmt.Errorf("it wants %d approvers of %d people", rule.approvers(), len(who)))
	}
	for _, action := range rule.Match.Changes {
		if !slices.Contains(kinds, action) {
			all = append(all, fmt.Errorf("there is no change %q: %s", action, list(kinds)))
		}
	}
	return errors.Join(append(all, pattern.Check(rule.Match.patterns()...))...)
}

// kinds are the changes that a rule can name.
var kinds = []connectors.Action{
	connectors.Create, connectors.Adopt, connectors.Update, connectors.SetOffsets, connectors.Pause, connectors.Resume, connectors.Stop,
	connectors.Restart, connectors.Delete,
}

func list(actions []connectors.Action) string {
	texts := make([]string, len(actions))
	for i, action := range actions {
		texts[i] = string(action)
	}
	return strings.Join(texts, ", ")
}

func (m Match) patterns() []string {
	return slices.Concat(m.Connectors, m.Owners, m.Keys, slices.Collect(maps.Values(m.Labels)))
}

func (r Rule) approvers() int { return max(r.Approvers, 1) }

func (r Rule) restricts() bool { return len(r.Who.Users)+len(r.Who.Teams) > 0 }

// people are those whom a rule names, in order.
func (c Config) people(who Who) []string {
	all := slices.Clone(who.Users)
	for _, team := range who.Teams {
		all = append(all, c.Teams[team]...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}
