package controltopic

import (
	"context"
	"sync"

	"github.com/twmb/franz-go/pkg/kgo"
)

// What a partition may have waiting. Then it is not read on until half of that is settled.
const (
	windowRecords = 1000
	windowBytes   = 8 << 20
)

// partition has the records of one partition that are not settled: in their order, and in lanes, one for each connector.
//
//	read        1a  2b  3a  4c  5b          1 cannot be taken now
//	lane a      1 → 3                       3 waits for 1
//	lane b      2 → 5                       settled
//	lane c      4                           settled
//	committed   nothing                     5, when 1 and 3 are settled
type partition struct {
	ctx  context.Context
	end  context.CancelFunc
	work sync.WaitGroup // of lanes

	turning sync.Mutex // held until what follows from a turn is done

	mu     sync.Mutex
	window []*entry
	lanes  map[string][]*entry
	bytes  int
	next   int64 // the offset after the last that was read
	paused bool
}

// entry is one record in the window.
type entry struct {
	record         *kgo.Record
	tried, settled bool
}

func newPartition(ctx context.Context) *partition {
	p := &partition{lanes: map[string][]*entry{}}
	p.ctx, p.end = context.WithCancel(ctx)
	return p
}

// add puts a record into its connector's lane, and says whether somebody has to begin working on that.
func (p *partition) add(lane string, record *kgo.Record) (begin bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	one := &entry{record: record}
	_, busy := p.lanes[lane] // it is there, empty even, until who works on it has seen that there is no more
	p.window = append(p.window, one)
	p.lanes[lane] = append(p.lanes[lane], one)
	p.bytes += len(record.Value)
	p.next = record.Offset + 1
	return !busy
}

// first is the record of a lane that is to be settled now; nil when there are no more.
func (p *partition) first(lane string) *kgo.Record {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.lanes[lane]) == 0 {
		delete(p.lanes, lane)
		return nil
	}
	return p.lanes[lane][0].record
}

// tried notes that a lane's first record has been tried.
func (p *partition) tried(lane string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.lanes[lane][0].tried = true
}

// settle is for a lane's first record. It gives the last record that is settled with all before it, if that is a further one.
func (p *partition) settle(lane string) (last *kgo.Record) {
	p.mu.Lock()
	defer p.mu.Unlock()
	one := p.lanes[lane][0]
	one.tried, one.settled = true, true
	p.lanes[lane] = p.lanes[lane][1:]
	for len(p.window) > 0 && p.window[0].settled {
		last = p.window[0].record
		p.bytes -= len(last.Value)
		p.window = p.window[1:]
	}
	return last
}

// position is the offset before which everything has been tried at least once.
func (p *partition) position() int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, one := range p.window {
		if !one.tried {
			return one.record.Offset
		}
	}
	return p.next
}

// turn says whether the partition has become too full to be read on, or empty enough.
func (p *partition) turn() (pause, resume bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case !p.paused && (len(p.window) >= windowRecords || p.bytes >= windowBytes):
		p.paused = true
		return true, false
	case p.paused && len(p.window) <= windowRecords/2 && p.bytes <= windowBytes/2:
		p.paused = false
		return false, true
	}
	return false, false
}

// close ends the work on it. What is not settled comes again, to whoever has the partition then.
func (p *partition) close() {
	p.end()
	p.work.Wait()
}
