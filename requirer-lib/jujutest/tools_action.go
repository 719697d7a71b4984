package jujutest

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
)

var errNoAction = errors.New("not running an action")

func actionGet(c *toolCall) tool {
	var (
		out  toolOutput
		keys []string
	)
	return tool{
		flags: func(f *flagSet) { out.flags(f, "smart") },
		init: func(args []string) error {
			if len(args) == 0 {
				return nil
			}
			keys = strings.Split(args[0], ".")
			return noMore(args[1:])
		},
		run: func() error {
			if c.info.action == nil {
				return errNoAction
			}
			var value any = c.info.action.params
			for _, key := range keys {
				inner, ok := value.(map[string]any)
				if value = nil; ok {
					value = inner[key]
				}
			}
			return out.write(c, value)
		},
	}
}

var (
	actionKey    = regexp.MustCompile(`^[a-z0-9](([a-z0-9-]*[a-z0-9])?)*$`)
	reservedKeys = []string{"stdout", "stdout-encoding", "stderr", "stderr-encoding"}
)

func actionSet(c *toolCall) tool {
	type result struct {
		keys  []string
		value string
	}
	var results []result
	return tool{
		init: func(args []string) error {
			for _, word := range args {
				path, value, ok := strings.Cut(word, "=")
				if !ok {
					return fmt.Errorf("argument %q must be of the form key...=value", word)
				}
				keys := strings.Split(path, ".")
				for _, key := range keys {
					if !actionKey.MatchString(key) {
						return fmt.Errorf("key %q must start and end with lowercase alphanumeric, and contain only lowercase alphanumeric and hyphens", key)
					}
					if slices.Contains(reservedKeys, key) {
						return fmt.Errorf(`cannot set reserved action key "%s"`, key)
					}
				}
				results = append(results, result{keys, value})
			}
			return nil
		},
		run: func() error {
			if c.info.action == nil {
				return errNoAction
			}
			for _, r := range results {
				c.info.action.set(r.keys, r.value)
			}
			return nil
		},
	}
}

func actionFail(c *toolCall) tool {
	message := "action failed without reason given, check action for errors"
	return tool{
		init: func(args []string) error {
			if len(args) == 0 {
				return nil
			}
			message = args[0]
			return noMore(args[1:])
		},
		run: func() error {
			if c.info.action == nil {
				return errNoAction
			}
			c.info.action.failed, c.info.action.message = true, message
			return nil
		},
	}
}

func actionLog(c *toolCall) tool {
	message := ""
	return tool{
		init: func(args []string) error {
			if len(args) == 0 {
				return errors.New("no message specified")
			}
			message = strings.Join(args, " ")
			return nil
		},
		run: func() error {
			if c.info.action == nil {
				return errNoAction
			}
			c.info.action.log = append(c.info.action.log, ActionMessage{At: time.Now(), Message: message})
			return nil
		},
	}
}
