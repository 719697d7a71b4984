package control_test

import (
	"crypto/rand"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// batch is the most records that one answer has.
const batch = 10

// recordServer has numbered records for whoever shows the token that is good just now. A token expires when it has been good for so many
// records, not by a clock; the refresh token that gets the next two is good for one use, so that whoever loses what it got is out for good.
type recordServer struct {
	url  string
	life int // how many records a token is good for

	mu       sync.Mutex
	released int // records that are there
	served   int // of them, for the token of now
	now      credentials
	all      []credentials     // the last is now
	shown    map[string]bool   // refresh tokens that somebody came with after they were used
	tries    int               // how often
	alsoSays map[string]string // what else the server has its client configured with, or instead of a token
}

type credentials struct{ token, refresh string }

func newRecordServer(t *testing.T, life int) *recordServer {
	t.Helper()
	s := &recordServer{life: life, shown: map[string]bool{}}
	s.renew()
	routes := http.NewServeMux()
	routes.HandleFunc("GET /records", s.records)
	routes.HandleFunc("POST /token", s.refresh)
	server := httptest.NewServer(routes)
	t.Cleanup(server.Close)
	s.url = server.URL
	return s
}

func (s *recordServer) records(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	after, err := strconv.Atoi(r.URL.Query().Get("after"))
	switch {
	case r.Header.Get("Authorization") != "Bearer "+s.now.token || s.served >= s.life:
		w.WriteHeader(http.StatusUnauthorized)
	case err != nil:
		w.WriteHeader(http.StatusBadRequest)
	default:
		for number := after + 1; number <= min(s.released, after+batch, after+s.life-s.served); number++ {
			fmt.Fprintln(w, line(number))
		}
		s.served += max(0, min(s.released-after, batch, s.life-s.served))
	}
}

// line is a record.
func line(number int) string { return fmt.Sprintf("%d is the number of this record", number) }

func (s *recordServer) refresh(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	shown := r.FormValue("refresh_token")
	if shown != s.now.refresh {
		if slices.ContainsFunc(s.all, func(c credentials) bool { return c.refresh == shown }) {
			s.shown[shown] = true
			s.tries++
		}
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	s.renew()
	said := map[string]string{"token": s.now.token, "refresh.token": s.now.refresh}
	maps.Copy(said, s.alsoSays)
	for key, value := range said {
		fmt.Fprintf(w, "%s=%s\n", key, value)
	}
}

func (s *recordServer) renew() {
	s.now = credentials{
		token:   fmt.Sprintf("token-%d-%s", len(s.all), rand.Text()),
		refresh: fmt.Sprintf("refresh-%d-%s", len(s.all), rand.Text()),
	}
	s.all, s.served = append(s.all, s.now), 0
}

// logIn is what a person does to get credentials that do not come of the last ones.
func (s *recordServer) logIn() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.renew()
}

// release has more records there, and says how many there are then.
func (s *recordServer) release(more int) (released int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.released += more
	return s.released
}

// says has the server say more with the next tokens, or other things.
func (s *recordServer) says(also map[string]string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.alsoSays = also
}

// issued are all credentials that there have been; the last are those that are good now.
func (s *recordServer) issued() []credentials {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.all)
}

func (s *recordServer) current() credentials {
	all := s.issued()
	return all[len(all)-1]
}

// standing are the credentials that are good for some records more; none, where the token is about to be replaced.
func (s *recordServer) standing() (good credentials, are bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now, s.served < s.life
}

// expiries is how often a token has been replaced.
func (s *recordServer) expiries() int { return len(s.issued()) - 1 }

// usedUp is how many refresh tokens somebody came with after they were used, and how often.
func (s *recordServer) usedUp() (tokens, tries int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.shown), s.tries
}

func (s *recordServer) triesInVain() int {
	_, tries := s.usedUp()
	return tries
}

// secretsIn names those of its secrets that stand in a text: their beginning, which is not secret.
func (s *recordServer) secretsIn(text string) (found []string) {
	for _, issued := range s.issued() {
		for _, secret := range []string{issued.token, issued.refresh} {
			if strings.Contains(text, secret) {
				found = append(found, secret[:strings.LastIndex(secret, "-")])
			}
		}
	}
	return found
}
