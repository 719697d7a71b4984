package api

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"connectcharms/integrator-charm/internal/manager"
	"connectcharms/integrator-charm/internal/settings"
)

const (
	eventsPath = "/api/v1/events"
	// aliveEvery is how often a stream says that it is still there.
	aliveEvery = 15 * time.Second
)

// events streams what changes, as server-sent events.
func (a *API) events(w http.ResponseWriter, r request, enter enters) {
	wanted := r.cluster()
	if wanted != "" && !slices.ContainsFunc(a.manager.Clusters(), func(c manager.ClusterInfo) bool { return c.Name == wanted }) {
		refused(r.Request, refusal{http.StatusNotFound, "there is no cluster " + quoted(wanted)}).write(w, r.Request, a.log)
		return
	}
	subscription := a.manager.Subscribe()
	defer subscription.Close()
	stream := newStream(w)
	a.follow(r, stream, enter, subscription.News(), func() error {
		for _, event := range subscription.Take() {
			if wanted != "" && event.Cluster != wanted && event.Cluster != "" {
				continue
			}
			if err := stream.tell("changed", event); err != nil {
				return err
			}
		}
		return nil
	})
}

// follow tells news as they come, until the client goes or may no longer listen.
func (a *API) follow(r request, stream *stream, enter enters, news <-chan struct{}, tell func() error) {
	alive := time.NewTicker(a.aliveEvery)
	defer alive.Stop()
	err := stream.send("retry: 2000\n\n")
	for err == nil {
		select {
		case <-r.Context().Done():
			return
		case <-a.ending.Done():
			return
		case <-news:
			err = tell()
		case <-alive.C:
			if listener, err := enter(r.Request); err != nil || !listener.may(settings.Viewer) {
				return
			}
			err = stream.send("event: alive\ndata: {}\n\n")
		}
	}
}

// stream writes events, each with its own deadline.
type stream struct {
	w       http.ResponseWriter
	control *http.ResponseController
	last    int
}

func newStream(w http.ResponseWriter) *stream {
	header := w.Header()
	header.Set("Content-Type", "text/event-stream")
	header.Set("Cache-Control", "no-store")
	header.Set("X-Accel-Buffering", "no") // nginx in front keeps nothing back
	return &stream{w: w, control: http.NewResponseController(w)}
}

// tell sends an event with its data.
func (s *stream) tell(event string, about any) error {
	data, err := json.Marshal(about)
	if err != nil {
		return err
	}
	s.last++
	return s.send("id: " + strconv.Itoa(s.last) + "\nevent: " + event + "\ndata: " + string(data) + "\n\n")
}

func (s *stream) send(text string) error {
	_ = s.control.SetWriteDeadline(time.Now().Add(writeLimit)) // a recorder in a test has none
	if _, err := fmt.Fprint(s.w, text); err != nil {
		return err
	}
	return s.control.Flush()
}
