package page

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/assert"
)

type object = map[string]any

// crowd is a Kafka Connect with many connectors that are as the state file wants them, but that each tenth has failed.
func crowd(t *testing.T, all []entry) string {
	t.Helper()
	listed := object{}
	for i, one := range all {
		state := map[bool]string{true: "FAILED", false: "RUNNING"}[i%10 == 0]
		config := object{
			"name": one.name, "connector.class": class, "tasks.max": "1", "topic": "t", "file": "/tmp/" + one.name, "connect.manager": "connect-manager",
		}
		listed[one.name] = object{
			"info": object{"name": one.name, "config": config, "tasks": []object{{"connector": one.name, "task": 0}}, "type": "source"},
			"status": object{
				"name": one.name, "type": "source", "connector": object{"state": "RUNNING", "worker_id": "10.0.0.1:8083"},
				"tasks": []object{{"id": 0, "state": state, "worker_id": "10.0.0.1:8083", "trace": map[bool]string{true: trace}[i%10 == 0]}},
			},
		}
	}
	text, err := json.Marshal(listed)
	assert.NoError(t, err)
	mux := http.NewServeMux()
	mux.HandleFunc("GET /connectors", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(text)
	})
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte(`{"version": "4.3.1", "commit": "0", "kafka_cluster_id": "crowd"}`))
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server.URL
}

func TestFiveThousandConnectorsStayFast(t *testing.T) {
	t.Parallel()
	var many []entry
	for i := range 5000 {
		many = append(many, entry{fmt.Sprintf("connector-%04d", i), fmt.Sprintf("team-%02d", i%40), staysFailed})
	}
	s := &stage{T: t}
	s.open("", map[string]string{"main": entries(many...)}, map[string]string{"main": crowd(t, many)})
	page := s.visit(desktop, ada, "")
	page.reads(".chips", "All 5,000")
	page.reads(".chips", "Failed 500")
	assert.Len(t, page.rows(), 100, "more are drawn when they are asked for")
	page.shot("many")
	page.click("button", "Show 200 more of 4,900")
	page.until("document.querySelectorAll('.row').length === 300")
	value[chromedp.Void](page, `void (window.longest = 0, new PerformanceObserver((list) => {
		for (const entry of list.getEntries()) window.longest = Math.max(window.longest, entry.duration);
	}).observe({ type: "longtask" }))`)
	page.fill("#q", "connector-4321")
	page.showsRows("connector-4321")
	t.Logf("the longest task of the page while a name was typed: %v", time.Duration(value[float64](page, "window.longest"))*time.Millisecond)
}
