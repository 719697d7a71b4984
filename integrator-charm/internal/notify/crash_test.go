package notify_test

import (
	"bufio"
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"connectcharms/integrator-charm/internal/notify"
	"connectcharms/integrator-charm/internal/store"
	"connectcharms/requirer-lib/secret"
)

// tellerVariable makes this program the one that is killed: it has the directory, the receiver, and the number that it begins with.
const tellerVariable = "NOTIFY_TEST_TELLER"

func TestMain(m *testing.M) {
	told := strings.Fields(os.Getenv(tellerVariable))
	if len(told) == 0 {
		os.Exit(m.Run())
	}
	if err := tellWithoutEnd(context.Background(), told[0], told[1], told[2]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// tellWithoutEnd accepts one piece of news after the other, says so, and delivers beside that.
func tellWithoutEnd(ctx context.Context, dir, receiver, from string) error {
	var next int
	if _, err := fmt.Sscan(from, &next); err != nil {
		return err
	}
	kept, err := store.Open(ctx, filepath.Join(dir, "manager.db"), store.Options{})
	if err != nil {
		return err
	}
	n, err := notify.New(kept, notify.Options{
		Config: notify.Config{
			GroupWait: time.Millisecond, GroupInterval: time.Millisecond, GiveUpAfter: time.Hour,
			Events: []notify.Kind{notify.Changed},
		},
		KeyFile: filepath.Join(dir, "notify.key"), Log: slog.New(slog.DiscardHandler), Now: time.Now,
	})
	if err != nil {
		return err
	}
	if err := n.Know(ctx, "east", []notify.Subject{{Connector: "orders", Webhook: secret.New(receiver)}}); err != nil {
		return err
	}
	go func() { _ = n.Run(ctx) }()
	for ; ; next++ {
		news := notify.News{ID: fmt.Sprint(next), Connector: "orders", Kind: notify.Changed, Text: fmt.Sprint(next)}
		if err := n.Tell(ctx, "east", []notify.News{news}); err != nil {
			return err
		}
		if _, err := fmt.Println(next); err != nil {
			return err
		}
	}
}

const kills = 30

func TestEverythingAcceptedIsDeliveredOverKills(t *testing.T) {
	t.Parallel()
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	h, d := newHook(t), newDesk(t, quick)
	require.NoError(t, d.store.Close())
	var accepted []int
	next := 0
	for range kills {
		accepted = append(accepted, killedTeller(t, d.dir, h.URL, next, random)...)
		next = accepted[len(accepted)-1] + 2 // one more may have been accepted, of which the kill left nobody to say so
	}
	d.open(quick)
	d.run()
	d.settled()
	delivered, ids := map[string]bool{}, map[string]string{}
	for _, message := range h.messages(t) {
		for _, event := range message.Events {
			delivered[event.Text] = true
			before, twice := ids[event.Text]
			assert.True(t, !twice || before == message.ID, "twice is under the same ID")
			ids[event.Text] = message.ID
		}
	}
	for _, n := range accepted {
		require.True(t, delivered[fmt.Sprint(n)], n)
	}
	t.Logf("%d accepted over %d kills, in %d messages", len(accepted), kills, len(h.got()))
}

// killedTeller starts a process that tells, kills it at some moment, and gives what it accepted.
func killedTeller(t *testing.T, dir, receiver string, from int, random *rand.Rand) (accepted []int) {
	t.Helper()
	teller := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^$")
	teller.Env = append(os.Environ(), fmt.Sprintf("%s=%s %s %d", tellerVariable, dir, receiver, from))
	teller.Stderr = os.Stderr
	said, err := teller.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, teller.Start())
	lines := bufio.NewScanner(said)
	for lines.Scan() {
		var n int
		_, err = fmt.Sscan(lines.Text(), &n)
		require.NoError(t, err)
		accepted = append(accepted, n)
		if len(accepted) == 1 {
			time.AfterFunc(time.Duration(random.IntN(40_000))*time.Microsecond, func() { assert.NoError(t, teller.Process.Kill()) })
		}
	}
	require.Error(t, teller.Wait(), "it ends only by the kill")
	return accepted
}
