package charm

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"

	"connectcharms/provider-charm/internal/brokers"
	"connectcharms/provider-charm/internal/kafkaclient"
	"connectcharms/provider-charm/internal/worker"
	"connectcharms/requirer-lib/hook"
)

const kafkaEndpoint = "kafka"

// Kafka is the Kafka that this application uses, as far as it is known.
type Kafka struct {
	Named   bool           // a relation or an option names one
	Access  brokers.Access // zero: it cannot be used as it stands
	Waiting string         // what is waited for
	Problem string         // what a person has to mend

	Relation *hook.RelationID // nil: none
	Request  kafkaclient.Request
	Asked    hook.Databag // this application's databag there; read by the leader only

	Reaching Attempt // to get in as the worker does
	Asking   Attempt // to ask the brokers who is in the group; made by the leader only
}

// readKafkaConfig reads which Kafka the workers use.
func readKafkaConfig(config *Config, options hook.Config, _ hook.Event) (problem string) {
	config.KafkaSecret = options.String("kafka-secret")
	config.KafkaForm = kafkaclient.Version(or(options.String("kafka-client-version"), string(kafkaclient.V0)))
	var err error
	if config.BootstrapServers, err = brokers.ParseServers(options.String("bootstrap-servers")); err != nil {
		return "config bootstrap-servers: " + err.Error()
	}
	if !slices.Contains([]kafkaclient.Version{kafkaclient.V0, kafkaclient.V1}, config.KafkaForm) {
		return fmt.Sprintf("config kafka-client-version is %.20q: set it to v0 or v1", config.KafkaForm)
	}
	if config.KafkaSecret != "" && len(config.BootstrapServers) == 0 {
		return "config kafka-secret is for the brokers of config bootstrap-servers, which is not set"
	}
	return ""
}

// observeKafka finds out which Kafka it is: that of the relation, or that of the options. Both at once is for a person to
// resolve.
func (u *unit) observeKafka(ctx context.Context, w *World) error {
	ids, err := u.RelationIDs(ctx, kafkaEndpoint)
	if err != nil {
		return err
	}
	ids = slices.DeleteFunc(ids, func(id hook.RelationID) bool {
		return u.Relation != nil && u.Relation.ID == id && u.Kind == hook.RelationBroken
	})
	hasServers := len(w.Config.BootstrapServers) > 0
	w.Kafka = Kafka{Named: hasServers || len(ids) > 0}
	switch {
	case hasServers && len(ids) > 0:
		w.Kafka.Problem = "two Kafkas: remove the relation kafka, or reset config bootstrap-servers"
	case len(ids) > 1:
		w.Kafka.Problem = "two Kafkas: remove one relation kafka"
	case len(ids) == 1:
		return u.observeKafkaRelation(ctx, w, ids[0])
	case hasServers:
		u.observeKafkaOptions(ctx, w)
	}
	return nil
}

func (u *unit) observeKafkaRelation(ctx context.Context, w *World, id hook.RelationID) error {
	w.Kafka.Relation = &id
	w.Kafka.Request = kafkaclient.Request{Version: w.Config.KafkaForm, Asker: fmt.Sprintf("%s/%s/%d", u.ModelUUID, u.Application(), id)}
	var err error
	if w.Leader {
		if w.Kafka.Asked, err = u.RelationGet(ctx, id, u.Application()); err != nil {
			return err
		}
	}
	app, err := u.RelationApp(ctx, id)
	if err != nil || app == "" {
		w.Kafka.Waiting = "the Kafka charm"
		return err
	}
	bag, err := u.RelationGet(ctx, id, app)
	if err != nil {
		return err
	}
	answer, err := w.Kafka.Request.Decode(bag)
	if err == nil {
		w.Kafka.Access, err = answer.Access(ctx, u)
	}
	notReady, is := errors.AsType[*kafkaclient.NotReadyError](err)
	switch {
	case !is:
		return err
	case notReady.Wrong:
		w.Kafka.Problem = fmt.Sprintf("%s: databag of kafka: %s", app, notReady.Reason)
	default:
		w.Kafka.Waiting = fmt.Sprintf("%s: %s", app, notReady.Reason)
	}
	return nil
}

func (u *unit) observeKafkaOptions(ctx context.Context, w *World) {
	content := hook.SecretContent{}
	if w.Config.KafkaSecret != "" {
		var err error
		if content, err = u.SecretGet(ctx, w.Config.KafkaSecret, hook.Latest); err != nil {
			w.Kafka.Problem = fmt.Sprintf("config kafka-secret cannot be read: juju grant-secret %s %s", w.Config.KafkaSecret, u.Application())
			return
		}
	}
	access, err := readKafkaSecret(content)
	if err != nil {
		w.Kafka.Problem = "config kafka-secret: " + err.Error()
		return
	}
	access.Servers = w.Config.BootstrapServers
	w.Kafka.Access = access
}

