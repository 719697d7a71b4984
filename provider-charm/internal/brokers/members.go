package brokers

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
)

// ErrCannotTell says that the brokers cannot be asked for a group: without a CA of its own the charm sends no password.
var ErrCannotTell = errors.New("the brokers' certificates cannot be verified here")

// ConnectMembers asks which Connect workers are members of a group, by the addresses (http://…) at which they tell each
// other that they are reached. It is what Kafka itself knows: workers of other applications are among them.
func (a Access) ConnectMembers(ctx context.Context, group string) ([]string, error) {
	if !a.verifiable() {
		return nil, ErrCannotTell
	}
	coordinator, err := a.coordinator(ctx, group)
	if err != nil {
		return nil, err
	}
	connection, err := a.connect(ctx, []string{coordinator})
	if err != nil {
		// Not %w: another broker has let us in just now, so that this one is away says nothing of Kafka as a whole.
		return nil, fmt.Errorf("ask the coordinator of group %s: %v", group, err)
	}
	defer connection.Close()
	answer, err := connection.ask(describeGroupsKey, 1, appendString(binary.BigEndian.AppendUint32(nil, 1), group))
	if err != nil {
		return nil, err
	}
	return readMembers(answer)
}

// coordinator is the broker that knows the group.
func (a Access) coordinator(ctx context.Context, group string) (string, error) {
	connection, err := a.connect(ctx, a.Servers)
	if err != nil {
		return "", err
	}
	defer connection.Close()
	const ofGroup = 0
	answer, err := connection.ask(findCoordinatorKey, 1, append(appendString(nil, group), ofGroup))
	if err != nil {
		return "", err
	}
	_ = answer.int32() // throttle
	code, message := answer.int16(), answer.text()
	_ = answer.int32() // node
	host, port := answer.text(), answer.int32()
	if code != 0 {
		return "", protocolError("find the coordinator of group "+group, code, message)
	}
	return net.JoinHostPort(host, strconv.Itoa(port)), answer.err()
}

// readMembers reads a description of one group.
func readMembers(answer *reader) ([]string, error) {
	_ = answer.int32() // throttle
	var urls []string
	for range answer.count() {
		code, group := answer.int16(), answer.text()
		if code != 0 {
			return nil, protocolError("describe the group "+group, code, "")
		}
		_, kind, _ := answer.text(), answer.text(), answer.text() // state, kind, protocol
		for range answer.count() {
			_, _, _ = answer.text(), answer.text(), answer.text() // member, client, host
			metadata, _ := answer.bytes(), answer.bytes()         // and assignment
			if url := advertised(metadata); kind == "connect" && url != "" {
				urls = append(urls, url)
			}
		}
	}
	slices.Sort(urls)
	return urls, answer.err()
}

// advertised is the address in what a Connect worker tells its group, which begins: version, address.
func advertised(metadata []byte) string {
	r := &reader{rest: metadata}
	_ = r.int16()
	url := r.text()
	if r.short {
		return ""
	}
	return url
}
