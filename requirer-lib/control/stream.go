package control

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"iter"

	"connectcharms/requirer-lib/secret"
)

// Line is a control message of a stream.
type Line struct {
	Number  int // of the line, from 1
	Message Message
	// Broken is the text of a line with problems, for whoever passes it on to be judged; empty where it is longer than MaxSize.
	Broken secret.Value
}

// Stream reads messages of the protocol, one in each line (NDJSON): a connector's standard output. Control messages come out; all
// else is written to through as it is, byte for byte, be it another message of the protocol or no message at all.
//
// An error that is Problems is of that line alone: it was a control message and is broken, or longer than MaxSize; the stream goes on
// after it. Any other error, of reading or writing, is the last thing that comes. A line that the end of the stream cuts off is
// treated like every other one.
func Stream(from io.Reader, through io.Writer) iter.Seq2[Line, error] {
	return func(yield func(Line, error) bool) {
		s := &stream{from: bufio.NewReaderSize(from, 64<<10), through: through}
		for number := 1; ; number++ {
			message, found, err := s.line()
			line := Line{Number: number, Message: message}
			if text := s.text(); err != nil && len(text) <= MaxSize {
				line.Broken = secret.New(string(text))
			}
			if found && !yield(line, err) {
				return
			}
			if s.end == nil {
				continue
			}
			if !errors.Is(s.end, io.EOF) {
				yield(Line{Number: number}, s.end)
			}
			return
		}
	}
}

type stream struct {
	from    *bufio.Reader
	through io.Writer
	start   []byte // of the line
	end     error  // why there are no more lines
}

// longestLine is what is held of a line: a message, and the line's end.
const longestLine = MaxSize + len("\r\n")

// line takes the next line: a control message, found or broken, or none.
func (s *stream) line() (message Message, found bool, err error) {
	s.start = s.start[:0]
	whole := false
	for !whole && s.end == nil && len(s.start) < longestLine {
		var part []byte
		part, whole = s.part()
		s.start = append(s.start, part...)
	}
	if kindOf(s.start[:min(len(s.start), MaxSize)]) != ours {
		s.pass(s.start)
		s.rest(whole, s.pass)
		return Message{}, false, nil
	}
	s.rest(whole, func([]byte) {})
	message, err = parse(s.text()) // also says when it is too long
	return message, true, err
}

// text is the line without its end.
func (s *stream) text() []byte {
	return bytes.TrimSuffix(bytes.TrimSuffix(s.start, []byte("\n")), []byte("\r"))
}

// part reads on to the end of the line, or as far as the buffer goes.
func (s *stream) part() (part []byte, whole bool) {
	part, err := s.from.ReadSlice('\n')
	if err != nil && !errors.Is(err, bufio.ErrBufferFull) {
		s.end = err
	}
	return part, err == nil
}

// rest deals with what follows of a line that is longer than what is held of it.
func (s *stream) rest(whole bool, deal func([]byte)) {
	for !whole && s.end == nil {
		var part []byte
		part, whole = s.part()
		deal(part)
	}
}

func (s *stream) pass(part []byte) {
	if len(part) == 0 {
		return
	}
	if _, err := s.through.Write(part); err != nil {
		s.end = fmt.Errorf("passing the stream on: %w", err)
	}
}
