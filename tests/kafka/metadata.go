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
	// largestMetadata bounds an answer, in bytes: one broker and no topic take about 40.
	largestMetadata = 64 << 10
)

// askMetadata succeeds when the broker answers clients and counts itself among the cluster's live brokers. It does so later than it
// opens its port.
func askMetadata(ctx context.Context, bootstrap string) error {
	ctx, cancel := context.WithTimeout(ctx, metadataLimit)
	defer cancel()
	var dialer net.Dialer
	connection, err := dialer.DialContext(ctx, "tcp", bootstrap)
	if err != nil {
		return err
	}
	defer connection.Close()
	unblock := context.AfterFunc(ctx, func() { connection.Close() })
	defer unblock()
	if _, err := connection.Write(metadataRequest()); err != nil {
		return fmt.Errorf("ask for metadata: %w", err)
	}
	brokers, err := readMetadata(connection)
	if err != nil {
		return fmt.Errorf("read the metadata: %w", err)
	}
	if brokers == 0 {
		return errors.New("it answers, and knows of no live broker yet")
	}
	return nil
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

// readMetadata returns how many brokers the answer lists. It begins: size, correlation id, number of brokers.
func readMetadata(from io.Reader) (brokers uint32, err error) {
	var size uint32
	if err := binary.Read(from, binary.BigEndian, &size); err != nil {
		return 0, err
	}
	if size < 8 || size > largestMetadata {
		return 0, fmt.Errorf("an answer of %d bytes is not one of Kafka's", size)
	}
	answer := make([]byte, size)
	if _, err := io.ReadFull(from, answer); err != nil {
		return 0, err
	}
	return binary.BigEndian.Uint32(answer[4:]), nil
}
