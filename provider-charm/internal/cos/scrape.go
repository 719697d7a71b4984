package cos

import (
	"net"
	"strconv"

	"connectcharms/requirer-lib/hook"
)

// Endpoint is what one unit serves to Prometheus.
type Endpoint struct {
	Host   string
	Port   int  // 0: it serves nothing
	Worker bool // the worker's own metrics (JMX) are served too, beside the gateway's
}

// The paths of the gateway's metrics listener.
const (
	metricsPath = "/metrics"
	workerPath  = "/metrics/worker"
)

// job is a scrape configuration of Prometheus.
type job struct {
	Name    string          `json:"job_name"`
	Path    string          `json:"metrics_path"`
	Targets []staticTargets `json:"static_configs"`
}

type staticTargets struct {
	Targets []string `json:"targets"`
}

// jobs are two where the worker's metrics are served: one that is slow or broken does not take the other with it.
func (e Endpoint) jobs(prefix string) []job {
	if e.Port == 0 {
		return []job{}
	}
	target := []staticTargets{{[]string{net.JoinHostPort(e.Host, strconv.Itoa(e.Port))}}}
	if e.Host == allUnits {
		target = []staticTargets{{[]string{allUnits + ":" + strconv.Itoa(e.Port)}}}
	}
	jobs := []job{{prefix + "gateway", metricsPath, target}}
	if e.Worker {
		jobs = append(jobs, job{prefix + "worker", workerPath, target})
	}
	return jobs
}

// allUnits stands for the address of each unit.
const allUnits = "*"

// ScrapeApplication is the application's databag in a prometheus_scrape relation. The host of the endpoint is each unit's
// own to say: see ScrapeUnit.
func ScrapeApplication(of Topology, endpoint Endpoint) hook.Databag {
	endpoint.Host, of.Unit = allUnits, ""
	return hook.Databag{
		"scrape_metadata": encode(of),
		"scrape_jobs":     encode(endpoint.jobs("")),
		"alert_rules":     encode(rules(of)),
	}
}

// ScrapeUnit is the unit's databag in a prometheus_scrape relation.
func ScrapeUnit(unit, address string) hook.Databag {
	return hook.Databag{
		"prometheus_scrape_unit_address": address,
		"prometheus_scrape_unit_name":    unit,
	}
}

// Agent is the unit's databag in a cos_agent relation.
func Agent(of Topology, endpoint Endpoint) hook.Databag {
	return hook.Databag{"config": encode(map[string]any{
		"metrics_alert_rules": rules(of),
		"log_alert_rules":     map[string]any{},
		"dashboards":          []string{packedDashboard()},
		"metrics_scrape_jobs": endpoint.jobs(of.Application + "_"),
		"log_slots":           []string{},
	})}
}
