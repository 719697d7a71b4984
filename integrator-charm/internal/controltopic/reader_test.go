package controltopic_test

import (
	"crypto/rand"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"connectcharms/integrator-charm/internal/controltopic"
)

func TestAnOffsetIsCommittedWhenItsMessageIsKept(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	r := s.standby("unit-0")
	letGo := r.holdUp("orders")
	defer letGo()
	r.Configure(s.open(s.settings()))
	s.say(message("lines", 1), message("orders", 2), message("lines", 3))
	s.until(func() bool { return s.committed("control") == 1 })
	s.until(func() bool { return r.tried() == 3 && len(r.took()) == 2 }, "one that hangs holds up no other")
	assert.Equal(t, []string{"lines 1", "lines 3"}, r.took())
	assert.Never(t, func() bool { return s.committed("control") > 1 }, 3*time.Second/2, 100*time.Millisecond)
	letGo()
	s.until(func() bool { return s.committed("control") == 3 })
	assert.Equal(t, 3.0, r.metric(t, "connect_manager_control_records_total", "taken"))
}

func TestWhatIsNotKeptComesAgainToTheNextMember(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	first := s.standby("unit-0")
	defer first.holdUp("orders")()
	first.Configure(s.open(s.settings()))
	s.say(message("lines", 1), message("orders", 2), message("lines", 3))
	s.until(func() bool { return first.tried() == 3 && len(first.took()) == 2 })
	first.Configure(nil) // it stands by from now on
	second := s.begin("unit-1", s.settings())
	s.until(func() bool { return len(second.took()) == 2 }, "no session has to run out before: the first has left")
	assert.ElementsMatch(t, []string{"orders 2", "lines 3"}, second.took())
	s.until(func() bool { return s.members() == 1 })
	_, reads := first.Health()
	assert.False(t, reads)
}

func TestMessagesOfOneConnectorAreTakenInOrderAndTriedUntilTheyAre(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	r := s.standby("")
	r.answer("orders", errors.New("the cluster does not answer"))
	r.Configure(s.open(s.settings()))
	s.say(message("orders", 1), message("orders", 2), message("lines", 3), message("orders", 4))
	s.until(func() bool { return len(r.took()) == 1 && r.tried() > 5 })
	health, reads := r.Health()
	require.True(t, reads)
	assert.Equal(t, 1, health.Waiting)
	assert.NotNil(t, health.Since)
	assert.Equal(t, "the cluster does not answer", health.Reason)
	assert.Equal(t, 1.0, r.metric(t, "connect_manager_control_waiting", ""))
	assert.NotZero(t, r.metric(t, "connect_manager_control_waiting_since_timestamp_seconds", ""))

	r.answer("orders", nil)
	s.until(func() bool { return len(r.took()) == 4 })
	assert.Equal(t, []string{"lines 3", "orders 1", "orders 2", "orders 4"}, r.took())
	s.until(func() bool { return s.committed("control") == 4 })
	health, _ = r.Health()
	assert.Zero(t, health.Waiting)
}

