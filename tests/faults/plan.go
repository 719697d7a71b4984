package faults

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"
)

// decks are all faults. Cards of each are dealt to all strikes of a hand, so that faults of one kind meet what those of another
// have begun.
var decks = [][]Fault{changes, kills, forces}

const (
	// hand is in how many strikes each fault comes once.
	hand = 8
	// leeway is within how long the faults of one strike fall.
	leeway = 3 * time.Second
)

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
	dealt  int
	left   []Strike // of the hand
}

// NewPlan begins a plan.
func NewPlan(seed uint64) *Plan { return &Plan{random: rand.New(rand.NewPCG(seed, 0))} }

// Next is the next strike.
func (p *Plan) Next() Strike {
	if len(p.left) == 0 {
		p.deal()
	}
	strike := p.left[0]
	p.left = p.left[1:]
	p.dealt++
	strike.Number = p.dealt
	return strike
}

// deal deals a hand.
func (p *Plan) deal() {
	p.left = make([]Strike, hand)
	for _, deck := range decks {
		cards := slices.Clone(deck)
		p.random.Shuffle(len(cards), func(i, j int) { cards[i], cards[j] = cards[j], cards[i] })
		first := p.random.IntN(hand)
		for i, card := range cards {
			strike := &p.left[(first+i)%hand]
			fall := Fall{Fault: card, After: time.Duration(p.random.Int64N(int64(leeway))), seed: p.random.Uint64()}
			strike.Falls = append(strike.Falls, fall)
		}
	}
}
