package probe

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kerr"
	"github.com/twmb/franz-go/pkg/kgo"
	"github.com/twmb/franz-go/pkg/kmsg"
	"github.com/twmb/franz-go/pkg/sasl"

	"connectcharms/requirer-lib/connection"
)

// askKafkaCluster logs in at the brokers that the spec names, all at once, and asks the first that answers for the cluster.
// Then it logs in at the brokers that the cluster names: it is those that clients talk to.
func askKafkaCluster(ctx context.Context, config connection.KafkaClusterConfig, secrets Secrets) connection.Result {
	asked := &asked{part: connection.PartKafkaCluster, vault: vault{from: secrets}}
	way, failed := asked.wayToBrokers(ctx, config)
	if failed != nil {
		return asked.endedBy(failed)
	}
	asked.cluster(ctx, way, strings.Split(config.BootstrapServers, ","), config.Topics)
	return asked.result()
}

// way is how brokers of one cluster are reached.
type way struct {
	tls       *tls.Config    // nil: in clear
	mechanism sasl.Mechanism // nil: nobody logs in
}

func (a *asked) wayToBrokers(ctx context.Context, config connection.KafkaClusterConfig) (found way, failed *failure) {
	if config.TLS != nil {
		if found.tls, failed = a.vault.tlsConfig(config.TLS); failed != nil {
			return way{}, failed
		}
		for _, shown := range found.tls.Certificates {
			a.user.Username = shown.Leaf.Subject.String() // to a broker one is that, where one does not log in
		}
	}
	if config.Credentials != nil {
		found.mechanism, failed = a.mechanism(ctx, *config.Credentials, config.TLS)
	}
	return found, failed
}

// cluster asks for it, and then all brokers that it says it has.
func (a *asked) cluster(ctx context.Context, way way, bootstrap, topics []string) {
	var first sync.Mutex
	var cluster *kmsg.MetadataResponse
	var answered string
	a.anyOf(ctx, bootstrap, func(ctx context.Context, address string) (string, *failure) {
		described, failed := way.describe(ctx, address, topics)
		first.Lock()
		defer first.Unlock()
		if failed == nil && cluster == nil {
			cluster, answered = described, address
		}
		return address, failed
	})
	if cluster == nil {
		return
	}
	if cluster.ClusterID != nil {
		a.learned("cluster_id", *cluster.ClusterID)
	}
	a.learned("brokers", strconv.Itoa(len(cluster.Brokers)))
	a.judgeTopics(cluster)
	a.brokers(ctx, way, answered, cluster.Brokers)
}

const (
	// mostBrokers is how many of a cluster are asked, mostAtOnce how many at a time.
	mostBrokers = 100
	mostAtOnce  = 10
)

// brokers asks those that clients will be sent to, but for the one that has answered. Brokers that are down are not among
// those that a cluster names, but for some seconds.
func (a *asked) brokers(ctx context.Context, way way, answered string, brokers []kmsg.MetadataResponseBroker) {
	var asking sync.WaitGroup
	places := make(chan struct{}, mostAtOnce)
	for _, broker := range brokers[:min(len(brokers), mostBrokers)] {
		address := net.JoinHostPort(broker.Host, strconv.Itoa(int(broker.Port)))
		if address == answered {
			continue
		}
		asking.Go(func() {
			places <- struct{}{}
			defer func() { <-places }()
			if failed := way.greet(ctx, address); failed != nil {
				failed.text += " (the cluster names it as its broker " + strconv.Itoa(int(broker.NodeID)) + ")"
				a.failed(address, failed)
			}
		})
	}
	asking.Wait()
}

// describe logs in at one broker, and asks what cluster it is of, and for topics.
func (w way) describe(ctx context.Context, address string, topics []string) (*kmsg.MetadataResponse, *failure) {
	request := kmsg.NewPtrMetadataRequest()
	request.AllowAutoTopicCreation = false
	request.Topics = []kmsg.MetadataRequestTopic{} // none; nil would be all of them
	for _, name := range topics {
		topic := kmsg.NewMetadataRequestTopic()
		topic.Topic = kmsg.StringPtr(name)
		request.Topics = append(request.Topics, topic)
	}
	answer, failed := w.ask(ctx, address, request)
	if failed != nil {
		return nil, failed
	}
	described := answer.(*kmsg.MetadataResponse)
	if len(described.Brokers) == 0 {
		return nil, &failure{phase: connection.PhaseRequest, text: "it says that its cluster has no brokers", transient: true}
	}
	return described, nil
}

// greet logs in at one broker.
func (w way) greet(ctx context.Context, address string) *failure {
	_, failed := w.ask(ctx, address, kmsg.NewPtrApiVersionsRequest())
	return failed
}

// judgeTopics says which of the topics one may not have.
func (a *asked) judgeTopics(cluster *kmsg.MetadataResponse) {
	for _, topic := range cluster.Topics {
		name := ""
		if topic.Topic != nil {
			name = *topic.Topic
		}
		switch err := kerr.ErrorForCode(topic.ErrorCode); {
		case err == nil || errors.Is(err, kerr.LeaderNotAvailable):
		case errors.Is(err, kerr.TopicAuthorizationFailed):
			a.failed("topic "+name, &failure{phase: connection.PhaseAuthorize, text: "to describe it is not allowed"})
		case errors.Is(err, kerr.UnknownTopicOrPartition):
			a.failed("topic "+name, &failure{phase: connection.PhaseRequest, text: "there is none of this name"})
		default:
			a.failed("topic "+name, &failure{phase: connection.PhaseRequest, text: err.Error(), transient: kerr.IsRetriable(err)})
		}
	}
}

// longestBrokerAnswer is how long an answer may say that it is, in bytes: so much is made room for.
const longestBrokerAnswer = 1 << 20

// ask makes one connection to one broker for one request. The client tries a broken connection once more, and nothing else. How long
// it may take is for the context to say.
func (w way) ask(ctx context.Context, address string, request kmsg.Request) (kmsg.Response, *failure) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	progress := &progress{}
	options := []kgo.Opt{
		kgo.WithContext(ctx), kgo.SeedBrokers(address), kgo.WithHooks(progress), kgo.DisableClientMetrics(),
		kgo.ClientID("connection-probe"), kgo.Dialer(dialer{tls: w.tls, reached: progress.reached}.dial),
		kgo.RequestRetries(0), kgo.RequestTimeoutOverhead(time.Minute), kgo.BrokerMaxReadBytes(longestBrokerAnswer),
		kgo.FetchMaxBytes(longestBrokerAnswer), kgo.FetchMaxPartitionBytes(longestBrokerAnswer),
	}
	if w.mechanism != nil {
		options = append(options, kgo.SASL(w.mechanism))
	}
	client, err := kgo.NewClient(options...)
	if err != nil {
		return nil, &failure{phase: connection.PhaseConnect, text: "no client can be made for it: " + err.Error()}
	}
	defer client.Close()
	answer, err := client.SeedBrokers()[0].Request(ctx, request)
	if err != nil {
		return nil, progress.judge(ctx, err, w)
	}
	return answer, nil
}
