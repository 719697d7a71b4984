package charm

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"connectcharms/provider-charm/internal/brokers"
	"connectcharms/provider-charm/internal/properties"
	"connectcharms/provider-charm/internal/worker"
	"connectcharms/requirer-lib/hook"
)

// Group is what the workers have in common, as the options say.
type Group struct {
	Name              string
	Topics            worker.Topics
	ReplicationFactor int
	ExactlyOnce       bool
	Converters        worker.Converters
	OverridePolicy    string
	Extra             map[string]string
}

var (
	// legalGroup and legalTopic are what Kafka takes in a topic's name; in a group's, with room for what is put behind it.
	legalGroup = regexp.MustCompile(`^[A-Za-z0-9._-]{1,200}$`)
	legalTopic = regexp.MustCompile(`^[A-Za-z0-9._-]{1,249}$`)
	legalClass = regexp.MustCompile(`^[A-Za-z_$][\w$]*(\.[A-Za-z_$][\w$]*)*$`)

	overridePolicies = []string{"All", "None", "Principal"}
)

// groupPatience bounds the question who is in the group.
const groupPatience = 5 * time.Second

// readGroupConfig reads what the workers have in common.
func readGroupConfig(config *Config, options hook.Config, event hook.Event) (problem string) {
	name := or(options.String("group-id"), fmt.Sprintf("%s-%.8s", event.Application(), event.ModelUUID))
	topics := worker.TopicsOf(name)
	config.Group = Group{
		Name:              name,
		Topics:            topics,
		ReplicationFactor: options.Int("topic-replication-factor"),
		ExactlyOnce:       options.Bool("exactly-once"),
		OverridePolicy:    or(options.String("client-config-override-policy"), "All"),
	}
	group := &config.Group
	if !legalGroup.MatchString(name) {
		return fmt.Sprintf("config group-id: %.60q: use 1 to 200 of A-Z a-z 0-9 . _ -, for topics are named after it", name)
	}
	if factor := group.ReplicationFactor; factor != -1 && (factor < 1 || factor > 32767) {
		return fmt.Sprintf("config topic-replication-factor is %d: set it to -1 (as the brokers are set) or at least 1", factor)
	}
	for _, topic := range []struct {
		option string
		name   *string
	}{{"config-topic", &group.Topics.Config}, {"offset-topic", &group.Topics.Offset}, {"status-topic", &group.Topics.Status}} {
		*topic.name = or(options.String(topic.option), *topic.name)
		if !legalTopic.MatchString(*topic.name) || *topic.name == "." || *topic.name == ".." {
			return fmt.Sprintf("config %s: %.60q: use 1 to 249 of A-Z a-z 0-9 . _ -", topic.option, *topic.name)
		}
	}
	if t := group.Topics; t.Config == t.Offset || t.Offset == t.Status || t.Status == t.Config {
		return "config config-topic, offset-topic and status-topic: each has to be another topic"
	}
	for _, converter := range []struct {
		option string
		class  *string
	}{{"key-converter", &group.Converters.Key}, {"value-converter", &group.Converters.Value}} {
		*converter.class = or(options.String(converter.option), "org.apache.kafka.connect.json.JsonConverter")
		if !legalClass.MatchString(*converter.class) {
			return fmt.Sprintf("config %s: %.60q is no name of a class", converter.option, *converter.class)
		}
	}
	if !slices.Contains(overridePolicies, group.OverridePolicy) {
		return fmt.Sprintf("config client-config-override-policy is %.30q: set it to %s", group.OverridePolicy, strings.Join(overridePolicies, ", "))
	}
	return readExtra(group, options.String("worker-properties"))
}

func readExtra(group *Group, text string) (problem string) {
	var err error
	if group.Extra, err = properties.Parse(text); err == nil {
		err = worker.CheckExtra(group.Extra)
	}
	if err != nil {
		return "config worker-properties: " + err.Error()
	}
	return ""
}

// exactlyOnce is how far this unit's worker may go. The leader says so; before it has, what gets along with all others.
func (w *World) exactlyOnce() worker.ExactlyOnce {
	switch {
	case w.Shared.ExactlyOnce != "":
		return w.Shared.ExactlyOnce
	case w.Config.Group.ExactlyOnce:
		return worker.ExactlyOnceSoon
	}
	return worker.AtLeastOnce
}

// passExactlyOnce takes the workers from one kind of delivery to the other, in two passes of restarts: workers of both
// kinds in one group do not see to it that a task that moves has ended. Those that prepare get along with either.
func passExactlyOnce(w *World) Step {
	if !w.Leader || w.PeerRelation == nil || w.Config.Problem != "" {
		return nil
	}
	pass := worker.AtLeastOnce
	if w.Config.Group.ExactlyOnce {
		pass = worker.ExactlyOnceSource
	}
	if pass == cmp.Or(w.Shared.ExactlyOnce, worker.AtLeastOnce) {
		return nil
	}
	for _, report := range w.units() {
		if report.ExactlyOnce != pass && report.ExactlyOnce != worker.ExactlyOnceSoon {
			pass = worker.ExactlyOnceSoon
			break
		}
	}
	if pass == w.Shared.ExactlyOnce {
		return nil
	}
	return PassExactlyOnce{Pass: pass}
}

// PassExactlyOnce begins a pass of restarts.
type PassExactlyOnce struct{ Pass worker.ExactlyOnce }

func (s PassExactlyOnce) Apply(ctx context.Context, u *unit, w *World) error {
	return u.share(ctx, w, func(shared *Shared) { shared.ExactlyOnce = s.Pass })
}

// observeGroup asks Kafka who is in the group, and keeps those that are not units of this application. Only the leader
// asks, and what it cannot find out it leaves.
func (u *unit) observeGroup(ctx context.Context, w *World) error {
	if !w.Leader || !w.Services.WorkerReady || !w.canRunWorker() || w.Services.Started.Kafka != w.Kafka.Access.Fingerprint() {
		return nil
	}
	limited, cancel := context.WithTimeout(ctx, groupPatience)
	defer cancel()
	members, err := w.Kafka.Access.ConnectMembers(limited, w.Config.Group.Name)
	w.Kafka.Asking = Attempt{Made: !errors.Is(err, brokers.ErrCannotTell), Err: err}
	if err != nil {
		u.log.Debug("the group's members are not known", "error", err)
		return nil
	}
	w.Strangers = w.strangers(members)
	return nil
}

// strangers are those members of the group whose host is that of no unit. What units tell may be behind by a hook.
func (w *World) strangers(members []string) []string {
	ours := map[string]bool{w.Address: true}
	for _, report := range w.units() {
		ours[report.Address] = true
	}
	return slices.DeleteFunc(slices.Clone(members), func(member string) bool {
		address, err := url.Parse(member)
		return err != nil || ours[address.Hostname()]
	})
}

func groupStatus(w *World) (hook.Status, bool) {
	if len(w.Strangers) == 0 {
		return hook.Status{}, false
	}
	return waiting("other workers to leave the Connect group %s (%s): if another application has them, set config group-id",
		w.Config.Group.Name, strings.Join(w.Strangers, ", "))
}
