package connecttest

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"path"
	"slices"
	"strconv"

	"connectcharms/requirer-lib/connect"
)

// version is that of the Kafka Connect whose answers these are.
const version = "4.3.1"

// workerID is the one worker's.
const workerID = "127.0.0.1:8083"

// answer is a status and what follows as JSON; nil: nothing.
type answer struct {
	status int
	body   any
}

func wrong(status int, format string, args ...any) answer {
	return answer{status, map[string]any{"error_code": status, "message": fmt.Sprintf(format, args...)}}
}

// validatePattern is of a request that is a PUT and changes nothing.
const validatePattern = "PUT /connector-plugins/{class}/config/validate"

func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	for pattern, handle := range map[string]func(*http.Request) answer{
		"GET /{$}":                        s.info,
		"GET /health":                     s.health,
		"GET /connector-plugins":          s.listPlugins,
		"GET /connectors":                 s.list,
		"POST /connectors":                s.create,
		"GET /connectors/{name}":          s.on(func(name string, c *connector, _ *http.Request) answer { return answer{http.StatusOK, s.show(name, c)} }),
		"PUT /connectors/{name}/config":   s.put,
		"GET /connectors/{name}/config":   s.on(func(_ string, c *connector, _ *http.Request) answer { return answer{http.StatusOK, c.config} }),
		"PATCH /connectors/{name}/config": s.on(s.patch),
		"DELETE /connectors/{name}":       s.on(s.remove),
		"GET /connectors/{name}/status": s.on(func(name string, c *connector, _ *http.Request) answer {
			return answer{http.StatusOK, s.status(name, c)}
		}),
		"GET /connectors/{name}/tasks":          s.on(s.tasks),
		"PUT /connectors/{name}/pause":          s.on(become(connect.Paused, http.StatusAccepted)),
		"PUT /connectors/{name}/resume":         s.on(become(connect.Running, http.StatusAccepted)),
		"PUT /connectors/{name}/stop":           s.on(become(connect.Stopped, http.StatusNoContent)),
		"POST /connectors/{name}/restart":       s.on(s.restart),
		"GET /connector-plugins/{class}/config": s.describe,
		validatePattern:                         s.validate,
		"GET /connectors/{name}/offsets":        s.on(s.getOffsets),
		"PATCH /connectors/{name}/offsets":      s.on(s.alterOffsets),
		"DELETE /connectors/{name}/offsets":     s.on(s.resetOffsets),
		"/": func(r *http.Request) answer {
			return wrong(http.StatusNotImplemented, "connecttest does not know %s %s", r.Method, r.URL.Path)
		},
	} {
		mux.HandleFunc(pattern, func(w http.ResponseWriter, r *http.Request) { s.serve(w, r, handle) })
	}
	return mux
}

