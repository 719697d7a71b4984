package supervisor

// Plan is what Pebble is to run, and to look at. Durations are in Go's notation, as Pebble's layers have them.
type Plan struct {
	Services map[string]Service `yaml:"services"`
	Checks   map[string]Check   `yaml:"checks,omitempty"`
}

// Service is one service as Pebble is to run it.
type Service struct {
	Summary      string            `yaml:"summary"`
	Override     string            `yaml:"override"`
	Startup      string            `yaml:"startup"`
	Command      string            `yaml:"command"`
	Environment  map[string]string `yaml:"environment,omitempty"`
	WorkingDir   string            `yaml:"working-dir,omitempty"`
	User         string            `yaml:"user,omitempty"`          // empty: whoever Pebble runs as
	KillDelay    string            `yaml:"kill-delay,omitempty"`    // from SIGTERM to SIGKILL
	BackoffDelay string            `yaml:"backoff-delay,omitempty"` // before the first restart after a death
	BackoffLimit string            `yaml:"backoff-limit,omitempty"`

	OnCheckFailure map[string]string `yaml:"on-check-failure,omitempty"` // what is done, by check: "restart"
}

// Check is one look at a service, taken again and again. Of the kinds one is set.
type Check struct {
	Override  string     `yaml:"override"`
	Level     string     `yaml:"level,omitempty"` // "ready": Kubernetes sends no requests to a pod in which it fails
	Period    string     `yaml:"period,omitempty"`
	Timeout   string     `yaml:"timeout,omitempty"`
	Threshold int        `yaml:"threshold,omitempty"` // failures in a row from which it counts as failed
	HTTP      *HTTPCheck `yaml:"http,omitempty"`
	TCP       *TCPCheck  `yaml:"tcp,omitempty"`
}

// HTTPCheck wants an answer of the 200s.
type HTTPCheck struct {
	URL string `yaml:"url"`
}

// TCPCheck wants a connection.
type TCPCheck struct {
	Port int    `yaml:"port"`
	Host string `yaml:"host,omitempty"`
}
