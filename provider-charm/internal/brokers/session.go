package brokers

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
)

// The requests that are sent, by their keys in Kafka's protocol guide, each in a version that Kafka 2.1 to 4 understand.
const (
	metadataKey        = 3
	findCoordinatorKey = 10
	describeGroupsKey  = 15
	saslHandshakeKey   = 17
	saslAuthKey        = 36
)

// largestAnswer bounds what is taken from a broker: the members of a large group are some hundred kilobytes.
const largestAnswer = 16 << 20

// session is one connection to one broker. Its deadline is that of its connection.
type session struct{ connection net.Conn }

func (s *session) Close() error { return s.connection.Close() }

// ask sends one request and returns the body of the answer.
func (s *session) ask(key, version uint16, body []byte) (*reader, error) {
	const client, correlation = "kafka-connect-charm", 1
	request := binary.BigEndian.AppendUint16(nil, key)
	request = binary.BigEndian.AppendUint16(request, version)
	request = binary.BigEndian.AppendUint32(request, correlation)
	request = append(appendString(request, client), body...)
	if _, err := s.connection.Write(append(binary.BigEndian.AppendUint32(nil, uint32(len(request))), request...)); err != nil {
		return nil, err
	}
	var header [8]byte
	if _, err := io.ReadFull(s.connection, header[:]); err != nil {
		return nil, err
	}
	size := binary.BigEndian.Uint32(header[:])
	if size < 4 || size > largestAnswer || binary.BigEndian.Uint32(header[4:]) != correlation {
		return nil, errors.New("it does not answer as Kafka does")
	}
	answer := make([]byte, size-4)
	_, err := io.ReadFull(s.connection, answer)
	return &reader{rest: answer}, err
}

// probe asks for the brokers, and for no topic. A broker answers it only to whom it lets in.
func (s *session) probe() error {
	_, err := s.ask(metadataKey, 1, binary.BigEndian.AppendUint32(nil, 0))
	return err
}

func appendString(to []byte, text string) []byte {
	return append(binary.BigEndian.AppendUint16(to, uint16(len(text))), text...)
}

func appendBytes(to, content []byte) []byte {
	return append(binary.BigEndian.AppendUint32(to, uint32(len(content))), content...)
}

// reader reads an answer from its front. What is cut short reads as zero values, and is remembered.
type reader struct {
	rest  []byte
	short bool
}

var errShort = errors.New("the answer is cut short")

func (r *reader) err() error {
	if r.short {
		return errShort
	}
	return nil
}

func (r *reader) take(size int) []byte {
	if size < 0 || size > len(r.rest) {
		r.rest, r.short = nil, true
		return make([]byte, max(0, min(size, 8)))
	}
	taken := r.rest[:size]
	r.rest = r.rest[size:]
	return taken
}

func (r *reader) int16() int { return int(int16(binary.BigEndian.Uint16(r.take(2)))) }
func (r *reader) int32() int { return int(int32(binary.BigEndian.Uint32(r.take(4)))) }

// text is a string that may be null.
func (r *reader) text() string { return string(r.take(max(0, r.int16()))) }

// bytes are bytes that may be null.
func (r *reader) bytes() []byte { return r.take(max(0, r.int32())) }

// count is the length of an array, whose elements take at least one byte each.
func (r *reader) count() int {
	count := max(0, r.int32())
	if count > len(r.rest) {
		r.rest, r.short = nil, true
		return 0
	}
	return count
}

// protocolError names an error that Kafka's protocol has a number for.
func protocolError(doing string, code int, message string) error {
	if message != "" {
		return fmt.Errorf("%s: %.200s", doing, message)
	}
	return fmt.Errorf("%s: error %d of Kafka's protocol", doing, code)
}
