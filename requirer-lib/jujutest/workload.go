package jujutest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"syscall"
	"time"
)

// container is one workload container of a unit: a Pebble daemon of its own. Its socket and name never change, the rest is
// the model's.
type container struct {
	name    string
	socket  string
	ready   bool
	failed  error
	noticed map[string]int // custom notices passed on, by key
	told    time.Time      // of the last notice that was looked at
	done    chan struct{}  // closed when the daemon has ended
	watched chan struct{}  // closed when what happened in it is passed on no more
}

// workloadEvent is something that happened in a container.
type workloadEvent struct {
	kind                            string
	container                       string
	noticeID, noticeType, noticeKey string
	check                           string
}

const (
	pebbleStart = time.Minute      // that a Pebble daemon may take to answer
	noticesWait = 30 * time.Second // for one, before it is asked again
)

// startContainers starts a Pebble daemon for each container of the unit's charm; pebble-ready is due when it answers.
func (m *Model) startContainers(u *unit) error {
	for _, s := range m.storageOf(u) { // a pod starts with its volumes
		if len(u.app.meta().Containers) > 0 {
			if err := s.make(); err != nil {
				return err
			}
		}
	}
	for _, name := range sortedKeys(u.app.meta().Containers) {
		if m.options.PebbleBinary == "" {
			return fmt.Errorf("charm %s has the container %q: set Options.PebbleBinary to the pebble command", u.app.meta().Name, name)
		}
		if err := u.bringPebble(); err != nil {
			return fmt.Errorf("bring pebble to %s: %w", u.name, err)
		}
		c, err := m.startPebble(u, name, time.Time{})
		if err != nil {
			return fmt.Errorf("start Pebble of container %s: %w", name, err)
		}
		u.containers[name] = c
	}
	return nil
}

// pebbleDir is where Juju puts the pebble command in the charm's container.
func (u *unit) pebbleDir() string { return filepath.Join(u.root, "charm/bin") }

func (u *unit) bringPebble() error {
	binary, err := exec.LookPath(u.model.options.PebbleBinary)
	if err == nil {
		err = os.MkdirAll(u.pebbleDir(), 0o755)
	}
	if err == nil {
		err = os.Symlink(binary, filepath.Join(u.pebbleDir(), "pebble"))
	}
	if errors.Is(err, os.ErrExist) {
		return nil
	}
	return err
}

// startPebble starts the daemon of a container, whose notices up to a time the unit's agent knows.
func (m *Model) startPebble(u *unit, name string, told time.Time) (*container, error) {
	dir := filepath.Join(u.root, "charm/containers", name)
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	c := &container{
		name: name, socket: filepath.Join(dir, "pebble.socket"), noticed: map[string]int{}, told: told,
		done: make(chan struct{}), watched: make(chan struct{}),
	}
	if len(c.socket) > maxSocketPath {
		return nil, fmt.Errorf("the socket %s has a path of more than %d bytes: give the model a shorter Options.Dir", c.socket, maxSocketPath)
	}
	log, err := os.Create(filepath.Join(dir, "pebble.log"))
	if err != nil {
		return nil, err
	}
	defer log.Close()
	program := []string{m.options.PebbleBinary, "run", "--create-dirs", "--hold"}
	mounts, err := m.makeContainerRoot(u, name, filepath.Join(dir, "root"))
	if err != nil {
		return nil, err
	}
	if m.options.IsolateContainers {
		program = isolated(mounts, filepath.Join(u.root, "var"), program)
	}
	command := exec.Command(program[0], program[1:]...)
	command.Dir, command.Stdout, command.Stderr = dir, log, log
	command.Env = append([]string{"PEBBLE=" + dir, "PEBBLE_SOCKET=" + c.socket, "PATH=" + os.Getenv("PATH"), "HOME=" + dir}, m.options.Environ...)
	if home, ok := os.LookupEnv("JAVA_HOME"); ok {
		command.Env = append(command.Env, "JAVA_HOME="+home) // as an image with Java would
	}
	command.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := command.Start(); err != nil {
		return nil, err
	}
	m.background.Go(func() {
		command.Wait() // its end is noted by done
		close(c.done)
	})
	m.background.Go(func() {
		m.watchPebble(u, c)
		close(c.watched)
	})
	return c, nil
}

// watchPebble waits for the daemon to answer, then passes its custom notices on until it ends.
func (m *Model) watchPebble(u *unit, c *container) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	go func() {
		<-c.done
		cancel()
	}()
	err := c.waitReady(ctx)
	m.mu.Lock()
	if err != nil {
		c.failed = fmt.Errorf("wait for Pebble of container %s: %w", c.name, err)
		m.log.Error("a container does not start", "unit", u.name, "container", c.name, "error", err)
	} else {
		c.ready = true
		u.events = append(u.events, workloadEvent{kind: kindPebbleReady, container: c.name})
	}
	m.changed.Broadcast()
	m.mu.Unlock()
	if err == nil {
		m.passNotices(ctx, u, c)
	}
}

