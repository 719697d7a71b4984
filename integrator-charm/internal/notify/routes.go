package notify

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"

	"connectcharms/requirer-lib/secret"
)

// routes are a configuration with all that its files hold.
type routes struct {
	config    Config
	key       Key
	templates templates
	usual     templates
	client    *http.Client
	fallback  []receiver
	teams     map[string][]receiver
	signing   secret.Value
}

// resolve reads the files of a configuration.
func resolve(config Config, key Key) (*routes, error) {
	r := &routes{config: config, key: key, client: newClient(), teams: map[string][]receiver{}}
	var err error
	if r.usual, err = (Templates{}).parse(); err != nil {
		return nil, err
	}
	if r.templates, err = config.Templates.parse(); err != nil {
		return nil, err
	}
	if r.signing, err = readAddress(config.SecretFile); err != nil {
		return nil, fmt.Errorf("notify: secret-file: %w", err)
	}
	if config.SMTP.Address != "" {
		if _, err := config.SMTP.client(); err != nil {
			return nil, fmt.Errorf("notify: smtp: %w", err)
		}
	}
	if r.fallback, err = r.resolve(config.Default); err != nil {
		return nil, fmt.Errorf("notify: default: %w", err)
	}
	for _, team := range slices.Sorted(maps.Keys(config.Teams)) {
		if r.teams[team], err = r.resolve(config.Teams[team]); err != nil {
			return nil, fmt.Errorf("notify: team %q: %w", team, err)
		}
	}
	return r, nil
}

func (r *routes) resolve(route Route) ([]receiver, error) {
	webhook, err := readAddress(route.WebhookFile)
	if err != nil {
		return nil, fmt.Errorf("webhook-file: %w", err)
	}
	chat, err := readAddress(route.ChatFile)
	if err != nil {
		return nil, fmt.Errorf("chat-file: %w", err)
	}
	return r.key.receivers(strings.Join(route.Email, ", "), webhook, chat)
}

// of is everyone who is told about a connector: those that its owner named, and those of its team; where there are none, the default.
// An address that is none is left out.
func (r *routes) of(subject Subject) []receiver {
	own, _ := r.key.receivers(subject.Email, subject.Webhook, subject.Chat) // Know has told what is wrong
	all := slices.Concat(own, r.teams[subject.Team])
	if len(all) == 0 {
		all = r.fallback
	}
	all = slices.DeleteFunc(slices.Clone(all), func(to receiver) bool { return to.channel == byMail && r.config.SMTP.Address == "" })
	slices.SortFunc(all, func(a, b receiver) int { return strings.Compare(a.name, b.name) })
	return slices.CompactFunc(all, func(a, b receiver) bool { return a.name == b.name })
}

// problems says what of a subject's addresses cannot be used.
func (r *routes) problems(subject Subject) error {
	own, err := r.key.receivers(subject.Email, subject.Webhook, subject.Chat)
	if r.config.SMTP.Address == "" && slices.ContainsFunc(own, func(to receiver) bool { return to.channel == byMail }) {
		err = errors.Join(err, errors.New("email: there is no smtp.address to send it to"))
	}
	return err
}

// sealedAddress is what is kept of a receiver beside its name.
func (k Key) sealedAddress(to receiver) []byte {
	return k.Seal(string(to.channel)+" "+to.address.Reveal(), to.name)
}

func (k Key) addressOf(name string, sealed []byte) (receiver, error) {
	text, err := k.Unseal(sealed, name)
	if err != nil {
		return receiver{}, err
	}
	way, address, _ := strings.Cut(text, " ")
	return receiver{name: name, channel: channel(way), address: secret.New(address)}, nil
}
