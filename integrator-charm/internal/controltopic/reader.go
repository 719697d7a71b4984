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
	// Member is by what the group knows this process again when it comes back; empty: it is a new one each time.
	Member  string
	Metrics prometheus.Registerer
	Now     func() time.Time
	Log     *slog.Logger
}

// Reader reads what it is configured to read.
type Reader struct {
	taker  Taker
	member string
	retry  backoff
	meters *meters
	vitals *vitals
	log    *slog.Logger

	mu      sync.Mutex
	config  *Config
	changed chan struct{} // closed when there is another configuration
	backlog *backlog
	began   time.Time // with this configuration
	now     func() time.Time
}

// New makes a reader that reads nothing yet.
func New(options Options) *Reader {
	r := &Reader{
		taker: options.Taker, member: options.Member, retry: usual, log: options.Log, now: options.Now, changed: make(chan struct{}),
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
	r.config, r.backlog, r.began = config, newBacklog(), r.now()
	close(r.changed)
	r.changed = make(chan struct{})
}

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

// catchUpPatience is how long what is there at the beginning may take to be read, or Kafka to be reached.
const catchUpPatience = 10 * time.Second

// CatchUp returns when every message that was in the topic when reading it began has been tried: before that, an older message may be
// all that is known, while a newer one is there already. It does not wait for longer than ten seconds after the beginning, and
// not at all where nothing is to be read.
func (r *Reader) CatchUp(ctx context.Context) {
	r.mu.Lock()
	config, behind, left := r.config, r.backlog, catchUpPatience-r.now().Sub(r.began)
	r.mu.Unlock()
	if config == nil || left <= 0 {
		return
	}
	timer := time.NewTimer(left)
	defer timer.Stop()
	select {
	case <-behind.over:
	case <-timer.C:
	case <-ctx.Done():
	}
}
