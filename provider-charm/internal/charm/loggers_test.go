package charm

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"connectcharms/requirer-lib/hook"
)

func TestLogLevelsAreRead(t *testing.T) {
	for text, want := range map[string]Levels{
		"":                                      {"root": "INFO"},
		"warn":                                  {"root": "WARN"},
		"org.apache.kafka=DEBUG":                {"root": "INFO", "org.apache.kafka": "DEBUG"},
		"ERROR, a.b=trace\n c=OFF, root.x=INFO": {"root": "ERROR", "a.b": "TRACE", "c": "OFF", "root.x": "INFO"},
		"root=DEBUG":                            {"root": "DEBUG"},
	} {
		config := readConfig(options(hook.Config{"log-level": text}), hook.Event{Unit: "k/0"})
		assert.Empty(t, config.Problem, text)
		assert.Equal(t, want, config.Levels, text)
	}
	for text, want := range map[string]string{
		"LOUD":          `config log-level: "LOUD" is no level: use OFF, FATAL, ERROR, WARN, INFO, DEBUG, TRACE, or LOGGER=LEVEL`,
		"a=b=INFO":      `config log-level: "a=b=INFO" is no level: use OFF, FATAL, ERROR, WARN, INFO, DEBUG, TRACE, or LOGGER=LEVEL`,
		"../root=INFO":  `config log-level: "../root" is no logger's name`,
		"a=INFO a=WARN": `config log-level: "a" is there twice`,
	} {
		assert.Equal(t, want, readConfig(options(hook.Config{"log-level": text}), hook.Event{Unit: "k/0"}).Problem)
	}
}

func TestLogLevelsAreSetWhereTheyDiffer(t *testing.T) {
	info := Levels{"root": "INFO"}
	debug := Levels{"root": "INFO", "org.apache.kafka": "DEBUG"}
	for name, c := range map[string]struct {
		want, have, set Levels
		due             bool
	}{
		"as it should be":                       {info, Levels{"root": "INFO", "org.reflections": "ERROR"}, nil, false},
		"not known":                             {info, nil, nil, false},
		"the root":                              {info, Levels{"root": "WARN"}, nil, true},
		"a logger":                              {debug, info, nil, true},
		"a logger that is set":                  {debug, Levels{"root": "INFO", "org.apache.kafka": "DEBUG", "org.apache.kafka.x": "DEBUG"}, debug, false},
		"one that is no more in the option":     {info, Levels{"root": "INFO", "org.apache.kafka": "DEBUG"}, debug, true},
		"the same, after a start of the worker": {info, info, nil, false},
	} {
		w := settled(t)
		w.Config.Levels, w.Services.Levels, w.Services.Started.Levels = c.want, c.have, c.set
		assert.Equal(t, c.due, setLevels(w) != nil, name)
	}
}
