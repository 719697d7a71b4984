package jujutest

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// errHelp is what parsing says when the command line asks for help.
var errHelp = errors.New("help requested")

// flagSet reads options the way Juju's command lines are read: they may stand anywhere; long names take two dashes, and their
// value after "=" or as the next word; one-letter names take one dash and may be joined, and their value follows at once
// ("-r5", where "-r=5" is the value "=5") or as the next word; "--" ends the options.
type flagSet struct {
	options map[string]option
}

type option struct {
	isBool bool
	set    func(value string) error
}

func newFlagSet() *flagSet { return &flagSet{options: map[string]option{}} }

// value adds an option under all of names.
func (f *flagSet) value(set func(string) error, names ...string) {
	for _, name := range names {
		f.options[name] = option{set: set}
	}
}

func (f *flagSet) text(to *string, names ...string) {
	f.value(func(value string) error { *to = value; return nil }, names...)
}

func (f *flagSet) number(to *int, names ...string) {
	f.value(func(value string) error {
		n, err := strconv.ParseInt(value, 0, 0)
		*to = int(n)
		return err
	}, names...)
}

func (f *flagSet) truth(to *bool, names ...string) {
	for _, name := range names {
		f.options[name] = option{isBool: true, set: func(value string) (err error) {
			*to, err = strconv.ParseBool(value)
			return err
		}}
	}
}

// parse sets the options in args and returns the other words.
func (f *flagSet) parse(args []string) (rest []string, err error) {
	for len(args) > 0 {
		word := args[0]
		args = args[1:]
		switch {
		case word == "--":
			return append(rest, args...), nil
		case strings.HasPrefix(word, "--"):
			args, err = f.parseLong(word[2:], args)
		case len(word) > 1 && word[0] == '-':
			args, err = f.parseShort(word[1:], args)
		default:
			rest = append(rest, word)
		}
		if err != nil {
			return nil, err
		}
	}
	return rest, nil
}

func (f *flagSet) parseLong(word string, args []string) ([]string, error) {
	name, value, hasValue := strings.Cut(word, "=")
	if name == "" {
		return nil, fmt.Errorf("empty option in argument %q", "--"+word)
	}
	return f.set(name, value, hasValue, args)
}

func (f *flagSet) parseShort(letters string, args []string) ([]string, error) {
	for len(letters) > 0 {
		_, size := utf8.DecodeRuneInString(letters)
		name, value := letters[:size], letters[size:]
		if !f.options[name].isBool || strings.HasPrefix(value, "=") {
			return f.set(name, value, value != "", args)
		}
		if err := f.options[name].set("true"); err != nil {
			return nil, err
		}
		letters = value
	}
	return args, nil
}

// set gives one option its value, from the next word when it has none yet.
func (f *flagSet) set(name, value string, hasValue bool, args []string) ([]string, error) {
	shown := "--" + name
	if len(name) == 1 {
		shown = "-" + name
	}
	known, ok := f.options[name]
	switch {
	case !ok && (name == "help" || name == "h"):
		return nil, errHelp
	case !ok:
		return nil, fmt.Errorf("option provided but not defined: %s", shown)
	case known.isBool && !hasValue:
		value = "true"
	case !hasValue && len(args) == 0:
		return nil, fmt.Errorf("option needs an argument: %s", shown)
	case !hasValue:
		value, args = args[0], args[1:]
	}
	if err := known.set(value); err != nil {
		return nil, fmt.Errorf("invalid value %q for option %s: %w", value, shown, err)
	}
	return args, nil
}

// noMore is the refusal of words that a tool does not take.
func noMore(args []string) error {
	if len(args) != 0 {
		return fmt.Errorf("unrecognized args: %q", args)
	}
	return nil
}

// keyValues reads words of the form key=value; a key may be given once. Space around keys and values is cut off, as Juju
// does it: values that must keep theirs go by file. An empty value means: remove.
func keyValues(args []string) (map[string]string, error) {
	values := make(map[string]string, len(args))
	for _, word := range args {
		if word == "" {
			continue
		}
		key, value, ok := strings.Cut(word, "=")
		if !ok {
			return nil, fmt.Errorf(`expected "key=value", got %q`, word)
		}
		key, value = strings.TrimSpace(key), strings.TrimSpace(value)
		if key == "" {
			return nil, fmt.Errorf(`expected "key=value", got "%s=%s"`, key, value)
		}
		if _, ok := values[key]; ok {
			return nil, fmt.Errorf("key %q specified more than once", key)
		}
		values[key] = value
	}
	return values, nil
}