func TestWhatCannotBeTakenForGoodIsADeadLetterAndHoldsUpNobody(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	r := s.standby("")
	r.answer("gone", &controltopic.Refusal{Err: errors.New("there is no such connector")})
	r.Configure(s.open(s.settings()))
	again := message("gone", 1)
	again.Headers = []kgo.RecordHeader{{Key: "mine", Value: []byte("x")}, {Key: "__connect.errors.topic", Value: []byte("elsewhere")}}
	broken := &kgo.Record{Topic: "control", Key: []byte("orders"), Value: []byte(`{"type":"CONTROL","control":{"config":"` + password)}
	nameless := &kgo.Record{Topic: "control", Value: text(3)}
	s.say(again, broken, nameless, message("orders", 4))
	s.until(func() bool { return s.committed("control") == 4 })
	assert.Equal(t, []string{"orders 4"}, r.took())
	assert.Equal(t, []string{"orders"}, r.refused, "the taker is told of one that is wrong in itself")

	found := map[string]*kgo.Record{}
	for _, letter := range s.letters(3) {
		found[header(letter, "__connect.errors.offset")] = letter
		assert.Equal(t, "control", header(letter, "__connect.errors.topic"))
		assert.Equal(t, "0", header(letter, "__connect.errors.partition"))
	}
	require.Len(t, found, 3)
	assert.Equal(t, again.Value, found["0"].Value)
	assert.Equal(t, "gone", string(found["0"].Key))
	assert.Equal(t, "x", header(found["0"], "mine"))
	assert.Equal(t, "gone", header(found["0"], "__connect.errors.connector.name"))
	assert.Equal(t, "there is no such connector", header(found["0"], "__connect.errors.exception.message"))
	assert.Equal(t, broken.Value, found["1"].Value)
	assert.Regexp(t, `^the message is not JSON, from byte \d+ on$`, header(found["1"], "__connect.errors.exception.message"))
	assert.Equal(t, "the record has no key: it has to be the connector's name", header(found["2"], "__connect.errors.exception.message"))
	assert.Equal(t, 3.0, r.metric(t, "connect_manager_control_records_total", "dead-lettered"))
}

func TestOtherMessagesAndTombstonesAreNothing(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	r := s.begin("", s.settings())
	s.say(
		&kgo.Record{Topic: "control", Key: []byte("orders"), Value: []byte(`{"type":"RECORD","record":{}}`)},
		&kgo.Record{Topic: "control", Key: []byte("orders")},
		message("orders", 3),
	)
	s.until(func() bool { return s.committed("control") == 3 })
	assert.Equal(t, []string{"orders 3"}, r.took())
	assert.Equal(t, 2.0, r.metric(t, "connect_manager_control_records_total", "ignored"))
	assert.Empty(t, r.refused)
}

func TestATopicForEachConnectorSaysWhoseItIs(t *testing.T) {
	t.Parallel()
	s := newStage(t, kfake.SeedTopics(1, "control.orders", "control.lines", "control", "control.", "xcontrol.orders"))
	all := s.settings()
	all.Topic = "control.{connector}"
	r := s.begin("", all)
	said := message("somebody-else", 1)
	said.Topic = "control.orders"
	other := message("", 2)
	other.Topic = "control.lines"
	foreign := message("orders", 3)
	foreign.Topic = "xcontrol.orders"
	s.say(said, other, foreign, message("orders", 4))
	s.until(func() bool { return len(r.took()) == 2 })
	s.until(func() bool { return s.committed("control.orders") == 1 && s.committed("control.lines") == 1 })
	assert.ElementsMatch(t, []string{"orders 1", "lines 2"}, r.took())
}

// A partition is read on while one connector's message waits, up to a limit, and from then on when there is room again.
func TestAPartitionIsReadOnUntilItsWindowIsFull(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	r := s.standby("")
	letGo := r.holdUp("stuck")
	defer letGo()
	r.Configure(s.open(s.settings()))
	const number = controltopic.WindowRecords * 2
	records := []*kgo.Record{message("stuck", 1)}
	for i := range number {
		records = append(records, message(fmt.Sprint("other-", i%5), i))
	}
	s.say(records...)
	s.until(func() bool { return strings.Contains(r.log.String(), "no more are read") })
	s.until(func() bool { return len(r.took()) >= controltopic.WindowRecords-1 })
	assert.Less(t, len(r.took()), number)
	letGo()
	s.until(func() bool { return len(r.took()) == number+1 })
	s.until(func() bool { return s.committed("control") == number+1 })
}

func TestAPartitionsWindowIsBoundedInBytes(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	r := s.standby("")
	letGo := r.holdUp("stuck")
	defer letGo()
	r.Configure(s.open(s.settings()))
	s.say(message("stuck", 1))
	const number = 2 * controltopic.WindowBytes / large
	for i := range number {
		s.say(largeMessage("other", i))
	}
	s.until(func() bool { return strings.Contains(r.log.String(), "no more are read") })
	assert.Less(t, len(r.took()), number)
	letGo()
	s.until(func() bool { return len(r.took()) == number+1 })
}

