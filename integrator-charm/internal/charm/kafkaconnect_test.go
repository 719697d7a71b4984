package charm_test

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

// kafkaConnect stands in for a cluster: the few requests that the charm makes, each answered as Kafka Connect 4.3.1 does.
type kafkaConnect struct {
	URL string

	mu         sync.Mutex
	password   string
	connectors map[string]*running
	writes     []string // "POST name", "PUT name", "DELETE name"
	tasks      string   // state that tasks are in
	refuse     map[string]int
}

type running struct{ config map[string]string }

func startKafkaConnect(t *testing.T) *kafkaConnect {
	k := &kafkaConnect{password: "pw-of-relation", connectors: map[string]*running{}, tasks: "RUNNING", refuse: map[string]int{}}
	server := httptest.NewServer(k)
	t.Cleanup(server.Close)
	k.URL = server.URL
	return k
}

func (k *kafkaConnect) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if _, password, _ := r.BasicAuth(); password != k.password {
		answer(w, http.StatusUnauthorized, nil)
		return
	}
	name := strings.TrimSuffix(strings.TrimPrefix(r.URL.Path, "/connectors"), "/config")
	name = strings.TrimPrefix(name, "/")
	var body map[string]any
	_ = json.NewDecoder(r.Body).Decode(&body)
	if r.Method == http.MethodPost {
		name, _ = body["name"].(string)
		body, _ = body["config"].(map[string]any)
	}
	if status := k.refuse[name]; status != 0 && r.Method != http.MethodGet {
		answer(w, status, map[string]any{"error_code": status, "message": "refused: " + name})
		return
	}
	switch r.Method {
	case http.MethodGet:
		answer(w, http.StatusOK, k.listing())
		return
	case http.MethodDelete:
		delete(k.connectors, name)
		answer(w, http.StatusNoContent, nil)
	case http.MethodPost, http.MethodPut:
		config := map[string]string{"name": name}
		for key, value := range body {
			config[key], _ = value.(string)
		}
		k.connectors[name] = &running{config}
		answer(w, http.StatusCreated, map[string]any{"name": name, "config": config})
	}
	k.writes = append(k.writes, r.Method+" "+name)
}

func (k *kafkaConnect) listing() map[string]any {
	listing := map[string]any{}
	for name, connector := range k.connectors {
		task := map[string]any{"id": 1, "state": k.tasks, "worker_id": "w"}
		if k.tasks == "FAILED" {
			task["trace"] = "org.apache.kafka.connect.errors.ConnectException: no way, hunter2\n\tat Foo.java"
		}
		listing[name] = map[string]any{
			"info": map[string]any{"name": name, "config": connector.config},
			"status": map[string]any{
				"name": name, "connector": map[string]any{"state": "RUNNING", "worker_id": "w"},
				"tasks": []any{map[string]any{"id": 0, "state": "RUNNING", "worker_id": "w"}, task},
			},
		}
	}
	return listing
}

func answer(w http.ResponseWriter, status int, document any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	if document != nil {
		_ = json.NewEncoder(w).Encode(document)
	}
}

// set changes how the cluster behaves.
func (k *kafkaConnect) set(change func(*kafkaConnect)) {
	k.mu.Lock()
	defer k.mu.Unlock()
	change(k)
}

// takeWrites gives the writes since it was last called.
func (k *kafkaConnect) takeWrites() []string {
	k.mu.Lock()
	defer k.mu.Unlock()
	writes := k.writes
	k.writes = nil
	return writes
}

func (k *kafkaConnect) config(name string) map[string]string {
	k.mu.Lock()
	defer k.mu.Unlock()
	if connector := k.connectors[name]; connector != nil {
		return maps.Clone(connector.config)
	}
	return nil
}
