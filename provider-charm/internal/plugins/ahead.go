package plugins

import (
	"io"
	"sync"
)

// aheadChunks is how many chunks, of copyBuffer bytes each, one side of an ahead may be before the other.
const aheadChunks = 4

// ahead reads its source in a goroutine of its own: so that the download, its hash, the decompression and the writing of
// files each take the time of the slowest among them, rather than of all together.
type ahead struct {
	full    chan chunk
	empty   chan []byte
	stopped chan struct{}
	stop    func()
	done    sync.WaitGroup
	current chunk
	rest    []byte
}

type chunk struct {
	content []byte
	err     error // what ended the source, after content
}

func newAhead(source io.Reader) *ahead {
	a := &ahead{full: make(chan chunk, aheadChunks), empty: make(chan []byte, aheadChunks), stopped: make(chan struct{})}
	a.stop = sync.OnceFunc(func() { close(a.stopped) })
	for range aheadChunks {
		a.empty <- make([]byte, copyBuffer)
	}
	a.done.Go(func() { a.run(source) })
	return a
}

func (a *ahead) run(source io.Reader) {
	for {
		select {
		case <-a.stopped:
			return
		case buffer := <-a.empty:
			n, err := source.Read(buffer)
			a.full <- chunk{buffer[:n], err} // there is room for every buffer
			if err != nil {
				return
			}
		}
	}
}

func (a *ahead) Read(p []byte) (int, error) {
	for len(a.rest) == 0 {
		if a.current.err != nil {
			return 0, a.current.err
		}
		if a.current.content != nil {
			a.empty <- a.current.content[:cap(a.current.content)]
		}
		select {
		case a.current = <-a.full:
			a.rest = a.current.content
		case <-a.stopped:
			return 0, io.ErrClosedPipe
		}
	}
	n := copy(p, a.rest)
	a.rest = a.rest[n:]
	return n, nil
}

// Close waits for the goroutine to end. Its source has to have ended, or to end by itself.
func (a *ahead) Close() {
	a.stop()
	a.done.Wait()
}