func TestAPartitionThatIsEmptyAgainWhileItIsPausedIsReadOn(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	r := s.standby("")
	letGo := r.holdUp("stuck")
	defer letGo()
	settled := func() bool { return slices.Contains(r.took(), "stuck 0") }
	r.heard = func(line string) {
		if strings.Contains(line, "no more are read") { // and that is yet to be done
			letGo()
			assert.Eventually(t, settled, deadline, 20*time.Millisecond)
		}
	}
	r.Configure(s.open(s.settings()))
	s.say(message("stuck", 0))
	const number = 1 + controltopic.WindowBytes/large // are too many
	for i := range number {
		s.say(largeMessage("other", i))
		if i == number-2 {
			s.until(func() bool { return len(r.took()) == number-1 })
		}
	}
	s.until(settled)
	s.say(message("last", number))
	s.until(func() bool { return len(r.took()) == number+2 })
}

func TestADeadLetterThatIsTooLongGoesWithoutItsValue(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.begin("", s.settings())
	long := message("gone", 1)
	long.Headers = []kgo.RecordHeader{{Key: "noise", Value: []byte(strings.Repeat("x", 100))}}
	noise := make([]byte, 1_048_588)
	_, _ = rand.Read(noise) // so that it cannot be compressed
	noise = base64.StdEncoding.AppendEncode([]byte(`{"type":"CONTROL","x":"`), noise)
	long.Value = append(noise[:1_048_588-310], `"`...) // with the headers of a dead letter it is too long
	s.say(long)
	s.say(message("orders", 2))
	s.until(func() bool { return s.committed("control") == 2 })
	letter := s.letters(1)[0]
	assert.Empty(t, letter.Value)
	assert.Equal(t, "gone", string(letter.Key))
	assert.Equal(t, fmt.Sprint(len(long.Value)), header(letter, "connect.manager.value.omitted"))
	assert.Equal(t, "0", header(letter, "__connect.errors.offset"))
}

func TestTheSameConfigurationGoesOnUndisturbed(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	r := s.begin("", s.settings())
	s.say(message("orders", 1))
	s.until(func() bool { return len(r.took()) == 1 })
	r.Configure(s.open(s.settings()))
	s.say(message("orders", 2))
	s.until(func() bool { return len(r.took()) == 2 })
	assert.Equal(t, 1, strings.Count(r.log.String(), "control messages are read\""))

	other := s.settings()
	other.Group = "another"
	r.Configure(s.open(other))
	s.until(func() bool { return len(r.took()) == 4 }, "another group begins at the beginning")
	s.until(func() bool { return s.members() == 0 })
}

func TestWhatWasThereAtTheBeginningIsTriedBeforeItIsSaidToBe(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	s.say(message("orders", 1), message("lines", 2), message("orders", 3))
	r := s.standby("")
	letGo := r.holdUp("orders")
	defer letGo()
	r.answer("lines", errors.New("the cluster does not answer"))
	r.Configure(s.open(s.settings()))
	s.until(func() bool { return r.tried() >= 3 })
	assert.Empty(t, r.caughtUp, "a message has not been tried yet")
	letGo()
	select {
	case took := <-r.caughtUp:
		assert.Equal(t, []string{"orders 1", "orders 3"}, took, "what cannot be taken is not waited for")
	case <-time.After(deadline):
		t.Fatal("nobody says so")
	}
	assert.NotContains(t, r.log.String(), "not as it has to be", "that the group is new is nothing wrong")
}

func TestTopicsThatAreMissingAreMade(t *testing.T) {
	t.Parallel()
	s := newStage(t)
	fresh := s.settings()
	fresh.Topic, fresh.DeadLetterTopic = "fresh", "fresh-letters"
	r := s.begin("", fresh)
	record := message("orders", 1)
	record.Topic = "fresh"
	s.until(func() bool { return s.client.ProduceSync(t.Context(), record).FirstErr() == nil })
	s.until(func() bool { return len(r.took()) == 1 })
}
