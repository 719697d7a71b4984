package faults

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"
)

// decks are all faults. Each strike takes one card of each deck, and some strikes one more: faults meet what is going on.
var decks = [][]Fault{changes, kills}

// leeway is within how long the faults of one strike fall.
const leeway = 3 * time.Second

// Strike is several faults that fall at once, or nearly.
type Strike struct {
	Number int
	Falls  []Fall
}

// Fall is one fault of a strike.
type Fall struct {
	Fault Fault
	After time.Duration
	seed  uint64 // of what the fault draws
}

func (s Strike) String() string {
	var falls []string
	for _, fall := range s.Falls {
		falls = append(falls, fmt.Sprintf("%s (%.1fs)", fall.Fault.Name(), fall.After.Seconds()))
	}
	return fmt.Sprintf("strike %d: %s", s.Number, strings.Join(falls, ", "))
}

// Plan deals strikes. They follow from the seed alone, whatever comes of them.
type Plan struct {
	random *rand.Rand
	left   [][]Fault // of each deck
	dealt  int
}

// NewPlan begins a plan.
func NewPlan(seed uint64) *Plan {
	return &Plan{random: rand.New(rand.NewPCG(seed, 0)), left: make([][]Fault, len(decks))}
}

// Next is the next strike.
func (p *Plan) Next() Strike {
	p.dealt++
	strike := Strike{Number: p.dealt}
	for deck := range decks {
		strike.Falls = append(strike.Falls, p.fall(deck))
	}
	if p.random.IntN(3) == 0 {
		strike.Falls = append(strike.Falls, p.fall(p.random.IntN(len(decks))))
	}
	return strike
}

// fall takes a card of a deck. Each fault comes once before any comes again.
func (p *Plan) fall(deck int) Fall {
	if len(p.left[deck]) == 0 {
		p.left[deck] = append(p.left[deck], decks[deck]...)
		p.random.Shuffle(len(p.left[deck]), func(i, j int) {
			p.left[deck][i], p.left[deck][j] = p.left[deck][j], p.left[deck][i]
		})
	}
	card := p.left[deck][0]
	p.left[deck] = p.left[deck][1:]
	return Fall{Fault: card, After: time.Duration(p.random.Int64N(int64(leeway))), seed: p.random.Uint64()}
}
