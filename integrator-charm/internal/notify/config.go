package notify

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/mail"
	"net/url"
	"path/filepath"
	"slices"
	"time"

	"go.yaml.in/yaml/v4"
)

// Config is the section notify of the settings.
type Config struct {
	Events []Kind `yaml:"events,omitempty"` // that are told; none: all
	// GroupWait is how long an event waits for more, to be told in one message. 0: 30 s.
	GroupWait time.Duration `yaml:"group-wait,omitempty"`
	// GroupInterval is the least time between two messages about one cluster to one receiver. 0: 5 m.
	GroupInterval time.Duration `yaml:"group-interval,omitempty"`
	// RepeatInterval is how often it is told again that something is still failed. 0: 4 h.
	RepeatInterval time.Duration `yaml:"repeat-interval,omitempty"`
	// GiveUpAfter is how long it is tried to deliver a message. 0: 24 h.
	GiveUpAfter time.Duration `yaml:"give-up-after,omitempty"`
	// Link is the address of the manager's page, for the messages.
	Link string `yaml:"link,omitempty"`
	// SecretFile has the secret that webhooks are signed with. Empty: they are not.
	SecretFile string           `yaml:"secret-file,omitempty"`
	SMTP       SMTP             `yaml:"smtp,omitempty"`
	Default    Route            `yaml:"default,omitempty"` // where neither owner nor team says anything
	Teams      map[string]Route `yaml:"teams,omitempty"`   // beside what the state file says of the owner
	Templates  Templates        `yaml:"templates,omitempty"`
}

// Route is where somebody is told. Whoever knows the address of a webhook or a chat can write there: so it stands in a file.
type Route struct {
	Email       []string `yaml:"email,omitempty"`
	WebhookFile string   `yaml:"webhook-file,omitempty"`
	ChatFile    string   `yaml:"chat-file,omitempty"`
	Events      []Kind   `yaml:"events,omitempty"` // none: those of the section
}

// SMTP is the server that takes mail.
type SMTP struct {
	Address string `yaml:"address,omitempty"` // host:port; empty: no mail is sent
	From    string `yaml:"from,omitempty"`
	// TLS is starttls, tls (from the first byte on), or none. Empty: starttls.
	TLS          string `yaml:"tls,omitempty"`
	CAFile       string `yaml:"ca-file,omitempty"` // PEM; empty: what the system trusts
	Username     string `yaml:"username,omitempty"`
	PasswordFile string `yaml:"password-file,omitempty"`
}

// How SMTP is protected.
const (
	StartTLS = "starttls"
	TLS      = "tls"
	NoTLS    = "none"
)

// Decode reads the section; the zero node is nobody told. Unknown keys are errors. Files that it names with a relative path are in dir.
func Decode(node yaml.Node, dir string) (Config, error) {
	var config Config
	if !node.IsZero() {
		if err := node.Load(&config, yaml.WithKnownFields(), yaml.WithUniqueKeys()); err != nil {
			return Config{}, fmt.Errorf("notify: %w", err)
		}
	}
	config.complete(dir)
	if err := config.check(); err != nil {
		return Config{}, fmt.Errorf("notify: %w", err)
	}
	return config, nil
}

func (c *Config) complete(dir string) {
	c.GroupWait = cmp.Or(c.GroupWait, 30*time.Second)
	c.GroupInterval = cmp.Or(c.GroupInterval, 5*time.Minute)
	c.RepeatInterval = cmp.Or(c.RepeatInterval, 4*time.Hour)
	c.GiveUpAfter = cmp.Or(c.GiveUpAfter, 24*time.Hour)
	c.SMTP.TLS = cmp.Or(c.SMTP.TLS, StartTLS)
	if len(c.Events) == 0 {
		c.Events = kinds
	}
	for _, path := range []*string{&c.SecretFile, &c.SMTP.CAFile, &c.SMTP.PasswordFile, &c.Default.WebhookFile, &c.Default.ChatFile} {
		*path = within(dir, *path)
	}
	for team, route := range c.Teams {
		route.WebhookFile, route.ChatFile = within(dir, route.WebhookFile), within(dir, route.ChatFile)
		c.Teams[team] = route
	}
}

func within(dir, path string) string {
	if path == "" || filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(dir, path)
}

func (c Config) check() error {
	all := []error{c.SMTP.check(), checkKinds(c.Events), c.checkRoute(c.Default)}
	for name, span := range map[string]time.Duration{
		"group-wait": c.GroupWait, "group-interval": c.GroupInterval, "repeat-interval": c.RepeatInterval, "give-up-after": c.GiveUpAfter,
	} {
		if span < 0 {
			all = append(all, fmt.Errorf("%s: want a time such as 5m", name))
		}
	}
	if link, err := url.Parse(c.Link); err != nil || c.Link != "" && link.Scheme != "https" && link.Scheme != "http" {
		all = append(all, errors.New("link: want the address of the manager's page"))
	}
	for _, team := range slices.Sorted(maps.Keys(c.Teams)) {
		if err := c.checkRoute(c.Teams[team]); err != nil {
			all = append(all, fmt.Errorf("team %q: %w", team, err))
		}
	}
	if _, err := c.Templates.parse(); err != nil {
		all = append(all, err)
	}
	return errors.Join(all...)
}

func (c Config) checkRoute(route Route) error {
	all := []error{checkKinds(route.Events)}
	for _, address := range route.Email {
		if _, err := mail.ParseAddress(address); err != nil {
			all = append(all, fmt.Errorf("email: %q is no address", address))
		}
	}
	if len(route.Email) > 0 && c.SMTP.Address == "" {
		all = append(all, errors.New("email: there is no smtp.address to send it to"))
	}
	return errors.Join(all...)
}

func (s SMTP) check() error {
	if s.Address == "" {
		return nil
	}
	var all []error
	if _, _, err := net.SplitHostPort(s.Address); err != nil {
		all = append(all, errors.New("smtp.address: want host:port"))
	}
	if _, err := mail.ParseAddress(s.From); err != nil {
		all = append(all, errors.New("smtp.from: want the address that mail comes from"))
	}
	if !slices.Contains([]string{StartTLS, TLS, NoTLS}, s.TLS) {
		all = append(all, fmt.Errorf("smtp.tls: want %s, %s or %s", StartTLS, TLS, NoTLS))
	}
	if (s.Username == "") != (s.PasswordFile == "") {
		all = append(all, errors.New("smtp: want username and password-file, or none of them"))
	}
	if s.TLS == NoTLS && s.Username != "" {
		all = append(all, errors.New("smtp: a password is not sent without TLS"))
	}
	return errors.Join(all...)
}

// events are the kinds that a team is told of.
func (c Config) events(team string) []Kind {
	if of := c.Teams[team].Events; len(of) > 0 {
		return of
	}
	return c.Events
}
