package cli

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"connectcharms/integrator-charm/internal/cluster"
	"connectcharms/requirer-lib/connect"
	"connectcharms/requirer-lib/connectors"
)

// What a connector's configuration says of its owner: package connectors writes it there.
const (
	managerKey   = "connect.manager"
	protectedKey = "connect.manager.protected"
	classKey     = "connector.class"
)

// view is a connector as list and status show it. Its JSON is part of what the program promises.
type view struct {
	Context   string                `json:"context"`
	Name      string                `json:"name"` // in Kafka Connect
	State     connect.State         `json:"state"`
	Type      connect.ConnectorType `json:"type,omitempty"`
	Class     string                `json:"class,omitempty"`
	Worker    string                `json:"worker,omitempty"`
	Tasks     []taskView            `json:"tasks"`
	Trace     string                `json:"trace,omitempty"`
	Manager   string                `json:"manager,omitempty"` // whose mark it bears
	Protected bool                  `json:"protected,omitempty"`
	Halted    bool                  `json:"halted,omitempty"` // it is kept stopped: a control message of its own did not conform
	// What the state file says of it, where that was read.
	Team   string            `json:"team,omitempty"`
	Labels map[string]string `json:"labels,omitempty"`
}

type taskView struct {
	ID     int           `json:"id"`
	State  connect.State `json:"state"`
	Worker string        `json:"worker,omitempty"`
	Trace  string        `json:"trace,omitempty"`
}

// look gives all connectors of a cluster, ordered by name, in one request.
func look(ctx context.Context, on *cluster.Cluster) ([]view, error) {
	listed, err := on.Client.ListConnectors(ctx)
	if err != nil {
		return nil, err
	}
	views := make([]view, 0, len(listed))
	for _, name := range slices.Sorted(maps.Keys(listed)) {
		views = append(views, viewOf(on.Context.Name, name, listed[name].Info.Config, listed[name].Status))
	}
	return views, nil
}

// viewOf shows nothing that is secret: traces quote configurations.
func viewOf(context, name string, config connect.Settings, status connect.Status) view {
	v := view{
		Context: context, Name: name, State: status.Connector.State, Type: status.Type, Worker: status.Connector.WorkerID,
		Class: config[classKey], Trace: connect.Redact(status.Connector.Trace, config), Tasks: []taskView{},
		Manager: config[managerKey], Protected: config[protectedKey] == "true",
		Halted: status.Connector.State == connect.Stopped && connectors.OverlayOf(config).Halted != "",
	}
	for _, task := range status.Tasks {
		v.Tasks = append(v.Tasks, taskView{task.ID, task.State, task.WorkerID, connect.Redact(task.Trace, config)})
	}
	slices.SortFunc(v.Tasks, func(a, b taskView) int { return cmp.Compare(a.ID, b.ID) })
	return v
}

// running is how many tasks run.
func (v view) running() (n int) {
	for _, task := range v.Tasks {
		if task.State == connect.Running {
			n++
		}
	}
	return n
}

// condition is the state that a connector is listed under: one of which any part has failed is failed.
func (v view) condition() connect.State {
	for _, task := range v.Tasks {
		if task.State == connect.Failed {
			return connect.Failed
		}
	}
	return v.State
}

// shownCondition says also of a connector that it is kept stopped: no sync starts it.
func (v view) shownCondition() cell {
	if v.Halted {
		return cell{string(v.State) + " (kept)", red}
	}
	state := v.condition()
	return cell{string(state), colourOf(state)}
}

func (v view) tasks() cell {
	shown := cell{text: fmt.Sprintf("%d/%d", v.running(), len(v.Tasks))}
	switch {
	case v.condition() == connect.Failed:
		shown.colour = red
	case v.State == connect.Running && (v.running() < len(v.Tasks) || len(v.Tasks) == 0):
		shown.colour = yellow // without a task it moves nothing
	}
	return shown
}

func (v view) labels() string {
	var all []string
	for _, key := range slices.Sorted(maps.Keys(v.Labels)) {
		all = append(all, key+"="+v.Labels[key])
	}
	return strings.Join(all, ",")
}

// simpleClass is a class without its package.
func simpleClass(class string) string { return class[strings.LastIndexByte(class, '.')+1:] }

// head is the first line of a trace, which says most.
func head(trace string) string {
	line, _, _ := strings.Cut(strings.TrimSpace(trace), "\n")
	return strings.TrimSpace(line)
}

// failure is the first line of what has failed first.
func (v view) failure() string {
	if v.Trace != "" {
		return head(v.Trace)
	}
	for _, task := range v.Tasks {
		if task.Trace != "" {
			return head(task.Trace)
		}
	}
	return ""
}
