package api

import (
	"net"
	"sync"
	"time"
)

const (
	// guessWindow is how long wrong tokens count.
	guessWindow = 10 * time.Minute
	// mostGuesses is how many different wrong tokens one address may try in that time. A client that sends one wrong
	// token again and again is set up wrongly, and guesses nothing.
	mostGuesses = 20
	// mostGuessers bounds the memory that guessing may take: beyond, all begins anew.
	mostGuessers = 10_000
)

// guesses are the wrong tokens that came from each address.
type guesses struct {
	now func() time.Time

	mu sync.Mutex
	by map[string]*guesser
}

type guesser struct {
	wrong map[digest]struct{}
	until time.Time
}

// tooMany says whether an address has tried so many that not even the right one is taken from it now.
func (g *guesses) tooMany(address string) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	known := g.by[hostOf(address)]
	return known != nil && len(known.wrong) >= mostGuesses && g.now().Before(known.until)
}

func (g *guesses) note(address string, wrong digest) {
	g.mu.Lock()
	defer g.mu.Unlock()
	host := hostOf(address)
	known := g.by[host]
	if known == nil || !g.now().Before(known.until) {
		if g.by == nil || len(g.by) >= mostGuessers {
			g.by = map[string]*guesser{}
		}
		known = &guesser{wrong: map[digest]struct{}{}, until: g.now().Add(guessWindow)}
		g.by[host] = known
	}
	if len(known.wrong) < mostGuesses {
		known.wrong[wrong] = struct{}{}
	}
}

func hostOf(address string) string {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return address
	}
	return host
}
