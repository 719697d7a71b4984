package controltopic

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/prometheus/client_golang/prometheus"
)

// Options of New.
type Options struct {
	Taker Taker
	// Await is called when reading begins: until what it gives is called, or the time is over, messages wait in the topic that came
	// before, and an older one may be all that is known while a newer one is there already. CaughtUp must not block. Nil: nobody wants to know.
	Await func(longest time.Duration) (caughtUp func())
	// Member is by what the group knows this process again when it comes back; empty: it is a new one each time.
	Member  string
	Metrics prometheus.Registerer
	Now     func() time.Time
	Log     *slog.Logger
}

// Reader reads what it is configured to read.
type Reader struct {
	taker  Taker
	await  func(longest time.Duration) (caughtUp func())
	member string
	retry  backoff
	meters *meters
	vitals *vitals
	log    *slog.Logger

	mu      sync.Mutex
	config  *Config
	changed chan struct{} // closed when there is another configuration
	backlog *backlog      // of this configuration
}

// New makes a reader that reads nothing yet.
func New(options Options) *Reader {
	r := &Reader{
		taker: options.Taker, await: options.Await, member: options.Member, retry: usual, log: options.Log, changed: make(chan struct{}),
		vitals: newVitals(options.Now),
	}
	r.meters = newMeters(options.Metrics, r)
	return r
}

// Configure has the reader read something else from now on; nil: nothing, as a standby does. What comes to the same goes on undisturbed.
func (r *Reader) Configure(config *Config) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.config.isAs(config) {
		return
	}
	r.config, r.backlog = config, newBacklog()
	if config != nil && r.await != nil {
		r.backlog.caughtUp = r.await(catchUpPatience)
	}
	close(r.changed)
	r.changed = make(chan struct{})
}

// catchUpPatience is how long what is there at the beginning may take to be read, or Kafka to be reached.
const catchUpPatience = 15 * time.Second

func (r *Reader) wanted() (config *Config, behind *backlog, changed <-chan struct{}) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.config, r.backlog, r.changed
}

// Run reads until the context ends. Then the reader has left its group, and nothing is under way.
func (r *Reader) Run(ctx context.Context) {
	for ctx.Err() == nil {
		config, behind, changed := r.wanted()
		reading, end := context.WithCancel(ctx)
		var work sync.WaitGroup
		if config != nil {
			work.Go(func() { r.read(reading, config, behind) })
		}
		select {
		case <-changed:
		case <-ctx.Done():
		}
		end()
		work.Wait()
	}
}
