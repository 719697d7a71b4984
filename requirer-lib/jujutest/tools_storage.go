package jujutest

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

func storageList(c *toolCall) tool {
	var (
		out  toolOutput
		name string
	)
	return tool{
		flags: func(f *flagSet) { out.flags(f, "smart") },
		init: func(args []string) error {
			if len(args) > 0 {
				name, args = args[0], args[1:]
			}
			return noMore(args)
		},
		run: func() error {
			ids := []string{}
			for _, s := range c.model.storageOf(c.unit) {
				if name == "" || s.name == name {
					ids = append(ids, s.id)
				}
			}
			return out.write(c, ids)
		},
	}
}

var storageIDPattern = regexp.MustCompile(`^[a-z][a-z0-9-]*/[0-9]+$`)

func storageGet(c *toolCall) tool {
	var (
		out toolOutput
		key string
	)
	id := c.info.storage
	return tool{
		flags: func(f *flagSet) {
			out.flags(f, "smart")
			f.value(func(value string) error {
				if !storageIDPattern.MatchString(value) {
					return fmt.Errorf("invalid storage ID %q", value)
				}
				if s := c.model.storage[value]; s == nil || s.unit != c.unit.name {
					return fmt.Errorf("storage instance %q not found", value)
				}
				id = value
				return nil
			}, "s")
		},
		init: func(args []string) error {
			if id == "" {
				return errors.New("no storage instance specified")
			}
			if len(args) > 0 {
				key, args = args[0], args[1:]
			}
			return noMore(args)
		},
		run: func() error {
			s := c.model.storage[id]
			if s == nil {
				return fmt.Errorf("storage %q not found", id)
			}
			values := map[string]any{"kind": s.kind, "location": s.location}
			if key == "" {
				return out.write(c, values)
			}
			value, ok := values[key]
			if !ok {
				return fmt.Errorf("invalid storage attribute %q", key)
			}
			return out.write(c, value)
		},
	}
}

func storageAdd(c *toolCall) tool {
	counts := map[string]int{}
	return tool{
		init: func(args []string) error {
			if len(args) < 1 {
				return errors.New("storage add requires a storage directive")
			}
			for _, word := range args {
				name, text, told := strings.Cut(word, "=")
				count := 1
				if told {
					n, err := strconv.Atoi(text)
					if err != nil || n < 1 {
						return fmt.Errorf("only count can be specified for %q", name)
					}
					count = n
				}
				counts[name] += count
			}
			return nil
		},
		run: func() error {
			for name, count := range counts {
				c.storageAdds[name] += count
			}
			return nil
		},
	}
}
