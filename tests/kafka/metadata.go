package kafka

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"time"
)

const (
	// metadataKey and metadataVersion name the request, see "Metadata API" in Kafka's protocol guide. Version 1 is the first that can
	// ask for no topic.
	metadataKey     = 3
	metadataVersion = 1
	// metadataLimit is how long a broker may take to answer.
	metadataLimit = 5 * time.Second
	// leastAnswer and largestAnswer bound an answer, in bytes: the metadata of one broker and no topic take about 40.
	leastAnswer, largestAnswer = 8, 64 << 10
)

// askMetadata succeeds when the broker answers clients and counts itself among the cluster's live brokers. It does so later than it
// opens its port.
func askMetadata(ctx context.Context, bootstrap string) error {
	ctx, cancel := context.WithTimeout(ctx, metadataLimit)
	defer cancel()
	answer, err := exchange(ctx, bootstrap, metadataRequest())
	if err != nil {
		return fmt.Errorf("ask for metadata: %w", err)
	}
	// It begins: correlation id, number of brokers.
	if brokers := binary.BigEndian.Uint32(answer[4:]); brokers == 0 {
		return errors.New("it answers, and knows of no live broker yet")
	}
	return nil
}

// exchange sends one request and returns the answer, without its size.
func exchange(ctx context.Context, bootstrap string, request []byte) ([]byte, error) {
	var dialer net.Dialer
	connection, err := dialer.DialContext(ctx, "tcp", bootstrap)
	if err != nil {
		return nil, err
	}
	defer connection.Close()
	unblock := context.AfterFunc(ctx, func() { connection.Close() })
	defer unblock()
	if _, err := connection.Write(request); err != nil {
		return nil, err
	}
	return readAnswer(connection)
}

// metadataRequest is: size, key, version, correlation id, client id, and an empty list of topics.
func metadataRequest() []byte {
	const client = "ready"
	body := binary.BigEndian.AppendUint16(nil, metadataKey)
	body = binary.BigEndian.AppendUint16(body, metadataVersion)
	body = binary.BigEndian.AppendUint32(body, 1)
	body = binary.BigEndian.AppendUint16(body, uint16(len(client)))
	body = append(body, client...)
	body = binary.BigEndian.AppendUint32(body, 0)
	return append(binary.BigEndian.AppendUint32(nil, uint32(len(body))), body...)
}

func readAnswer(from io.Reader) ([]byte, error) {
	var size uint32
	if err := binary.Read(from, binary.BigEndian, &size); err != nil {
		return nil, err
	}
	if size < leastAnswer || size > largestAnswer {
		return nil, fmt.Errorf("an answer of %d bytes is not one of Kafka's", size)
	}
	answer := make([]byte, size)
	_, err := io.ReadFull(from, answer)
	return answer, err
}