func (c *container) waitReady(ctx context.Context) error {
	limited, cancel := context.WithTimeoutCause(ctx, pebbleStart, fmt.Errorf("no answer within %v", pebbleStart))
	defer cancel()
	for {
		err := c.get(limited, "/v1/system-info", nil)
		if err == nil {
			return nil
		}
		select {
		case <-limited.Done():
			return errors.Join(context.Cause(limited), err)
		case <-time.After(5 * time.Millisecond): // the socket appears without an event
		}
	}
}

// passNotices makes hooks of the container's custom notices and failed and recovered checks, until the daemon ends.
func (m *Model) passNotices(ctx context.Context, u *unit, c *container) {
	for {
		m.mu.Lock()
		after := c.told
		m.mu.Unlock()
		if err := m.passNoticesAfter(ctx, u, c, after, noticesWait); err != nil {
			return // the daemon has ended
		}
	}
}

// passNoticesAfter makes hooks of the notices after a time; it waits for the first as long as it may.
func (m *Model) passNoticesAfter(ctx context.Context, u *unit, c *container, after time.Time, wait time.Duration) error {
	notices, err := c.notices(ctx, after, wait)
	for _, n := range notices {
		event, ok := c.event(ctx, n)
		m.mu.Lock()
		if n.LastRepeated.After(c.told) {
			c.told = n.LastRepeated
		}
		if ok {
			if !slices.Contains(u.events, event) {
				u.events = append(u.events, event)
			}
			c.noticed[n.Key]++
			m.changed.Broadcast()
		}
		m.mu.Unlock()
	}
	return err
}

// event is what a charm is told of a notice.
func (c *container) event(ctx context.Context, n pebbleNotice) (workloadEvent, bool) {
	if n.Type == "custom" {
		return workloadEvent{kind: kindPebbleNotice, container: c.name, noticeID: n.ID, noticeType: n.Type, noticeKey: n.Key}, true
	}
	event := workloadEvent{container: c.name, check: n.LastData["check-name"]}
	want := ""
	switch n.LastData["kind"] {
	case "perform-check":
		event.kind, want = kindPebbleFailed, "Error"
	case "recover-check":
		event.kind, want = kindPebbleRecovered, "Done"
	default:
		return event, false
	}
	status, err := c.changeStatus(ctx, n.Key)
	return event, err == nil && status == want
}

// NotifyContainer makes a custom notice in a container, as "pebble notify" does there, and waits until the model knows of
// it: the unit runs pebble-custom-notice in the next Settle. The key is of the form example.com/path.
func (m *Model) NotifyContainer(ctx context.Context, unitName, containerName, key string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	u, err := m.unit(unitName)
	if err != nil {
		return fmt.Errorf("notify container %s: %w", containerName, err)
	}
	c := u.containers[containerName]
	if c == nil {
		return fmt.Errorf("notify container %s of %s: the charm has no such container", containerName, unitName)
	}
	before := c.noticed[key]
	m.mu.Unlock()
	err = c.notify(ctx, key)
	m.mu.Lock()
	if err != nil {
		return fmt.Errorf("notify container %s of %s: %w", containerName, unitName, err)
	}
	stop := context.AfterFunc(ctx, m.wake)
	defer stop()
	for c.noticed[key] == before {
		if err := context.Cause(ctx); err != nil {
			return fmt.Errorf("notify container %s of %s: %w", containerName, unitName, err)
		}
		m.changed.Wait()
	}
	return nil
}

// containersStarting says whether a Pebble daemon has yet to answer.
func (m *Model) containersStarting() bool {
	for _, u := range m.units {
		for _, c := range u.containers {
			if !c.ready && c.failed == nil {
				return true
			}
		}
	}
	return false
}

// promptHook decides a unit's next hook of what happened in a container, in so far as the agent learns of it at once.
//
// It looks for containers that are ready every 5 s. Mostly the hooks of a new unit are through by then, but a charm has to
// bear that they are not: agents of units with odd numbers look at once, the others when nothing else is left to do.
func (m *Model) promptHook(u *unit) *hookInfo {
	return u.workloadHook(func(event workloadEvent) bool { return event.kind != kindPebbleReady || u.number%2 == 1 })
}

// pebbleHook decides a unit's next hook of what happened in a container.
func (m *Model) pebbleHook(u *unit) *hookInfo {
	return u.workloadHook(func(workloadEvent) bool { return true })
}

func (u *unit) workloadHook(sees func(workloadEvent) bool) *hookInfo {
	at := slices.IndexFunc(u.events, sees)
	if at < 0 {
		return nil
	}
	event := u.events[at]
	return &hookInfo{kind: event.kind, prefix: event.container, workload: &event}
}
