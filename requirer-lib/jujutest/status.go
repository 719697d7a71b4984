package jujutest

import (
	"fmt"
	"time"
)

// status is a workload's, an agent's or an application's status.
type status struct {
	current, message string
	since            time.Time
	data             map[string]any
}

// StatusInfo is a status as status-set left it, or as the model sets it.
type StatusInfo struct {
	Current string // such as "active", "blocked", "error"
	Message string
	Since   time.Time
}

func newStatus(current, message string) status {
	return status{current: current, message: message, since: time.Now()}
}

func (s status) info() StatusInfo {
	return StatusInfo{Current: s.current, Message: s.message, Since: s.since}
}

// workloadStatus is what people see: the workload's own, or error when a hook has failed for good.
func (u *unit) workloadStatus() status {
	if u.inError() {
		return status{current: "error", message: fmt.Sprintf("hook failed: %q", u.failed.shownName()), since: u.agent.since}
	}
	return u.workload
}

func (u *unit) agentStatus() status {
	if u.inError() {
		return status{current: "idle", since: u.agent.since}
	}
	return u.agent
}

// severity orders unit statuses for an application that sets none of its own: the most urgent one counts.
var severity = map[string]int{
	"error": 100, "blocked": 90, "maintenance": 80, "waiting": 70, "active": 60, "terminated": 50, "unknown": 40,
}

// applicationStatus is the application's own status, or the most urgent one of its units.
func (a *application) currentStatus() status {
	if a.statusSet {
		return a.status
	}
	result := status{current: "unknown", since: a.status.since}
	for _, name := range sortedKeys(a.units) {
		s := a.units[name].workloadStatus()
		if severity[s.current] > severity[result.current] || result.message == "" && s.current == result.current {
			result = s
		}
	}
	return result
}

// StatusOf is the status of an application or a unit's workload, and whether there is such a one.
func (m *Model) StatusOf(appOrUnit string) (StatusInfo, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if u, ok := m.units[appOrUnit]; ok {
		return u.workloadStatus().info(), true
	}
	if app, ok := m.apps[appOrUnit]; ok {
		return app.currentStatus().info(), true
	}
	return StatusInfo{}, false
}
