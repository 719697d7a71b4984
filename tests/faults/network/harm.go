package network

import "time"

// Harm is what a wire does to its connections. The zero value is none. What goes together may be combined.
type Harm struct {
	// Refuse refuses new connections, and resets those that are there: nobody listens.
	Refuse bool
	// Reset takes new connections and resets them at once, like those that are there: something between is in the way.
	Reset bool
	// Silent carries nothing in either direction; connections stay, and new ones are taken. Nobody is told.
	Silent bool
	// HalfClose ends the stream to the client, which still may speak, and is heard.
	HalfClose bool
	// ResetAfter resets a connection in mid-answer, after this many bytes of answers from when the harm began. Zero: never.
	ResetAfter int
	// Latency is how much later arrives what is said, in each direction. What is said meanwhile waits for its turn.
	Latency time.Duration
	// Rate is how many bytes a second are carried, in each direction. Zero: as many as there are.
	Rate int
}

// delay is how long some bytes are on their way.
func (h Harm) delay(bytes int) time.Duration {
	if h.Rate <= 0 {
		return h.Latency
	}
	return h.Latency + time.Duration(bytes)*time.Second/time.Duration(h.Rate)
}

// portion is how much is carried at a time: of what is slow, little, so that it drips rather than comes in gulps.
func (h Harm) portion(room int) int {
	if h.Rate <= 0 {
		return room
	}
	return max(1, min(room, h.Rate/20))
}
