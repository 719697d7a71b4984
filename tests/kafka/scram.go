package kafka

import (
	"bytes"
	"context"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha512"
	"encoding/binary"
	"fmt"
	"time"
)

const (
	// alterUsersKey names the request, see "AlterUserScramCredentials API" in Kafka's protocol guide.
	alterUsersKey = 51
	scramSHA512   = 2
	// scramIterations is the least that Kafka takes: tests have nothing to hide.
	scramIterations = 4096
	// alterLimit is how long the controller may take to write it down.
	alterLimit = time.Minute
)

// SetUser gives a user a password for listeners with SASL, or another than it had. Connections that are open stay.
func (b *Broker) SetUser(ctx context.Context, name, password string) error {
	salt := make([]byte, 16)
	_, _ = rand.Read(salt) // Never fails.
	salted, err := pbkdf2.Key(sha512.New, password, salt, scramIterations, sha512.Size)
	if err != nil {
		return fmt.Errorf("set the password of user %s: %w", name, err)
	}
	// No deletions, one upsertion: name, mechanism, iterations, salt, salted password.
	body := []byte{1, 2}
	body = appendCompact(body, []byte(name))
	body = append(body, scramSHA512)
	body = binary.BigEndian.AppendUint32(body, scramIterations)
	body = appendCompact(appendCompact(body, salt), salted)
	return b.alterUsers(ctx, append(body, 0, 0))
}

// RemoveUser takes a user away. Connections that are open stay.
func (b *Broker) RemoveUser(ctx context.Context, name string) error {
	body := append(appendCompact([]byte{2}, []byte(name)), scramSHA512, 0)
	return b.alterUsers(ctx, append(body, 1, 0))
}

func (b *Broker) alterUsers(ctx context.Context, body []byte) error {
	ctx, cancel := context.WithTimeout(ctx, alterLimit)
	defer cancel()
	answer, err := exchange(ctx, b.bootstrap, flexibleRequest(alterUsersKey, body))
	if err != nil {
		return fmt.Errorf("change the users of %s: %w", b.bootstrap, err)
	}
	// After correlation id, tags, throttle time and the number of results, 1: the user's name, and how it went.
	const before = 4 + 1 + 4 + 1
	if len(answer) <= before {
		return fmt.Errorf("change the users of %s: an answer of %d bytes", b.bootstrap, len(answer))
	}
	result := answer[before:]
	name := int(result[0]) // its length and 1, in one byte for names of less than 127
	if len(result) < name+2 {
		return fmt.Errorf("change the users of %s: the answer is cut short", b.bootstrap)
	}
	if code := binary.BigEndian.Uint16(result[name:]); code != 0 {
		return fmt.Errorf("change the users of %s: error %d of Kafka's protocol: %q", b.bootstrap, code, bytes.TrimRight(result[name+2:], "\x00"))
	}
	return nil
}

// flexibleRequest is: size, key, version 0, correlation id, client id, no tags, and the body.
func flexibleRequest(key uint16, body []byte) []byte {
	const client = "setup"
	request := binary.BigEndian.AppendUint16(nil, key)
	request = binary.BigEndian.AppendUint16(request, 0)
	request = binary.BigEndian.AppendUint32(request, 1)
	request = binary.BigEndian.AppendUint16(request, uint16(len(client)))
	request = append(append(request, client...), 0)
	request = append(request, body...)
	return append(binary.BigEndian.AppendUint32(nil, uint32(len(request))), request...)
}

// appendCompact writes bytes as Kafka's compact types: their number and 1 first.
func appendCompact(to, content []byte) []byte {
	return append(binary.AppendUvarint(to, uint64(len(content)+1)), content...)
}
