package probe

import (
	"context"
	"errors"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"

	"connectcharms/requirer-lib/connection"
	"connectcharms/requirer-lib/probe/scram"
)

// The requests by which a broker is greeted and logged in at.
var (
	greeting  = kmsg.NewPtrApiVersionsRequest().Key()
	handshake = kmsg.NewPtrSASLHandshakeRequest().Key()
	logIn     = kmsg.NewPtrSASLAuthenticateRequest().Key()
)

// OnBrokerWrite is the client's, after each request that it has sent.
func (p *progress) OnBrokerWrite(_ kgo.BrokerMetadata, key int16, _ int, _, _ time.Duration, _ error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.wrote, p.phase = key, connection.PhaseRequest
	if key == handshake || key == logIn {
		p.phase = connection.PhaseAuthenticate
	}
}

// judge says what an error of the client means, by how far it had got.
func (p *progress) judge(ctx context.Context, err error, by way) *failure {
	phase := p.now()
	p.mu.Lock()
	defer p.mu.Unlock()
	if ctx.Err() != nil && !errors.As(err, new(*failure)) && !errors.Is(err, scram.ErrIterations) {
		err = ctx.Err()
	}
	switch {
	case errors.Is(err, scram.ErrIterations):
		return &failure{phase: connection.PhaseAuthenticate, text: scram.ErrIterations.Error()}
	case errors.Is(err, kerr.SaslAuthenticationFailed):
		return &failure{phase: connection.PhaseAuthenticate, text: "it does not accept the credentials: " + err.Error(), refused: true}
	case errors.Is(err, kerr.UnsupportedSaslMechanism):
		return &failure{phase: connection.PhaseAuthenticate, text: "it does not take log-ins by " + by.mechanism.Name()}
	case errors.Is(err, kerr.IllegalSaslState):
		return &failure{phase: connection.PhaseAuthenticate, text: "it takes no log-ins at this port: leave the credentials out, or name the port that does"}
	case isCutOff(err) && phase != connection.PhaseTLS:
		return &failure{phase: phase, text: p.cutOffText(by), transient: true}
	}
	judged := asFailure(err, phase)
	if judged.text == err.Error() && p.wrote == greeting {
		judged.text = "it does not answer as Kafka does: " + judged.text
	}
	return judged
}

// cutOffText says what it may mean that a broker closes the connection: it says nothing itself where it expects something else.
func (p *progress) cutOffText(by way) string {
	switch {
	case p.wrote == greeting && by.tls == nil:
		return "it closed the connection at the first request: it may expect TLS, or not be Kafka"
	case p.wrote == greeting:
		return "it closed the connection at the first request: it may not be Kafka"
	case p.phase == connection.PhaseAuthenticate:
		return "it closed the connection during the log-in"
	case by.mechanism == nil:
		return "it closed the connection after its greeting: it may expect a log-in"
	}
	return "it closed the connection"
}
