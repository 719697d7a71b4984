package bench

import (
	"context"
	"fmt"
	"time"

	"connectcharms/requirer-lib/connect"
	"connectcharms/requirer-lib/connectors"
	"connectcharms/requirer-lib/connecttest"
	"connectcharms/tests/bench/report"
	"connectcharms/tests/proxy"
)

// manned is what it costs to look after a number of connectors, of which nothing is to be changed.
type manned struct {
	connectors               int
	inCall, program, listing []float64 // a sync by the package, by the whole program, and the listing alone
	computed, memory         []float64 // by that program
	look, served, page       []float64 // CPU of the daemon per look, its memory at the end, and the list that its page begins with
	requests                 int       // of one sync
	looks                    float64   // of the daemon in each of its intervals
	peerMemory               []float64
}

// Connectors measures Connect Manager with more and more connectors that run.
func Connectors(ctx context.Context, s *Stage) (report.Section, error) {
	server := connecttest.NewServer()
	s.OnEnd(func() error { server.Close(); return nil })
	on, err := s.syncing(ctx, server.URL())
	if err != nil {
		return report.Section{}, err
	}
	var all []manned
	for _, number := range Pick(s, []int{1, 10}, []int{1, 10, 100, 500, 1000, 2000, 5000}) {
		s.Say("%d connectors", number)
		one, err := on.man(ctx, s, number)
		if err != nil {
			return report.Section{}, fmt.Errorf("%d connectors: %w", number, err)
		}
		all = append(all, one)
	}
	section := connectorsSection(all)
	section.Notes = append(section.Notes, on.notes...)
	return section, nil
}

// man has so many connectors, and measures what there is to measure.
func (on *syncing) man(ctx context.Context, s *Stage, number int) (m manned, err error) {
	desired := on.wanted(number, connect.Running, "a")
	if err := on.settle(ctx, desired); err != nil {
		return m, err
	}
	through, err := proxy.Start([]string{on.endpoint}, proxy.Options{})
	if err != nil {
		return m, err
	}
	defer through.Close()
	m.connectors = number
	for range Pick(s, 1, 5) {
		if err := on.syncs(ctx, &m, through, desired); err != nil {
			return m, err
		}
	}
	if err := on.serves(ctx, &m, through, desired, Pick(s, interval, 8*interval)); err != nil {
		return m, err
	}
	if on.peer != nil {
		result, err := on.peer.run(ctx, peerTask{URL: on.endpoint, Mode: "read", Names: []string{"all"}})
		if err != nil {
			return m, err
		}
		m.peerMemory = append(m.peerMemory, float64(result.RSS<<10))
	}
	return m, nil
}

// syncs is one round of each way to find that nothing is to be done.
func (on *syncing) syncs(ctx context.Context, m *manned, through *proxy.Proxy, desired connectors.Desired) error {
	owned, done, err := ownedAt(on.endpoint)
	if err != nil {
		return err
	}
	defer done()
	byPackage, err := syncOnce(ctx, owned, desired)
	if err != nil {
		return err
	}
	through.Take()
	byProgram, err := on.program.sync(ctx, through.Endpoints[0], desired)
	if err != nil {
		return err
	}
	m.requests = len(through.Take())
	listing, err := list(ctx, on.endpoint)
	m.inCall = append(m.inCall, byPackage.Seconds())
	m.program = append(m.program, byProgram.Wall.Seconds())
	m.computed = append(m.computed, byProgram.CPU().Seconds())
	m.memory = append(m.memory, byProgram.Memory)
	m.listing = append(m.listing, listing.Seconds())
	return err
}

// serves has the daemon be at rest for some time.
func (on *syncing) serves(ctx context.Context, m *manned, through *proxy.Proxy, desired connectors.Desired, window time.Duration) error {
	d, err := on.program.serve(ctx, through.Endpoints[0], desired)
	if err != nil {
		return err
	}
	defer d.stop()
	return d.rest(ctx, m, through, window)
}

func (d *daemon) rest(ctx context.Context, m *manned, through *proxy.Proxy, window time.Duration) error {
	pid := d.command.Process.Pid
	before, err := cpu(pid)
	if err != nil {
		return err
	}
	through.Take()
	began, looks := time.Now(), 0.
	for looks == 0 { // of a daemon that gets no time it may take longer
		select {
		case <-time.After(window):
		case <-ctx.Done():
			return fmt.Errorf("the daemon does not look at the cluster: %w", context.Cause(ctx))
		}
		looks = float64(len(through.Take()))
	}
	after, err := cpu(pid)
	if err != nil {
		return err
	}
	m.look, m.looks = append(m.look, (after-before).Seconds()/looks), looks*interval.Seconds()/time.Since(began).Seconds()
	for range len(m.program) {
		took, err := d.get(ctx, "/api/v1/connectors")
		if err != nil {
			return err
		}
		m.page = append(m.page, took.Seconds())
	}
	most, err := memoryOf(pid, mostEver)
	m.served = append(m.served, most)
	return err
}

func connectorsSection(all []manned) report.Section {
	by := report.Axis{Label: "connectors", Log: true}
	series := seriesOver(all, func(at manned) int { return at.connectors })
	last := all[len(all)-1]
	return report.Section{
		Title: "From 1 connector to 5,000", Question: "What does it cost to look after connectors of which nothing is to be changed?",
		Curves: []report.Curve{
			{
				Name: "sync-by-connectors", Title: "A sync with nothing to do, by connectors", X: by, Y: report.Axis{Label: "time", Unit: report.Seconds},
				Series: []report.Series{
					series("`connect-manager sync`, the whole process", func(m manned) []float64 { return m.program }),
					series("CPU time of it", func(m manned) []float64 { return m.computed }),
					series("package connectors", func(m manned) []float64 { return m.inCall }),
					series("the listing alone, thrown away", func(m manned) []float64 { return m.listing }),
				},
			},
			{
				Name: "serve-by-connectors", Title: "`connect-manager serve` at rest, by connectors", X: by, Y: report.Axis{Label: "time", Unit: report.Seconds},
				Series: []report.Series{
					series("CPU time for each look", func(m manned) []float64 { return m.look }),
					series("the list that the page begins with, and the hook asks for", func(m manned) []float64 { return m.page }),
				},
			},
			{
				Name: "manager-memory-by-connectors", Title: "Most memory of Connect Manager, by connectors", X: by, Y: report.Axis{Label: "resident", Unit: report.Bytes},
				Series: []report.Series{
					series("`connect-manager sync`", func(m manned) []float64 { return m.memory }),
					series("`connect-manager serve`", func(m manned) []float64 { return m.served }),
					series("kafka-connect-py, one listing", func(m manned) []float64 { return m.peerMemory }),
				},
			},
		},
		Notes: []string{
			fmt.Sprintf("Requests of one sync: %d with one connector, %d with %d. The daemon looks %.1f times in each interval (here %s, by default a minute; beside, every 10 s).",
				all[0].requests, last.requests, last.connectors, last.looks, interval),
			"The connectors run on package connecttest, a Kafka Connect in memory: thousands of running ones do not fit a worker on this machine. Stopped ones on a real worker are in section `sync`.",
		},
	}
}
