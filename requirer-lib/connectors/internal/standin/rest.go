package standin

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"connectcharms/requirer-lib/connect"
)

// ServeHTTP answers as a worker does.
func (c *Cluster) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var body map[string]any
	_ = json.NewDecoder(r.Body).Decode(&body)
	name, of, _ := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(r.URL.Path, "/connectors"), "/"), "/")
	if r.Method == http.MethodPost && name == "" {
		name, _ = body["name"].(string)
	}
	if r.Method != http.MethodGet {
		c.letOthers()
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.requests = append(c.requests, strings.TrimRight(r.Method+" "+name+"/"+of, " /"))
	_, password, _ := r.BasicAuth()
	switch no, is := c.refusal(r.Method, name); {
	case c.password != "" && password != c.password:
		answer(w, http.StatusUnauthorized, nil)
	case is:
		refuse(w, no.Status, "%s", no.Message)
	case r.Method == http.MethodPost && of == "":
		c.create(w, name, body)
	case r.URL.Path == "/":
		answer(w, http.StatusOK, connect.ServerInfo{Version: "4.3.1", KafkaClusterID: "in-memory"})
	case name == "" && !r.URL.Query().Has("expand"):
		answer(w, http.StatusOK, slices.Sorted(maps.Keys(c.connectors)))
	case name == "":
		answer(w, http.StatusOK, c.listing())
	default:
		c.onConnector(w, r.Method+" "+of, name, body)
	}
}

func (c *Cluster) letOthers() {
	var do func()
	c.change(func() { do, c.meanwhile = c.meanwhile, nil })
	if do != nil {
		do()
	}
}

func (c *Cluster) refusal(method, name string) (Refusal, bool) {
	for _, of := range []string{name, ""} {
		no := c.refusals[of]
		if no.Status != 0 && (no.Method == method || no.Method == "" && method != http.MethodGet) {
			return no, true
		}
	}
	return Refusal{}, false
}

func (c *Cluster) create(w http.ResponseWriter, name string, body map[string]any) {
	config := texts(body["config"])
	state, asked := body["initial_state"].(string)
	switch {
	case asked && c.strict:
		refuse(w, http.StatusInternalServerError, `Unrecognized field "initial_state" (class `+
			`org.apache.kafka.connect.runtime.rest.entities.CreateConnectorRequest), not marked as ignorable`)
	case c.connectors[name] != nil:
		refuse(w, http.StatusConflict, "Connector %s already exists", name)
	case config["connector.class"] == "":
		refuse(w, http.StatusBadRequest, "Connector config %v contains no connector type", config)
	default:
		one := &connector{target: connect.Running}
		if asked {
			one.target = connect.State(state)
		}
		c.connectors[name] = one
		c.put(name, config)
		answer(w, http.StatusCreated, info(name, one))
	}
}

func (c *Cluster) onConnector(w http.ResponseWriter, what, name string, body map[string]any) {
	one := c.connectors[name]
	if one == nil && what != "PUT config" {
		refuse(w, http.StatusNotFound, "Connector %s not found", name)
		return
	}
	switch what {
	case "GET ":
		answer(w, http.StatusOK, info(name, one))
	case "GET config":
		answer(w, http.StatusOK, one.config)
	case "GET status":
		answer(w, http.StatusOK, one.status(name))
	case "PUT config":
		status := http.StatusOK
		if one == nil {
			status = http.StatusCreated
		}
		answer(w, status, info(name, c.put(name, texts(body))))
	case "PUT pause":
		one.move(connect.Paused, c.lag)
		answer(w, http.StatusAccepted, nil)
	case "PUT resume":
		one.move(connect.Running, c.lag)
		answer(w, http.StatusAccepted, nil)
	case "PUT stop":
		one.move(connect.Stopped, c.lag)
		answer(w, http.StatusNoContent, nil)
	case "POST restart":
		one.start(c.lag)
		answer(w, http.StatusAccepted, one.status(name))
	case "DELETE ":
		delete(c.connectors, name)
		answer(w, http.StatusNoContent, nil)
	default:
		refuse(w, http.StatusNotFound, "HTTP 404 Not Found")
	}
}

func (c *Cluster) listing() map[string]any {
	listed := map[string]any{}
	for name, one := range c.connectors {
		if one.stale && one.starts > 1 {
			defer func() { one.stale, one.failed = false, map[int]string{} }()
		}
		listed[name] = map[string]any{"info": info(name, one), "status": one.status(name)}
		one.lag, one.hidden = max(0, one.lag-1), max(0, one.hidden-1)
	}
	return listed
}

// info is not of a type of package connect: that one hides passwords, which a worker does not.
func info(name string, one *connector) map[string]any {
	return map[string]any{"name": name, "type": connect.Source, "config": one.config, "tasks": []any{}}
}

const worker = "10.0.0.1:8083"

func (c *connector) status(name string) connect.Status {
	status := connect.Status{Name: name, Type: connect.Source, Connector: connect.ConnectorState{State: c.target, WorkerID: worker}}
	if trace := c.failed[itself]; trace != "" {
		status.Connector.State, status.Connector.Trace = connect.Failed, trace
		return status
	}
	if c.hidden > 0 {
		status.Connector.State = connect.Unassigned
	}
	for id := range c.tasks {
		task := connect.TaskState{ID: id, State: c.target, WorkerID: worker}
		if c.lag > 0 {
			task.State = connect.Unassigned
		}
		if trace := c.failed[id]; trace != "" {
			task.State, task.Trace = connect.Failed, trace
		}
		status.Tasks = append(status.Tasks, task)
	}
	return status
}

func texts(document any) map[string]string {
	all := map[string]string{}
	entries, _ := document.(map[string]any)
	for key, value := range entries {
		all[key], _ = value.(string)
	}
	return all
}

func refuse(w http.ResponseWriter, status int, format string, args ...any) {
	answer(w, status, map[string]any{"error_code": status, "message": fmt.Sprintf(format, args...)})
}

func answer(w http.ResponseWriter, status int, document any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	if document != nil {
		_ = json.NewEncoder(w).Encode(document)
	}
}
