package notify

import (
	"errors"
	"fmt"
	"net/mail"
	"net/url"
	"os"
	"slices"
	"strings"

	"connectcharms/requirer-lib/secret"
)

// channel is a way of telling.
type channel string

const (
	byMail    channel = "email"
	byWebhook channel = "webhook"
	byChat    channel = "chat"
)

// receiver is one address. Its name can be shown, and is not that of another address.
type receiver struct {
	name    string
	channel channel
	address secret.Value
}

// receivers are the addresses that somebody gave, and what is wrong with those that are none.
func (k Key) receivers(emails string, webhook, chat secret.Value) (all []receiver, err error) {
	var wrong []error
	if strings.TrimSpace(emails) != "" {
		list, err := mail.ParseAddressList(emails)
		if err != nil {
			wrong = append(wrong, errors.New("email: not a list of addresses"))
		}
		for _, one := range list {
			all = append(all, receiver{name: "email " + one.Address, channel: byMail, address: secret.New(one.Address)})
		}
	}
	for way, address := range map[channel]secret.Value{byWebhook: webhook, byChat: chat} {
		if address.IsZero() {
			continue
		}
		host, err := hostOf(address)
		if err != nil {
			wrong = append(wrong, fmt.Errorf("%s: %w", way, err))
			continue
		}
		all = append(all, receiver{name: fmt.Sprintf("%s %s #%s", way, host, k.mark(address)), channel: way, address: address})
	}
	slices.SortFunc(all, func(a, b receiver) int { return strings.Compare(a.name, b.name) })
	return all, errors.Join(wrong...)
}

// hostOf is what may be shown of a URL.
func hostOf(address secret.Value) (string, error) {
	parsed, err := url.Parse(address.Reveal())
	if err != nil || parsed.Scheme != "https" && parsed.Scheme != "http" || parsed.Hostname() == "" {
		return "", errors.New("want a URL with http or https")
	}
	return parsed.Host, nil
}

// readAddress is the one line of a file.
func readAddress(path string) (secret.Value, error) {
	if path == "" {
		return secret.Value{}, nil
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return secret.Value{}, err
	}
	line := strings.TrimSpace(string(text))
	if line == "" {
		return secret.Value{}, fmt.Errorf("%s is empty", path)
	}
	return secret.New(line), nil
}
