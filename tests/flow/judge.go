package flow

import (
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"
)

// Judgement is what became of the records in some time.
type Judgement struct {
	Gaps   []time.Duration // the longest time without a record, of each task
	Twice  int             // records that were copied again
	Missed int             // records that were not copied, though later ones were
}

// Judge looks at the time from begin until now. It waits until every task copies again, or the context ends.
func (f *Flow) Judge(ctx context.Context, begin time.Time) (Judgement, error) {
	end := time.Now()
	if err := f.Await(ctx, end); err != nil {
		return Judgement{}, err
	}
	lanes := map[int32]*lane{}
	past := 0
	var broken error
	err := f.read(ctx, begin, func(record *kgo.Record) (enough bool) {
		number, err := strconv.Atoi(string(record.Value))
		if err != nil {
			broken = fmt.Errorf("a record that is none of the flow's: %w", err)
			return true
		}
		if lanes[record.Partition] == nil {
			lanes[record.Partition] = &lane{first: number, seen: map[int]bool{}}
		}
		if of := lanes[record.Partition]; !of.past && of.take(number, record.Timestamp, end) {
			past++
		}
		return past == f.tasks
	})
	if broken != nil {
		err = broken
	}
	return judge(lanes), err
}

func judge(lanes map[int32]*lane) (all Judgement) {
	for _, lane := range lanes {
		all.Gaps = append(all.Gaps, lane.gap)
		all.Twice += lane.twice
		all.Missed += lane.last - lane.first + 1 - len(lane.seen)
	}
	return all
}

// lane is the records of one task.
type lane struct {
	first, last int // numbers
	seen        map[int]bool
	twice       int
	at          time.Time // of the last record
	gap         time.Duration
	past        bool // the end is seen
}

// take says whether the record is past the end. The time up to it counts: nothing may have come for long before.
func (l *lane) take(number int, at, end time.Time) (past bool) {
	if !l.at.IsZero() {
		l.gap = max(l.gap, at.Sub(l.at))
	}
	l.at, l.last, l.past = at, max(l.last, number), at.After(end)
	if l.seen[number] || number < l.first {
		l.twice++
	} else {
		l.seen[number] = true
	}
	return l.past
}
