package cli

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"connectcharms/requirer-lib/connect"
)

// selection says which connectors a command is about: those that are named and those that a pattern matches, and of these
// the ones that every filter lets through.
type selection struct {
	patterns, labels, states []string
	team                     string
	all                      bool
}

func (c *selection) flags(command *cobra.Command) {
	flags := command.Flags()
	flags.StringArrayVarP(&c.patterns, "match", "m", nil, "connectors whose whole name matches this regular expression")
	flags.StringArrayVarP(&c.labels, "label", "l", nil, "only those with this label in the state file, KEY=VALUE or KEY")
	flags.StringVar(&c.team, "owner", "", "only those of this team in the state file")
	flags.StringSliceVar(&c.states, "state", nil, "only those that are running, paused, stopped, failed, unassigned or restarting")
	_ = command.RegisterFlagCompletionFunc("state", words(stateWords()...))
}

// allFlag is for commands that change something: without a name they change nothing by mistake.
func (c *selection) allFlag(command *cobra.Command) {
	command.Flags().BoolVar(&c.all, "all", false, "every connector on the cluster")
}

// needsFile says whether the state file has to be read for it.
func (c *selection) needsFile() bool { return len(c.labels) > 0 || c.team != "" }

// isEmpty says that nothing selects anything.
func (c *selection) isEmpty(names []string) bool {
	return len(names) == 0 && len(c.patterns) == 0 && len(c.states) == 0 && !c.needsFile() && !c.all
}

// pick chooses from what is there. It gives, too, the names that are not there.
func (c *selection) pick(views []view, names []string) (picked []view, missing []string, err error) {
	matches, err := c.matcher()
	if err != nil {
		return nil, nil, err
	}
	filter, err := c.filter()
	if err != nil {
		return nil, nil, err
	}
	everything := len(names) == 0 && len(c.patterns) == 0
	for _, one := range views {
		if (everything || slices.Contains(names, one.Name) || matches(one.Name)) && filter(one) {
			picked = append(picked, one)
		}
	}
	for _, name := range names {
		if !slices.ContainsFunc(views, func(one view) bool { return one.Name == name }) && !slices.Contains(missing, name) {
			missing = append(missing, name)
		}
	}
	return picked, missing, nil
}

// matcher goes by the whole name: half of one must not delete another.
func (c *selection) matcher() (func(name string) bool, error) {
	var all []*regexp.Regexp
	for _, pattern := range c.patterns {
		compiled, err := regexp.Compile(`^(?:` + pattern + `)$`)
		if err != nil {
			return nil, usage("--match %.80q: %w", pattern, err)
		}
		all = append(all, compiled)
	}
	return func(name string) bool {
		return slices.ContainsFunc(all, func(each *regexp.Regexp) bool { return each.MatchString(name) })
	}, nil
}

func (c *selection) filter() (func(view) bool, error) {
	states, err := parseStates(c.states)
	if err != nil {
		return nil, err
	}
	return func(one view) bool {
		return (len(states) == 0 || slices.Contains(states, one.condition())) &&
			(c.team == "" || one.Team == c.team) &&
			!slices.ContainsFunc(c.labels, func(label string) bool { return !hasLabel(one.Labels, label) })
	}, nil
}

func hasLabel(labels map[string]string, wanted string) bool {
	key, value, isExact := strings.Cut(wanted, "=")
	found, is := labels[key]
	return is && (!isExact || found == value)
}

// listedStates are those that a connector can be seen in.
var listedStates = []connect.State{
	connect.Running, connect.Paused, connect.Stopped, connect.Failed, connect.Unassigned, connect.Restarting,
}

func stateWords() (words []string) {
	for _, state := range listedStates {
		words = append(words, strings.ToLower(string(state)))
	}
	return words
}

func parseStates(words []string) (states []connect.State, err error) {
	for _, word := range words {
		state := connect.State(strings.ToUpper(word))
		if !slices.Contains(listedStates, state) {
			return nil, usage("no state %s: want %s", fmt.Sprintf("%.40q", word), strings.Join(stateWords(), ", "))
		}
		states = append(states, state)
	}
	return states, nil
}
