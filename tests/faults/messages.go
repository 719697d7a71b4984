package faults

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"connectcharms/requirer-lib/connect"
	"connectcharms/tests/pair"
)

// What a control message of the source's changes.
const (
	plainKey  = "batch.size"
	secretKey = "token"
)

// Messages are the control messages that were sent: by number, which is what they set their keys to.
type Messages struct {
	sent int
	// acknowledged is the last one that was answered to be taken; those after it may have been taken too.
	acknowledged int
	// kept is the one that the connector had when the pair rested last.
	kept int
	// risked says that since then the manager that answers may have gone, or have ceased to lead: what was said in the
	// second before that may be lost (docs/connectors.md has the two gaps).
	risked bool
}

// message is what message N says.
func message(number int) map[string]any {
	return map[string]any{
		"type": "CONNECTOR_CONFIG", "emitted_at": float64(time.Now().UnixMicro()) / 1000,
		"connectorConfig": map[string]any{"config": map[string]string{
			plainKey: fmt.Sprint(1000 + number), secretKey: fmt.Sprintf("token number %d", number),
		}},
	}
}

// sendMessage sends the next control message to a unit by its action, and notes what it answers. What has a secret in it, Juju
// keeps as one.
func (s *Stage) sendMessage(ctx context.Context, unit string) error {
	l := s.Lines
	l.mu.Lock()
	l.sent++
	number := l.sent
	l.mu.Unlock()
	text, err := json.Marshal(message(number))
	if err != nil {
		return err
	}
	uri, err := s.AddSecret(fmt.Sprintf("message-%d", number), map[string]string{"message": string(text)})
	if err != nil {
		return err
	}
	if err := s.GrantSecret(uri, linesApp); err != nil {
		return err
	}
	result, err := s.RunAction(ctx, unit, "control", map[string]any{"name": "source", "secret": uri})
	if err != nil {
		return nil //nolint:nilerr // the unit has gone
	}
	var answer struct{ Outcome string }
	if told, _ := result.Results["result"].(string); json.Unmarshal([]byte(told), &answer) == nil && answer.Outcome == "taken" {
		l.mu.Lock()
		l.acknowledged = number
		l.mu.Unlock()
	}
	s.say("control message %d to %s: %s %s", number, unit, answer.Outcome, result.Message)
	return nil
}

// beginAnew notes that the relation ends, and with it what Juju keeps of messages. The manager may have them still.
func (l *Lines) beginAnew() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.acknowledged, l.kept, l.risked = 0, 0, true
}

// risk notes that a message that was acknowledged may be lost by right.
func (l *Lines) risk() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.risked = true
}

// heeded says whether the source is configured as messages have it that were acknowledged.
func (s *Stage) heeded(config connect.Settings) (problem string) {
	l := s.Lines
	l.mu.Lock()
	defer l.mu.Unlock()
	now := 0
	if config[plainKey] != "" {
		if _, err := fmt.Sscan(config[plainKey], &now); err != nil {
			return fmt.Sprintf("the source has %s=%s", plainKey, config[plainKey])
		}
		now -= 1000
	}
	least := l.acknowledged
	if l.risked {
		least = l.kept
	}
	if now < least || now > l.sent {
		return fmt.Sprintf("the source has control message %d, and %d was acknowledged (%d sent)", now, l.acknowledged, l.sent)
	}
	l.kept, l.acknowledged, l.risked = now, now, false
	if now == 0 {
		return ""
	}
	return s.holdsSecret(config[secretKey], fmt.Sprintf("token number %d", now))
}

// holdsSecret says whether every worker has a secret behind the reference in the source's configuration.
func (s *Stage) holdsSecret(reference, want string) (problem string) {
	_, name, is := strings.Cut(strings.TrimSuffix(reference, "}"), "secrets/")
	if !is {
		return fmt.Sprintf("the source's %s is no reference: %s", secretKey, reference)
	}
	path := "worker/secrets/" + strings.Replace(name, ":", "/", 1)
	for _, unit := range s.Units(pair.Provider) {
		if text := s.read(unit, path); text != want {
			return fmt.Sprintf("the file %s of %s does not have the secret of the last message", path, unit)
		}
	}
	return ""
}