// serve is the way of every request.
func (s *Server) serve(w http.ResponseWriter, r *http.Request, handle func(*http.Request) answer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	result := answer{status: http.StatusUnauthorized}
	if s.let(r) {
		result = handle(r)
		if r.Method != http.MethodGet && r.Pattern != validatePattern {
			s.writes = append(s.writes, r.Method+" "+r.URL.Path)
		}
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(result.status)
	if result.body != nil {
		_ = json.NewEncoder(w).Encode(result.body)
	}
}

// on handles a request for a connector that has to be there.
func (s *Server) on(handle func(name string, c *connector, r *http.Request) answer) func(*http.Request) answer {
	return func(r *http.Request) answer {
		name := r.PathValue("name")
		c := s.connectors[name]
		if refused := s.refusals[name]; refused.status != 0 && r.Method != http.MethodGet {
			return wrong(refused.status, "%s", refused.message)
		}
		if c == nil {
			return wrong(http.StatusNotFound, unknown(r), name)
		}
		return handle(name, c, r)
	}
}

// unknown words that there is no such connector, as each part of Kafka Connect does.
func unknown(r *http.Request) string {
	switch path.Base(r.URL.Path) {
	case "pause", "resume", "stop":
		return "Unknown connector %s"
	case "restart":
		return "Unknown connector: %s"
	}
	return "Connector %s not found"
}

func (s *Server) info(*http.Request) answer {
	return answer{http.StatusOK, connect.ServerInfo{Version: version, Commit: "connecttest", KafkaClusterID: "connecttest"}}
}

func (s *Server) health(*http.Request) answer {
	return answer{http.StatusOK, connect.Health{Status: connect.Healthy, Message: "Worker has completed startup and is ready to handle requests."}}
}

func (s *Server) listPlugins(*http.Request) answer {
	plugins := []connect.Plugin{}
	for _, plugin := range s.plugins {
		plugins = append(plugins, plugin.Plugin)
	}
	return answer{http.StatusOK, plugins}
}

func (s *Server) list(r *http.Request) answer {
	expand := r.URL.Query()["expand"]
	if len(expand) == 0 {
		return answer{http.StatusOK, append([]string{}, slices.Sorted(maps.Keys(s.connectors))...)}
	}
	listed := map[string]map[string]any{}
	for name, c := range s.connectors {
		listed[name] = map[string]any{}
		if slices.Contains(expand, "info") {
			listed[name]["info"] = s.show(name, c)
		}
		if slices.Contains(expand, "status") {
			listed[name]["status"] = s.status(name, c)
		}
	}
	return answer{http.StatusOK, listed}
}

func (s *Server) create(r *http.Request) answer {
	var asked struct {
		Name         string             `json:"name"`
		Config       map[string]*string `json:"config"`
		InitialState connect.State      `json:"initial_state"`
	}
	if err := json.NewDecoder(r.Body).Decode(&asked); err != nil {
		return wrong(http.StatusInternalServerError, "Unexpected end-of-input or other: %v", err)
	}
	if refused := s.refusals[asked.Name]; refused.status != 0 {
		return wrong(refused.status, "%s", refused.message)
	}
	config, problem := s.check(asked.Name, asked.Config)
	switch {
	case problem.status != 0:
		return problem
	case s.connectors[asked.Name] != nil:
		return wrong(http.StatusConflict, "Connector %s already exists", asked.Name)
	}
	s.connectors[asked.Name] = &connector{config: config}
	s.connectors[asked.Name].become(cmp.Or(asked.InitialState, connect.Running))
	return answer{http.StatusCreated, s.made(asked.Name)}
}

// check completes a configuration, or says why it is none.
func (s *Server) check(name string, given map[string]*string) (map[string]string, answer) {
	config := map[string]string{"name": name}
	for key, value := range given {
		if value == nil {
			return nil, wrong(http.StatusNotImplemented, "connecttest does not know what becomes of null for %s", key)
		}
		config[key] = *value
	}
	class := config["connector.class"]
	switch {
	case class == "":
		return nil, wrong(http.StatusBadRequest, "Connector config {name=%s} contains no connector type", name)
	case s.kind(config) == connect.UnknownType:
		return nil, wrong(http.StatusBadRequest,
			"Failed to find any class that implements Connector and which name matches %s, available connectors are: …", class)
	}
	return config, answer{}
}

func (s *Server) kind(config map[string]string) connect.ConnectorType {
	for _, plugin := range s.plugins {
		if plugin.Class == config["connector.class"] {
			return connect.ConnectorType(plugin.Type)
		}
	}
	return connect.UnknownType
}

func (s *Server) put(r *http.Request) answer {
	name := r.PathValue("name")
	var given map[string]*string
	if err := json.NewDecoder(r.Body).Decode(&given); err != nil {
		return wrong(http.StatusInternalServerError, "Unexpected end-of-input or other: %v", err)
	}
	if refused := s.refusals[name]; refused.status != 0 {
		return wrong(refused.status, "%s", refused.message)
	}
	config, problem := s.check(name, given)
	if problem.status != 0 {
		return problem
	}
	if c := s.connectors[name]; c != nil {
		c.config, c.failed, c.broken = config, "", ""
		return answer{http.StatusOK, s.show(name, c)}
	}
	s.connectors[name] = &connector{config: config}
	s.connectors[name].become(connect.Running)
	return answer{http.StatusCreated, s.made(name)}
}

func (s *Server) patch(name string, c *connector, r *http.Request) answer {
	var given map[string]*string
	if err := json.NewDecoder(r.Body).Decode(&given); err != nil {
		return wrong(http.StatusInternalServerError, "Unexpected end-of-input or other: %v", err)
	}
	c.config, c.failed, c.broken = maps.Clone(c.config), "", ""
	for key, value := range given {
		if delete(c.config, key); value != nil {
			c.config[key] = *value
		}
	}
	return answer{http.StatusOK, s.show(name, c)}
}

func (s *Server) remove(name string, _ *connector, _ *http.Request) answer {
	delete(s.connectors, name)
	return answer{status: http.StatusNoContent}
}

func become(state connect.State, status int) func(string, *connector, *http.Request) answer {
	return func(_ string, c *connector, _ *http.Request) answer {
		c.become(state)
		return answer{status: status}
	}
}

func (s *Server) restart(name string, c *connector, r *http.Request) answer {
	if r.URL.Query().Get("includeTasks") != "true" {
		return answer{status: http.StatusNoContent}
	}
	c.failed, c.broken = "", ""
	status := s.status(name, c)
	status.Connector.State = connect.Restarting
	for i := range status.Tasks {
		status.Tasks[i].State = connect.Restarting
	}
	return answer{http.StatusAccepted, status}
}

// made is a connector as the answer to its creation shows it: its tasks come later.
func (s *Server) made(name string) map[string]any {
	shown := s.show(name, s.connectors[name])
	shown["tasks"] = []any{}
	return shown
}

// show is a connector as it is set up.
func (s *Server) show(name string, c *connector) map[string]any {
	tasks := []connect.TaskID{}
	for id := range c.tasks() {
		tasks = append(tasks, connect.TaskID{Connector: name, Task: id})
	}
	return map[string]any{"name": name, "config": c.config, "tasks": tasks, "type": s.kind(c.config)}
}

func (s *Server) tasks(name string, c *connector, _ *http.Request) answer {
	list := []map[string]any{}
	for id := range c.tasks() {
		config := maps.Clone(c.config)
		config["task.class"] = "connecttest.Task" + strconv.Itoa(id)
		list = append(list, map[string]any{"id": connect.TaskID{Connector: name, Task: id}, "config": config})
	}
	return answer{http.StatusOK, list}
}

// status is that of a connector that has got where it was asked to be.
func (s *Server) status(name string, c *connector) connect.Status {
	status := connect.Status{Name: name, Type: s.kind(c.config), Tasks: []connect.TaskState{}}
	status.Connector = connect.ConnectorState{State: c.state, WorkerID: workerID, Version: version}
	if c.broken != "" {
		status.Connector.State, status.Connector.Trace = connect.Failed, c.broken
	}
	for id := range c.tasks() {
		task := connect.TaskState{ID: id, State: c.state, WorkerID: workerID, Version: version}
		if c.failed != "" {
			task.State, task.Trace = connect.Failed, c.failed
		}
		status.Tasks = append(status.Tasks, task)
	}
	return status
}