// readKafkaSecret reads how one logs in at the brokers of config bootstrap-servers. A key that is not known is an error:
// with a slip in one, a password could go where it is not protected.
func readKafkaSecret(content hook.SecretContent) (brokers.Access, error) {
	access := brokers.Access{CA: content["tls-ca"].Reveal(), Username: content["username"].Reveal(), Password: content["password"]}
	known := []string{"username", "password", "sasl-mechanism", "tls", "tls-ca"}
	for _, key := range sortedKeys(content) {
		if !slices.Contains(known, key) {
			return access, fmt.Errorf("it has a key %.40q: the keys are %s, %s, %s, %s and %s", key, known[0], known[1], known[2], known[3], known[4])
		}
	}
	access.TLS = access.CA != ""
	if word := content["tls"].Reveal(); word != "" {
		var err error
		if access.TLS, err = strconv.ParseBool(word); err != nil {
			return access, errors.New("tls is neither true nor false")
		}
	}
	if access.Username != "" || !access.Password.IsZero() {
		access.Mechanism = brokers.Mechanism(or(content["sasl-mechanism"].Reveal(), string(brokers.SCRAM512)))
	}
	return access, access.Validate()
}

// askForKafka writes what this application asks the Kafka charm for.
func askForKafka(w *World) Step {
	if w.Kafka.Relation == nil || !w.Leader || w.Config.Problem != "" {
		return nil
	}
	request := w.Kafka.Request.Databag()
	if contains(w.Kafka.Asked, request) {
		return nil
	}
	return AskForKafka{Relation: *w.Kafka.Relation, Databag: request}
}

// AskForKafka writes the request.
type AskForKafka struct {
	Relation hook.RelationID
	Databag  hook.Databag
}

func (s AskForKafka) Apply(ctx context.Context, u *unit, w *World) error {
	w.Kafka.Asked = s.Databag
	return u.RelationSetApp(ctx, s.Relation, s.Databag)
}

// isUnclear says whether a Kafka is named that cannot be used now. A worker that runs goes on with what it has: whatever
// was wrong with a databag, a secret or an option for a moment has then stopped nothing.
func (k Kafka) isUnclear() bool { return k.Named && k.Access.IsZero() }

// observeBrokers asks the brokers, where it matters: when the worker does not serve, or is about to be restarted to reach
// Kafka in another way.
func (u *unit) observeBrokers(ctx context.Context, w *World, services *Services) {
	w.Kafka.Reaching = Attempt{}
	if w.Kafka.Access.IsZero() {
		return
	}
	if services.WorkerReady && services.Started.Kafka == w.Kafka.Access.Fingerprint() {
		w.Kafka.Reaching.Made = true // the worker is in its group
		return
	}
	if !w.canRunWorker() {
		return
	}
	err := w.Kafka.Access.Reach(ctx)
	w.Kafka.Reaching = Attempt{Made: true, Err: err}
	if err == nil {
		return
	}
	services.BrokerReason = err.Error()
	_, services.BrokersRefuse = errors.AsType[*brokers.RefusedError](err)
}

// mayChangeKafka says whether the worker may be restarted to reach Kafka in another way: not while that way leads nowhere.
func (w *World) mayChangeKafka() bool {
	return w.Services.BrokerReason == "" || w.Services.Started.Kafka == w.Kafka.Access.Fingerprint()
}

func kafkaStatus(w *World) (hook.Status, bool) {
	switch {
	case !w.Kafka.Named:
		return blocked("no Kafka: integrate with a charm that provides kafka_client, or set config bootstrap-servers")
	case w.Kafka.Problem != "":
		return blocked("%s", w.Kafka.Problem)
	case w.Kafka.Waiting != "":
		return waiting("%s", w.Kafka.Waiting)
	case w.Services.BrokersRefuse:
		return blocked("%s", w.Services.BrokerReason)
	case w.Services.WorkerReady && !w.mayChangeKafka():
		return waiting("Kafka, the worker goes on as it was: %s", w.Services.BrokerReason)
	}
	return w.expiredStatus()
}

// noteOf is what is remembered of a start.
func (w *World) noteOf(settings worker.Settings) worker.Started {
	return worker.Started{
		Settings: settings.Fingerprint(), Kafka: settings.Kafka.Fingerprint(), ExactlyOnce: settings.ExactlyOnce, Plugins: w.Store,
		Request: w.Shared.Restart, ReadsSecrets: true,
	}
}
